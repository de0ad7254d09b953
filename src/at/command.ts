/** Commands as data: a command line and everything needed to understand its reply. */
import { type Bare, formatParams, type Param } from './params.ts';

/** One line of information response, cut into parameters, with the counted bytes that followed it. */
export interface InfoLine {
  readonly text: string;
  readonly params: readonly Param[];
  readonly data?: Buffer;
}

/** All that a command was answered. */
export interface Reply {
  /** The final result code that ended it: "OK", "CONNECT". */
  readonly result: string;
  readonly info: readonly InfoLine[];
  /** Lines without a name came that were nobody's. */
  readonly disturbed: boolean;
}

/** A plain value; it does nothing. */
export interface Command<T = void> {
  /** Without "AT" and without terminator: "+SQNSI=1". */
  readonly line: string;
  /** Name of the information lines it owns: "+SQNSI"; several where a line joins commands. */
  readonly prefix?: string | readonly string[];
  /** It also owns lines without a name: the model after +CGMM, the hex text after +SQNSRECV. */
  readonly text?: boolean;
  /** Second look, where a URC has the same name: is this line mine? */
  readonly accepts?: (params: readonly Param[]) => boolean;
  /**
   * It takes data out of the modem: a refusal or an "empty" is believed only if nothing else was said, because data
   * whose header was damaged are lines like any others, and may say ERROR.
   */
  readonly consumes?: boolean;
  /** Written after the prompt. */
  readonly payload?: Uint8Array;
  /** The payload has no announced length: only its own last byte ends it, or ESC. */
  readonly openEnded?: boolean;
  /** Final result codes besides OK, ERROR, +CME ERROR and +CMS ERROR. */
  readonly finals?: { readonly ok?: readonly string[]; readonly failed?: readonly string[] };
  /** Milliseconds until the reply must be there. */
  readonly timeoutMs?: number;
  /** Keep it out of errors and traces (PIN, passwords). */
  readonly secret?: boolean;
  /** A throw means that the reply makes no sense: AtError of kind 'reply', and the channel fences itself. */
  readonly parse: (reply: Reply) => T;
}

type Rest<T> = Omit<Command<T>, 'line'>;

const ignoreReply = { parse: (): void => {} };

/** `+NAME`: an action command. */
export function action(name: string): Command;
export function action<T>(name: string, rest: Rest<T>): Command<T>;
export function action(name: string, rest: Rest<unknown> = ignoreReply): Command<unknown> {
  return { ...rest, line: name };
}

/** `+NAME?`: a read command. It owns the information lines of its own name. */
export function read<T>(name: string, rest: Rest<T>): Command<T> {
  return { prefix: name, ...rest, line: `${name}?` };
}

/** `+NAME=?`: a test command. */
export function test<T>(name: string, rest: Rest<T>): Command<T> {
  return { prefix: name, ...rest, line: `${name}=?` };
}

/** `+NAME=1,"text",,3`: a set command. Texts are quoted; undefined leaves the place empty. */
export function set(name: string, params: readonly (Param | Bare)[]): Command;
export function set<T>(name: string, params: readonly (Param | Bare)[], rest: Rest<T>): Command<T>;
export function set(
  name: string,
  params: readonly (Param | Bare)[],
  rest: Rest<unknown> = ignoreReply,
): Command<unknown> {
  return { ...rest, line: `${name}=${formatParams(params)}` };
}
