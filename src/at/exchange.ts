/** One command in flight: which lines are its own, and what comes of it. */
import { deferred } from '../util/deferred.ts';
import { AtError } from './at-error.ts';
import type { Command, InfoLine, Reply } from './command.ts';
import { parseParams } from './params.ts';
import { type AtErrorKind, type Failure, finalResult } from './result-code.ts';

/** What a line was to the exchange. An info line may still get counted data. */
export type Claim = 'echo' | 'final' | { readonly attach: (data: Buffer) => void } | undefined;

/** The name a line starts with, up to the colon or its end; undefined for plain text. */
export function lineName(line: string): string | undefined {
  return /^[+^*#%$!&][^:]*/.exec(line)?.[0];
}

/** What follows the name, without the blank after the colon. */
export function lineParams(line: string): string {
  const colon = line.indexOf(':');
  return colon < 0 ? '' : line.slice(colon + 1);
}

export class Exchange<T = unknown> {
  readonly command: Command<T>;
  readonly writtenAt = performance.now();
  /** The modem has repeated the command line. */
  echoed = false;
  #disturbed = false;
  #prompted = false;
  #settled = false;
  readonly #info: InfoLine[] = [];
  readonly #result = deferred<T>();

  constructor(command: Command<T>) {
    this.command = command;
  }

  get result(): Promise<T> {
    return this.#result.promise;
  }

  get settled(): boolean {
    return this.#settled;
  }

  get promptExpected(): boolean {
    return this.command.payload !== undefined && !this.#prompted && !this.#settled;
  }

  /** The payload that the prompt asked for. */
  takePayload(): Uint8Array | undefined {
    if (!this.promptExpected) return undefined;
    this.#prompted = true;
    return this.command.payload;
  }

  /** The first question to every line: is it this command's? (architecture.md 4.2, steps 1 to 3) */
  claim(line: string): Claim {
    if (line === `AT${this.command.line}`) {
      this.echoed = true;
      return 'echo';
    }
    if (this.#owns(lineName(line))) {
      const params = parseParams(lineParams(line));
      if (this.command.accepts?.(params) ?? true) return this.#keep({ text: line, params });
    }
    const final = finalResult(line, this.command.finals);
    if (final === undefined) return undefined;
    if (final !== 'ok') this.#refuse(final);
    else if (this.promptExpected) this.fail('reply', `${line} before the prompt`);
    else this.#succeed(line);
    return 'final';
  }

  /** The last question: a line without a name that no URC rule wanted. (step 5) */
  claimText(line: string): Claim {
    if (lineName(line) !== undefined) return undefined;
    if (!this.command.text) {
      this.#disturbed = true;
      return undefined;
    }
    return this.#keep({ text: line, params: parseParams(line) });
  }

  fail(kind: AtErrorKind, value?: string, cause?: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#result.reject(new AtError(kind, this.command, value, cause === undefined ? undefined : { cause }));
  }

  #refuse({ kind, value }: Failure): void {
    const { consumes, payload, text } = this.command;
    // A modem that has restarted echoes the payload, which may say anything.
    const isWeighty = consumes || (payload && !text && this.#prompted);
    const doubtful = isWeighty && (this.#disturbed || this.#info.length > 0);
    if (doubtful) this.fail('reply', `${value} behind something else`);
    else this.fail(kind, value);
  }

  #owns(name: string | undefined): boolean {
    const { prefix } = this.command;
    return (
      name !== undefined && (typeof prefix === 'string' ? name === prefix : (prefix?.includes(name) ?? false))
    );
  }

  #keep(line: { -readonly [K in keyof InfoLine]: InfoLine[K] }): Claim {
    this.#info.push(line);
    const attach = (data: Buffer): void => {
      line.data = data;
    };
    return { attach };
  }

  #succeed(result: string): void {
    const reply: Reply = { result, info: this.#info, disturbed: this.#disturbed };
    try {
      this.#result.resolve(this.command.parse(reply));
      this.#settled = true;
    } catch (cause) {
      const heard = this.command.secret ? '…' : reply.info.map(line => line.text).join(' | ');
      this.fail('reply', heard || result, cause);
    }
  }
}
