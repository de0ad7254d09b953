/** Raw AT commands on the modem that is open now; stays valid when it is opened again. */
import { EventEmitter } from 'node:events';
import type { AtChannel, Executor, Urc } from './at/channel.ts';
import type { Command } from './at/command.ts';

/** `modem.at`. Commands wait while the modem is being opened. */
export class ModemAt extends EventEmitter<{ urc: [Urc] }> implements Executor {
  readonly #channel: () => Promise<AtChannel>;

  constructor(channel: () => Promise<AtChannel>) {
    super();
    this.#channel = channel;
  }

  async execute<T>(command: Command<T>, options?: { readonly signal?: AbortSignal }): Promise<T> {
    return (await this.#channel()).execute(command, options);
  }

  async send(
    line: string,
    options?: { readonly payload?: Uint8Array; readonly timeoutMs?: number },
  ): Promise<string[]> {
    return (await this.#channel()).send(line, options);
  }

  /** Several commands with none of anybody else between them. */
  async transaction<T>(
    work: (at: Executor) => Promise<T>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<T> {
    return (await this.#channel()).transaction(work, options);
  }
}
