/** Where events go: what the delivery asks of a web hook, a mail server or a broker. */
import type { ServeEvent } from '../serve/events.ts';

export interface Destination {
  /** In sentences, and in the name of its cursor's file. */
  readonly name: string;
  wants(event: ServeEvent): boolean;
  /**
   * Resolves when the other side has it.
   * @throws RefusedError if it will never take this event; any other Error: it is tried again
   */
  deliver(event: ServeEvent, signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}

/** The event is at fault, not the destination: trying again would hold up all others for nothing. */
export class RefusedError extends Error {}
