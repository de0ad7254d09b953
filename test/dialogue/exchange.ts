/** An exchange: one side of a dialogue, held on a byte stream with whatever is at its other end. */
import type { Duplex } from 'node:stream';
import { quote } from '../../src/util/quote.ts';
import type { Inbox } from './inbox.ts';
import { type Dialogue, DialogueError, type Side, type Step } from './parser.ts';
import { compare, describePattern, type Pattern, type Values, writeOut } from './pattern.ts';
import { createSlicer, type Slicing } from './slices.ts';

// Tests may put vitest's clock in place of the global timers; deadlines and turns here stay real.
const { setTimeout: startTimer, clearTimeout: stopTimer, setImmediate: afterThisTurn } = globalThis;

export interface ExchangeOptions {
  /** Values of variables; one that is not given is bound when it is first heard, or said. */
  readonly variables?: Readonly<Record<string, string | number>>;
  readonly slicing?: Slicing;
  /** What lets `~` milliseconds pass; without it a pause is only a chunk border. */
  readonly advance?: (ms: number) => unknown;
  /** Names of lines (`+SQNSRING`) that may be heard earlier than the dialogue has them; their order must hold. */
  readonly earlyNames?: readonly string[];
}

export class Exchange {
  readonly values: Values;
  /** Settles when every step was said and heard; rejects at the first difference. */
  readonly done: Promise<void>;
  readonly #stream: Duplex;
  readonly #inbox: Inbox;
  readonly #dialogue: Dialogue;
  readonly #side: Side;
  readonly #options: ExchangeOptions;
  readonly #slice: (bytes: Buffer) => Buffer[];
  #step: Step | undefined;

  constructor(stream: Duplex, inbox: Inbox, dialogue: Dialogue, side: Side, options: ExchangeOptions) {
    this.#stream = stream;
    this.#inbox = inbox;
    this.#dialogue = dialogue;
    this.#side = side;
    this.#options = options;
    this.#slice = createSlicer(options.slicing ?? 'whole');
    this.values = new Map(
      Object.entries(options.variables ?? {}).map(([name, value]) => [name, String(value)]),
    );
    this.done = this.#run();
    this.done.catch(() => {});
  }

  /** Waits for the last step, then makes sure that the other side added nothing. */
  async finish(deadlineMs: number): Promise<void> {
    await this.#within(deadlineMs, this.done);
    await oneTurn();
    const { heard, early } = this.#inbox;
    const rest = Buffer.concat([early, heard]);
    if (rest.length > 0) throw this.#difference('nothing more', rest);
  }

  async #run(): Promise<void> {
    for (const run of groupSteps(this.#dialogue.steps)) {
      const [step] = run;
      this.#step = step;
      if (step.kind === 'pause') await this.#pause(step.ms);
      else if (step.kind === 'hang-up') await this.#hangUp();
      else if (step.from === this.#side) await this.#say(run);
      else for (this.#step of run) await this.#hear(patternOf(this.#step));
    }
  }

  /** What one side says without a pause is one chunk, unless slicing cuts it. */
  async #say(run: readonly Step[]): Promise<void> {
    if (this.#side === 'modem') await this.#expectSilence();
    if (this.#inbox.ended) throw this.#difference('a line that is still open', this.#inbox.heard);
    const written = this.#slice(writeOut(run.flatMap(patternOf), this.values)).map(
      chunk => new Promise<unknown>(resolve => this.#stream.write(chunk, resolve)),
    );
    await Promise.all(written);
  }

  /** A host waits for the answer: payload before its prompt, or the next command, would be here by now. */
  async #expectSilence(): Promise<void> {
    await oneTurn();
    const { heard } = this.#inbox;
    if (heard.length > 0) throw this.#difference('nothing before this is answered', heard);
  }

  async #hear(pattern: Pattern): Promise<void> {
    const inbox = this.#inbox;
    if (inbox.early.length > 0 && this.#mayBeEarly(pattern)) {
      const early = compare(pattern, inbox.early, this.values);
      if (typeof early === 'number') {
        inbox.early = inbox.early.subarray(early);
        return;
      }
      throw this.#difference(describePattern(pattern, this.values), inbox.early);
    }
    for (;;) {
      const length = compare(pattern, inbox.heard, this.values);
      if (typeof length === 'number') {
        inbox.heard = inbox.heard.subarray(length);
        return;
      }
      const aside = length === 'different' ? inbox.setAside(this.#options.earlyNames ?? []) : 'more';
      if (aside === false || (aside === 'more' && inbox.ended)) {
        throw this.#difference(describePattern(pattern, this.values), inbox.heard);
      }
      if (aside === 'more') await inbox.more();
    }
  }

  #mayBeEarly(pattern: Pattern): boolean {
    const [, name = ''] = /^\\r\\n(\+[^:\\]*)/.exec(describePattern(pattern, this.values)) ?? [];
    return this.#options.earlyNames?.includes(name) ?? false;
  }

  async #pause(ms: number): Promise<void> {
    await oneTurn();
    await this.#options.advance?.(ms);
    await oneTurn();
  }

  async #hangUp(): Promise<void> {
    if (this.#side === 'modem') await new Promise<void>(resolve => this.#stream.end(resolve));
    else while (!this.#inbox.ended) await this.#inbox.more();
  }

  async #within(ms: number, work: Promise<void>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = startTimer(() => {
        const expected = this.#step ? describePattern(patternOf(this.#step), this.values) : '';
        reject(this.#difference(`${expected || this.#step?.kind} within ${ms} ms`, this.#inbox.heard));
      }, ms);
    });
    await Promise.race([work, late]).finally(() => stopTimer(timer));
  }

  #difference(expected: string, got: Buffer): DialogueError {
    const silence = this.#inbox.ended ? 'the end of the line' : 'nothing';
    const said = got.length > 0 ? quote(got) : silence;
    const other = this.#side === 'modem' ? 'host' : 'modem';
    const message = `the ${other} does not keep to the dialogue\n  expected  ${expected}\n  got       ${said}`;
    return new DialogueError(this.#dialogue.file, this.#step?.line ?? 1, message);
  }
}

function oneTurn(): Promise<void> {
  return new Promise(resolve => void afterThisTurn(resolve));
}

function patternOf(step: Step): Pattern {
  return step.kind === 'bytes' ? step.pattern : [];
}

/** Steps of one side that follow each other directly belong together; the others stand alone. */
function groupSteps(steps: readonly Step[]): [Step, ...Step[]][] {
  const groups: [Step, ...Step[]][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    const first = last?.[0];
    if (last && first?.kind === 'bytes' && step.kind === 'bytes' && first.from === step.from) last.push(step);
    else groups.push([step]);
  }
  return groups;
}
