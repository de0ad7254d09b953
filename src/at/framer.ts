/** The framer: bytes → lines, prompts and counted data. Pure, synchronous, without timers. */

/** Counted bytes that a line announces. */
export interface Block {
  readonly bytes: number;
  /** Where they begin within the line itself; absent: behind its terminator. */
  readonly inlineAt?: number;
  /** What must follow them, byte for byte; anything else means that bytes were lost or added. */
  readonly trailer: string;
  /** Where firmware differs: the ways in which the data may stand, of which the first that fits counts. */
  readonly forms?: readonly BlockForm[];
  /** Hears which of `forms` it was; undefined: none. */
  readonly found?: (form: BlockForm | undefined) => void;
}

/** One way in which counted data may stand. */
export interface BlockForm {
  /** Between the line and the data. */
  readonly lead: string;
  /** Behind the data. */
  readonly trailer: string;
}

export interface FrameSink {
  /** True only between writing a command that has a payload and its prompt. */
  readonly promptExpected: boolean;
  prompt(): void;
  /** A line without its terminator. Returns the counted data that it announces, if any. */
  line(text: string): Block | undefined;
  /** The bytes the line before announced. Not intact: their trailer was wrong, so they cannot be trusted. */
  data(bytes: Buffer, intact: boolean): void;
  /** A line outgrew the limit; its rest is being skipped. */
  overflow(): void;
}

interface PendingBlock {
  readonly block: Block;
  readonly forms: readonly BlockForm[];
  /** Lead, data and trailer as they come. */
  readonly raw: Buffer;
  filled: number;
}

const CR = 13;
const LF = 10;
const PROMPT = 62;
const SPACE = 32;

/**
 * CR or LF ends a line, and one LF directly after a CR belongs to it. Empty lines vanish. `>` at a line start is a
 * prompt only while one is expected; one space after it belongs to it. NULs at a line start are power-up noise.
 */
export class Framer {
  readonly #sink: FrameSink;
  readonly #line: Buffer;
  #length = 0;
  #overflown = false;
  /** A byte that still belongs to what came before: the LF of CR LF, the space of a prompt. */
  #swallow: number | undefined;
  #block: PendingBlock | undefined;

  constructor(sink: FrameSink, lineLimit = 4096) {
    this.#sink = sink;
    this.#line = Buffer.allocUnsafe(lineLimit);
  }

  /** Forgets a part line and counted data that never came. */
  reset(): void {
    this.#length = 0;
    this.#overflown = false;
    this.#block = undefined;
  }

  feed(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#swallow !== undefined) {
        if (chunk[at] === this.#swallow) at++;
        this.#swallow = undefined;
      } else if (this.#block) {
        at = this.#feedBlock(this.#block, chunk, at);
      } else if (
        this.#length === 0 &&
        !this.#overflown &&
        chunk[at] === PROMPT &&
        this.#sink.promptExpected
      ) {
        at++;
        this.#swallow = SPACE;
        this.#sink.prompt();
      } else {
        at = this.#feedLine(chunk, at);
      }
    }
  }

  #feedLine(chunk: Buffer, start: number): number {
    let end = start;
    while (end < chunk.length && chunk[end] !== CR && chunk[end] !== LF) end++;
    if (end === chunk.length) {
      this.#keep(chunk, start, end);
      return end;
    }
    if (chunk[end] === CR) this.#swallow = LF;
    const text = this.#takeLine(chunk, start, end);
    if (text !== '') this.#emitLine(text);
    return end + 1;
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    if (this.#overflown) return;
    if (this.#length + end - start > this.#line.length) {
      this.#overflown = true;
      this.#sink.overflow();
      return;
    }
    this.#length += chunk.copy(this.#line, this.#length, start, end);
  }

  #takeLine(chunk: Buffer, start: number, end: number): string {
    let text = '';
    // A line that came in one piece, the usual case, is decoded where it lies.
    if (this.#length === 0 && !this.#overflown && end - start <= this.#line.length) {
      text = chunk.toString('latin1', start, end);
    } else {
      this.#keep(chunk, start, end);
      if (!this.#overflown) text = this.#line.toString('latin1', 0, this.#length);
    }
    this.#length = 0;
    this.#overflown = false;
    return text.charCodeAt(0) === 0 ? text.replace(/^\0+/, '') : text;
  }

  #emitLine(text: string): void {
    const block = this.#sink.line(text);
    if (!block) return;
    const forms = block.forms ?? [{ lead: '', trailer: block.trailer }];
    const most = Math.max(...forms.map(({ lead, trailer }) => lead.length + trailer.length));
    this.#block = { block, forms, raw: Buffer.allocUnsafe(block.bytes + most), filled: 0 };
    if (block.inlineAt === undefined) return;
    // The line ended at the first CR or LF inside the data, or behind them: give them back, terminator included.
    const inline = Buffer.from(
      `${text.slice(block.inlineAt)}${this.#swallow === LF ? '\r' : '\n'}`,
      'latin1',
    );
    this.#swallow = undefined;
    this.feed(inline);
  }

  #feedBlock(pending: PendingBlock, chunk: Buffer, start: number): number {
    const taken = chunk.copy(pending.raw, pending.filled, start);
    pending.filled += taken;
    if (pending.filled > pending.block.bytes) this.#judge(pending);
    return start + taken;
  }

  /** Ends the block as soon as it is clear in which form it came, or that it came in none. */
  #judge({ block, forms, raw, filled }: PendingBlock): void {
    const heard = raw.subarray(0, filled);
    for (const form of forms) {
      const fit = fits(form, block.bytes, heard);
      if (fit === undefined) return;
      if (!fit) continue;
      block.found?.(form);
      this.#endBlock(heard, form.lead.length, block.bytes, true);
      return;
    }
    block.found?.(undefined);
    this.#endBlock(heard, 0, block.bytes, false);
  }

  /** What was heard behind the data are lines again; the trailer leaves only empty ones. */
  #endBlock(heard: Buffer, start: number, bytes: number, intact: boolean): void {
    this.#block = undefined;
    this.#sink.data(heard.subarray(start, start + bytes), intact);
    this.feed(heard.subarray(start + bytes));
  }
}

/** Whether lead and trailer stand in their places; undefined: so far. */
function fits({ lead, trailer }: BlockForm, bytes: number, heard: Buffer): boolean | undefined {
  const behind = lead.length + bytes;
  const before = heard.toString('latin1', 0, lead.length);
  const after = heard.toString('latin1', behind, behind + trailer.length);
  if (!lead.startsWith(before) || !trailer.startsWith(after)) return false;
  return before.length === lead.length && after.length === trailer.length ? true : undefined;
}
