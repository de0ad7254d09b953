/** An exchange: one side of a dialogue, held on a byte stream with whatever is at its other end. */
import type { Duplex } from 'node:stream';
import { quote } from '../../src/util/quote.ts';
import type { Inbox } from './inbox.ts';
import { type Bytes, type Dialogue, DialogueError, type Side, type Step } from './parser.ts';
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
  /** What makes `@` events happen; without it they are left out. */
  readonly network?: (event: string) => Promise<unknown>;
  /**
   * What a modem answers to questions that are not in the dialogue.
   * @param line without `AT` and CR
   * @param talk everything that both have said so far
   */
  readonly asides?: (line: string, talk: string) => string | undefined;
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
  #talk = '';

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
    this.done.then(
      () => this.#standBy(),
      () => {},
    );
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
    const groups = groupSteps(this.#dialogue.steps, this.#options.network !== undefined);
    let unasked = false;
    for (const [index, run] of groups.entries()) {
      const [step] = run;
      this.#step = step;
      if (step.kind === 'pause') await this.#pause(step.ms);
      else if (step.kind === 'hang-up') await this.#hangUp();
      else if (step.kind === 'network') await this.#options.network?.(this.#write([step]).toString('latin1'));
      else if (step.from === this.#side) {
        if (!(step.optional && unasked)) await this.#say(run);
      } else {
        unasked =
          this.#side === 'modem' &&
          isOptional(step) &&
          !(await this.#isAsked(step, nextFromHost(groups, index)));
        if (!unasked) for (this.#step of run) await this.#hear(patternOf(this.#step));
      }
    }
  }

  /** What one side says without a pause is one chunk, unless slicing cuts it. */
  async #say(run: readonly Step[]): Promise<void> {
    if (this.#side === 'modem') await this.#expectSilence();
    if (this.#inbox.ended) throw this.#difference('a line that is still open', this.#inbox.heard);
    await this.#send(this.#write(run));
  }

  #write(run: readonly Step[]): Buffer {
    return writeOut(run.flatMap(patternOf), this.values);
  }

  async #send(bytes: Buffer): Promise<void> {
    this.#talk += bytes.toString('latin1');
    const written = this.#slice(bytes).map(
      chunk => new Promise<unknown>(resolve => this.#stream.write(chunk, resolve)),
    );
    await Promise.all(written);
  }

  /** A host waits for the answer: payload before its prompt, or the next command, would be here by now. */
  async #expectSilence(): Promise<void> {
    await oneTurn();
    while (await this.#answerAside());
    const { heard } = this.#inbox;
    if (heard.length > 0) throw this.#difference('nothing before this is answered', heard);
  }

  /** Whether the host asks this, or goes on with `others`. Only where it is its turn anyway can that be waited for. */
  async #isAsked(question: Bytes, others: readonly Bytes[]): Promise<boolean> {
    const inbox = this.#inbox;
    const isItsTurn = others.some(({ optional }) => !optional);
    await oneTurn();
    for (;;) {
      const length = compare(question.pattern, inbox.heard, this.values);
      if (typeof length === 'number') return true;
      if (length === 'different') {
        const isOther = ({ pattern }: Bytes): boolean =>
          compare(pattern, inbox.heard, new Map(this.values)) !== 'different';
        if (others.some(isOther) || !(await this.#answerAside())) return false;
      } else {
        if (inbox.ended || (inbox.heard.length === 0 && !isItsTurn)) return false;
        await inbox.more();
      }
    }
  }

  /** Answers a question that is not in the dialogue, if that is what was heard. */
  async #answerAside(): Promise<boolean> {
    const inbox = this.#inbox;
    const [question, line] = /^AT([^\r]*)\r/.exec(inbox.heard.toString('latin1')) ?? [];
    const answer = line === undefined ? undefined : this.#options.asides?.(line, this.#talk);
    if (question === undefined || answer === undefined) return false;
    inbox.heard = inbox.heard.subarray(question.length);
    await this.#send(Buffer.from(answer, 'latin1'));
    return true;
  }

  /** A modem goes on answering when the dialogue is over. */
  async #standBy(): Promise<void> {
    while (this.#options.asides && !this.#inbox.ended) {
      if (!(await this.#answerAside())) await this.#inbox.more();
    }
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
        this.#talk += inbox.heard.toString('latin1', 0, length);
        inbox.heard = inbox.heard.subarray(length);
        return;
      }
      if (length === 'different' && (await this.#answerAside())) continue;
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
  return step.kind === 'bytes' || step.kind === 'network' ? step.pattern : [];
}

function isOptional(step: Step): step is Bytes & { optional: true } {
  return step.kind === 'bytes' && step.optional === true;
}

/** What the host may write after the group at `index`: questions that it may leave out, and the step that it must take. */
function nextFromHost(groups: readonly (readonly Step[])[], index: number): Bytes[] {
  const next: Bytes[] = [];
  for (const [step] of groups.slice(index + 1)) {
    if (step?.kind !== 'bytes') return next;
    if (step.from === 'host') next.push(step);
    if (!step.optional) return next;
  }
  return next;
}

/**
 * Steps of one side that follow each other directly belong together, over events in the network that nobody makes
 * happen; the others stand alone, as a question that may be left out does with its answer.
 */
function groupSteps(steps: readonly Step[], withNetwork: boolean): [Step, ...Step[]][] {
  const groups: [Step, ...Step[]][] = [];
  for (const step of steps) {
    if (step.kind === 'network' && !withNetwork) continue;
    const last = groups.at(-1);
    if (last && belongsTo(last[0], step)) last.push(step);
    else groups.push([step]);
  }
  return groups;
}

function belongsTo(first: Step, step: Step): boolean {
  if (first.kind !== 'bytes' || step.kind !== 'bytes') return false;
  return first.from === step.from && first.optional === step.optional;
}
