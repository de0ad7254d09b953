/** One command line while it is executed: its information lines, its prompt and its final result. */
import { Arguments } from './arguments.ts';
import { type Call, splitBody } from './command-line.ts';
import type { CommandSet, Intake, LineSettings, Reply } from './command-set.ts';
import { type FinalResult, formatLine, formatResult, Refusal } from './refusal.ts';
import type { SayingKind } from './saying.ts';
import type { SwitchName } from './sim-switches.ts';

/** What the execution needs of the modem it runs in. */
export interface Executive {
  readonly settings: LineSettings;
  readonly commands: CommandSet;
  /** +CMEE. */
  readonly errorMode: number;
  readonly latency: number;
  readonly prompt: string;
  say(text: string, kind: SayingKind): void;
  /** A place where an unsolicited line is legal. */
  gap(place: SwitchName): void;
}

export class RunningCommand implements Reply {
  readonly #modem: Executive;
  readonly #later: (() => void)[] = [];
  #lines = 0;
  #cancelled = false;
  #lost = false;
  #payload: { readonly intake: Intake; readonly done: () => void } | undefined;

  constructor(modem: Executive) {
    this.#modem = modem;
  }

  get takesPayload(): boolean {
    return this.#payload !== undefined;
  }

  /** Settles when the line may take the next command; never if this one was cancelled. */
  async run(body: string): Promise<void> {
    const { latency } = this.#modem;
    if (latency > 0) await new Promise(resolve => setTimeout(resolve, latency).unref());
    if (this.#cancelled) return;
    this.#modem.gap('urc-before-reply');
    const result = await this.#execute(body);
    if (this.#cancelled) return;
    const { settings, errorMode } = this.#modem;
    this.#modem.gap('urc-before-result');
    if (!settings.quiet && !this.#lost)
      this.#modem.say(formatResult(result, settings.verbose, errorMode), 'result');
    for (const work of this.#later) work();
  }

  /** The modem has restarted or the line is gone: nothing of it is heard again. */
  cancel(): void {
    this.#cancelled = true;
    this.#payload = undefined;
  }

  info(text: string): void {
    if (this.#cancelled || this.#lost) return;
    if (this.#lines++ > 0) this.#modem.gap('urc-between-lines');
    this.#modem.say(formatLine(text, this.#modem.settings.verbose), 'info');
  }

  data(header: string, bytes: string, between = '\r\n'): void {
    if (this.#cancelled) return;
    const before = this.#modem.settings.verbose ? '\r\n' : '';
    // In one piece: nothing may come between a header and its data.
    this.#modem.say(`${before}${header}${between}${bytes}\r\n`, 'data');
  }

  payload(intake: Intake): Promise<void> {
    return new Promise(resolve => {
      if (this.#cancelled) return;
      this.#modem.gap('urc-before-prompt');
      this.#payload = { intake, done: resolve };
      this.#modem.say(this.#modem.prompt, 'prompt');
      this.#modem.gap('urc-after-prompt');
    });
  }

  lose(): void {
    this.#lost = true;
  }

  afterwards(work: () => void): void {
    this.#later.push(work);
  }

  /** Payload bytes from the line; returns how many were taken. */
  feed(bytes: Buffer): number {
    if (!this.#payload) return 0;
    const { intake, done } = this.#payload;
    const taken = intake.feed(bytes);
    if (intake.complete) {
      this.#payload = undefined;
      this.#modem.gap('urc-after-payload');
      done();
    }
    return taken;
  }

  /** From left to right; the first error ends the line (V.250 5.2.4). */
  async #execute(body: string): Promise<FinalResult> {
    try {
      for (const call of splitBody(body)) {
        await this.#perform(call);
        if (this.#cancelled) break;
      }
      return 'OK';
    } catch (error) {
      if (error instanceof Refusal) return error.result;
      throw error;
    }
  }

  #perform(call: Call): void | Promise<void> {
    const command = this.#modem.commands[call.name];
    if (!command) throw new Refusal('ERROR');
    if (call.form === 'test') {
      if (typeof command.test === 'string') this.info(`${call.name}: ${command.test}`);
      else command.test?.(this);
      return;
    }
    const handler = command[call.form];
    if (!handler) throw new Refusal('ERROR');
    return handler(new Arguments(call.text), this);
  }
}
