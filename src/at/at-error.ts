/** AtError: what can go wrong with a command. */
import type { Command } from './command.ts';
import { type AtErrorKind, describeCme } from './result-code.ts';

/** A command failed, or nobody knows whether it did. */
export class AtError extends Error {
  override readonly name = 'AtError';
  /** What happened: refused, no answer in time, line closed … */
  readonly kind: AtErrorKind;
  /** The command line, without its parameters if they are secret. */
  readonly command: string;
  /** What the modem said, unchanged. */
  readonly value: string | undefined;

  constructor(
    kind: AtErrorKind,
    command: Pick<Command<unknown>, 'line' | 'secret'>,
    value?: string,
    options?: ErrorOptions,
  ) {
    const shown = command.secret ? command.line.replace(/=.*/, '=…') : command.line;
    super(`AT${shown}: ${describe(kind, value)}`, options);
    this.kind = kind;
    this.command = shown;
    this.value = value;
  }

  /** True if the modem said no: nothing was done, so doing it again is safe. */
  get refused(): boolean {
    return this.kind === 'error' || this.kind === 'cme' || this.kind === 'cms' || this.kind === 'other';
  }
}

export const lineClosed = (command: Pick<Command<unknown>, 'line' | 'secret'>, cause?: Error): AtError =>
  new AtError('closed', command, cause?.message, { cause });

function describe(kind: AtErrorKind, value = ''): string {
  switch (kind) {
    case 'cme':
      return `the modem answered +CME ERROR: ${describeCme(value)}`;
    case 'cms':
      return `the modem answered +CMS ERROR: ${value}`;
    case 'timeout':
      return `no answer within ${value} ms`;
    case 'closed':
      return value || 'the line to the modem is closed';
    case 'reply':
      return `cannot understand the answer: ${value}`;
    default:
      return `the modem answered ${value}`;
  }
}
