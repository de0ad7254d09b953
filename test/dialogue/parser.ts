/** The parser of dialogue files (architecture 7.1): text → header and steps. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { unquote } from '../../src/util/quote.ts';
import { type Pattern, type Variable, writeOut } from './pattern.ts';

export type Side = 'host' | 'modem';

export interface Bytes {
  readonly kind: 'bytes';
  readonly from: Side;
  readonly pattern: Pattern;
  readonly line: number;
  /** A question that a host may leave out, or a part of its answer. */
  readonly optional?: true;
}

export type Step =
  | Bytes
  /** Something happens out of sight of the line: `web sends hello`. */
  | { readonly kind: 'network'; readonly pattern: Pattern; readonly line: number }
  | { readonly kind: 'pause'; readonly ms: number; readonly line: number }
  | { readonly kind: 'hang-up'; readonly line: number };

export interface Dialogue {
  readonly file: string;
  readonly title: string;
  /** Where it comes from: a fact file with its section, a capture, "invented". */
  readonly source: string;
  readonly modem: string;
  /** `ready`: echo off, AT+CMEE=1, registered, every connection closed. `fresh`: as it was switched on. */
  readonly state: 'ready' | 'fresh';
  /** Options that a simulator must have to say this: `generation=1`. */
  readonly needs: ReadonlyMap<string, string>;
  readonly steps: readonly Step[];
  /** Lines that begin with `#=`: what a reader of the modem's side should make of it. Tests say how they compare it. */
  readonly outcomes: readonly string[];
}

