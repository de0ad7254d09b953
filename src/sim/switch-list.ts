/** What is told of a switch of the simulator. */

export interface Switch {
  readonly does: string;
  readonly source: string;
}

export type SwitchList = Readonly<Record<string, Switch>>;