/** Something is wrong with a dialogue file, or with what was said in place of it. */
export class DialogueError extends Error {
  override readonly name = 'DialogueError';

  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`);
  }
}

const HEADERS = ['title', 'source', 'modem', 'state', 'needs'];
const CRLF = Buffer.from('\r\n');

/** @throws DialogueError with file and line */
export function parseDialogue(text: string, file: string): Dialogue {
  const headers = new Map<string, string>();
  const variables = new Map<string, string>();
  const steps: Step[] = [];
  const outcomes: string[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (content.startsWith('#=')) outcomes.push(content.slice(2).trim());
    if (content === '' || content.startsWith('#')) continue;
    try {
      const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(content) ?? [];
      const step = parseStep(word, rest, line, variables);
      if (step) steps.push(step);
      else if (steps.length > 0) throw new Error(`${JSON.stringify(word)} is not a step`);
      else addHeader(headers, word, rest);
    } catch (error) {
      throw new DialogueError(file, line, error instanceof Error ? error.message : String(error));
    }
  }
  return { ...finishHeader(headers, file), steps: checkSteps(steps, file), outcomes };
}

/** Every dialogue of a folder, without those of its subfolders, in order of their names. */
export function loadDialogues(folder: string): Dialogue[] {
  const names = readdirSync(folder).filter(name => name.endsWith('.at'));
  return names.sort().map(name => loadDialogue(join(folder, name)));
}

export function loadDialogue(path: string): Dialogue {
  return parseDialogue(readFileSync(path, 'utf8'), relative(process.cwd(), path));
}

function parseStep(
  mark: string,
  rest: string,
  line: number,
  variables: Map<string, string>,
): Step | undefined {
  const bytes = (from: Side, ...pattern: Pattern): Bytes => ({ kind: 'bytes', from, pattern, line });
  switch (mark) {
    case '>':
      return bytes('host', ...parsePattern(rest, variables), CRLF.subarray(0, 1));
    case '?':
      return { ...bytes('host', ...parsePattern(rest, variables), CRLF.subarray(0, 1)), optional: true };
    case '>>':
      return bytes('host', ...parseExact(rest, variables));
    case '<':
      return bytes('modem', CRLF, ...parsePattern(rest, variables), CRLF);
    case '<<':
      return bytes('modem', ...parseExact(rest, variables));
    case '@':
      return { kind: 'network', pattern: parsePattern(rest, variables), line };
    case '~':
      if (!/^\d+$/.test(rest)) throw new Error('a pause is a whole number of milliseconds');
      return { kind: 'pause', ms: Number(rest), line };
    case '!':
      if (rest !== '') throw new Error('nothing follows "!"');
      return { kind: 'hang-up', line };
    default:
      return undefined;
  }
}

/** Nothing ends exact bytes but their number, so a value of unknown length cannot be the last of them. */
function parseExact(text: string, variables: Map<string, string>): Pattern {
  const pattern = parsePattern(text, variables);
  if (!Buffer.isBuffer(pattern.at(-1))) throw new Error('exact bytes must not end in a variable');
  return pattern;
}

function parsePattern(text: string, variables: Map<string, string>): Pattern {
  if (text === '') throw new Error('the step says nothing');
  return text
    .split(/(\{[^{}]*\})/)
    .filter(part => part !== '')
    .map(part => (/^\{.*\}$/.test(part) ? parseVariable(part, variables) : parseBytes(part)));
}

function parseBytes(text: string): Buffer {
  if (text.includes('{')) throw new Error('a brace that begins no variable is written \\x7b');
  return unquote(text);
}

/** `{name:7}` introduces a variable; later `{name}` is enough. */
function parseVariable(text: string, variables: Map<string, string>): Variable {
  const [, name, given] = /^\{([a-z]\w*)(?::([\x20-\x7e]+))?\}$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`${text} is not a variable: {name:value}`);
  const initial = variables.get(name) ?? given;
  if (initial === undefined)
    throw new Error(`${text} has no value: write {${name}:value} where it first stands`);
  if (given !== undefined && given !== initial) throw new Error(`${text} was {${name}:${initial}} before`);
  variables.set(name, initial);
  return { name, initial };
}

function addHeader(headers: Map<string, string>, name: string, value: string): void {
  if (!HEADERS.includes(name)) throw new Error(`${JSON.stringify(name)} is neither a header nor a step`);
  if (headers.has(name)) throw new Error(`a second ${name}`);
  // "#109" is a number of an issue, "# text" a comment.
  headers.set(name, value.replace(/(^|\s+)# .*$/, ''));
}

function checkSteps(steps: readonly Step[], file: string): readonly Step[] {
  if (steps.length === 0) throw new DialogueError(file, 1, 'there are no steps');
  return markAnswers(steps, file);
}

const FINAL = /^\r\n(OK|ERROR|\+CME ERROR: .*)\r\n$/;

/** What may be left unasked is then left unanswered: up to the final result code. */
function markAnswers(steps: readonly Step[], file: string): readonly Step[] {
  let question: Bytes | undefined;
  const marked = steps.map((step): Step => {
    const asked = question;
    if (step.kind !== 'bytes' || step.from === 'host') {
      if (asked) throw new DialogueError(file, asked.line, 'the optional question has no answer');
      question = step.kind === 'bytes' && step.optional ? step : undefined;
      return step;
    }
    if (FINAL.test(writeOut(step.pattern, new Map()).toString('latin1'))) question = undefined;
    return asked ? { ...step, optional: true } : step;
  });
  if (question) throw new DialogueError(file, question.line, 'the optional question has no answer');
  return marked;
}

function finishHeader(
  headers: ReadonlyMap<string, string>,
  file: string,
): Omit<Dialogue, 'steps' | 'outcomes'> {
  const required = (name: string): string => {
    const value = headers.get(name);
    if (!value) throw new DialogueError(file, 1, `the header ${name} is missing`);
    return value;
  };
  const state = headers.get('state') ?? 'ready';
  if (state !== 'ready' && state !== 'fresh') throw new DialogueError(file, 1, 'state is ready or fresh');
  const needs = new Map<string, string>();
  for (const need of headers.get('needs')?.split(/\s+/) ?? []) {
    const [, name, value] = /^([A-Za-z]\w*)=(.+)$/.exec(need) ?? [];
    if (!name || !value) throw new DialogueError(file, 1, `needs ${need}: write name=value`);
    needs.set(name, value);
  }
  return {
    file,
    title: required('title'),
    source: required('source'),
    modem: required('modem'),
    state,
    needs,
  };
}
