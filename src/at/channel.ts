/** AtChannel: one command at a time over one stream, time limits, resynchronisation, unsolicited result codes. */
import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { deferred } from '../util/deferred.ts';
import { Mutex } from '../util/mutex.ts';
import { AtError, lineClosed } from './at-error.ts';
import type { Command } from './command.ts';
import { reportCommand } from './command-report.ts';
import { ConnectionsLost } from './connections-lost.ts';
import { EchoCanary } from './echo-canary.ts';
import { Exchange, lineName, lineParams } from './exchange.ts';
import { Fence, type Probe } from './fence.ts';
import { type Block, Framer, type FrameSink } from './framer.ts';
import type { Framing } from './framing.ts';
import { checkLine } from './line-check.ts';
import { parseParams } from './params.ts';
import { Patience } from './patience.ts';
import { rawCommand } from './raw-command.ts';
import { finalResult } from './result-code.ts';
import { shielded, type Urc, type UrcRule, UrcTable } from './urc.ts';

export type { Urc } from './urc.ts';

/** What takes commands: a channel, or a transaction in it. */
export interface Executor {
  /**
   * Writes one command line and gives its parsed reply.
   * @param options.signal takes the command out of the queue; once written it runs to its end unheard
   * @throws AtError, TypeError ERR_INVALID_ARG_VALUE for a line that is none, AbortError
   */
  execute<T>(command: Command<T>, options?: { readonly signal?: AbortSignal }): Promise<T>;
  /** For people: a line with or without "AT" → the text of its information lines. */
  send(
    line: string,
    options?: { readonly payload?: Uint8Array; readonly timeoutMs?: number },
  ): Promise<string[]>;
}

/** Sees every byte that passes, as it passes. */
export interface LineObserver {
  /** To the modem. */
  sent(chunk: Buffer): void;
  /** From the modem. */
  received(chunk: Buffer): void;
}

/** Limits of a channel. */
export interface ChannelOptions {
  /** For commands that state no limit of their own, in milliseconds. */
  readonly timeoutMs?: number;
  /** How long each probe of a fence waits, in milliseconds. */
  readonly fenceTimeoutMs?: number;
  /** Longest line in bytes that the path takes, terminator included. */
  readonly maxLine?: number;
  /** Sees what passes. */
  readonly observer?: LineObserver;
}

/** What has passed over a line so far. */
export interface ChannelStats {
  bytesWritten: number;
  bytesRead: number;
  /** Command lines written, by name: `{ '+SQNSI': 3 }`. */
  readonly commands: Record<string, number>;
  /** Lines that nobody understood. */
  unknownLines: number;
  /** After commands that went wrong. */
  fences: number;
}

const ESC = '\x1b';
/** Said by `atsock share` while others have their turn: what was asked has not been put to the modem yet. */
export const NOT_YET = '+ATSOCK: "not yet"';
const NO_FRAMING: Framing = { block: () => undefined, bootLines: [] };

/** A data block that no command asked for must be complete by then, or it was no block. */
const STRAY_BLOCK_MS = 2_000;

/** A line to a modem, one command at a time. Its event `urc` is for lines that no rule of the dialect knows, too. */
export class AtChannel extends EventEmitter<{ urc: [Urc] }> implements Executor {
  /** Set once the dialect is known. */
  framing: Framing = NO_FRAMING;
  /** Settles once, with the reason if it was not asked for. */
  readonly closed: Promise<Error | undefined>;
  /** Live. */
  readonly stats: ChannelStats = { bytesWritten: 0, bytesRead: 0, commands: {}, unknownLines: 0, fences: 0 };
  readonly #stream: Duplex;
  readonly #options: ChannelOptions & { readonly timeoutMs: number; readonly fenceTimeoutMs: number };
  readonly #lock = new Mutex();
  readonly #urcs = new UrcTable();
  readonly #framer: Framer;
  #exchange: Exchange | undefined;
  #fencing: Promise<void> | undefined;
  readonly #fence = new Fence();
  /** Fed with every line while a fence waits; undefined when the line is gone. */
  #probe: ((line: string | undefined) => void) | undefined;
  #latePrompt = false;
  /** With what is being waited for. */
  readonly #patience = new Patience();
  readonly #canary = new EchoCanary();
  #takeData: ((data: Buffer) => void) | undefined;
  #blockTimer: NodeJS.Timeout | undefined;
  #end: { readonly reason: Error | undefined } | undefined;
  readonly #closed = deferred<Error | undefined>();

  constructor(stream: Duplex, options: ChannelOptions = {}) {
    super();
    this.#stream = stream;
    this.#options = { timeoutMs: 10_000, fenceTimeoutMs: 3_000, ...options };
    this.closed = this.#closed.promise;
    this.#framer = new Framer(this.#frameSink());
    stream.on('data', (chunk: Buffer) => {
      this.stats.bytesRead += chunk.length;
      options.observer?.received(chunk);
      this.#framer.feed(chunk);
    });
    stream.on('error', error => this.#finish(error));
    stream.on('close', () => this.#finish(new Error('the line to the modem was closed')));
    stream.on('end', () => stream.destroy());
    stream.resume();
  }

  /** Commands that wait for their turn. */
  get queueLength(): number {
    return this.#lock.queued;
  }

  execute<T>(command: Command<T>, options: { readonly signal?: AbortSignal } = {}): Promise<T> {
    const queuedAt = performance.now();
    return this.#locked(
      () => this.#perform(command, queuedAt),
      options.signal,
      () => this.#check(command.line),
    );
  }

  send(
    line: string,
    options?: { readonly payload?: Uint8Array; readonly timeoutMs?: number },
  ): Promise<string[]> {
    return this.execute(rawCommand(line, options));
  }

  /** No other command gets between the ones of `work`. Not reentrant: use the executor it is given. */
  transaction<T>(
    work: (at: Executor) => Promise<T>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<T> {
    const turns = new Mutex();
    const at: Executor = {
      execute: async command => {
        this.#check(command.line);
        return turns.run(() => this.#perform(command));
      },
      send: (line, rest) => at.execute(rawCommand(line, rest)),
    };
    // It is over when its last command is: also one that `work` did not wait for.
    const alone = (): Promise<T> => work(at).finally(() => turns.run(async () => {}));
    return this.#locked(alone, options.signal);
  }

  /** Listeners run in stream order, before any later byte is looked at. Returns the way to stop. */
  onUrc<E>(rule: UrcRule<E>, listener: (event: E) => void): () => void {
    return this.#urcs.add(rule, listener);
  }

  /** Settles when every answer to what was written before is through. @throws AtError 'closed' */
  synchronise(): Promise<void> {
    return this.#lock.run(async () => {
      this.#startFence({ line: '' }, false);
      await this.#fencing;
      if (this.#end) throw lineClosed({ line: '' }, this.#end.reason);
    });
  }

  /** Ends the line. What is in flight fails with AtError 'closed'. @param reason why, where it was not asked for */
  async close(reason?: Error): Promise<void> {
    this.#finish(reason);
    await this.closed;
  }

  /** The command in flight, until its final result code. */
  get #active(): Exchange | undefined {
    return this.#exchange?.settled === false ? this.#exchange : undefined;
  }

  async #locked<T>(work: () => Promise<T>, signal?: AbortSignal, check?: () => void): Promise<T> {
    check?.();
    const running = this.#lock.run(work, signal);
    if (!signal) return running;
    // Once written it cannot be called back: it runs to its end, but nobody waits for it.
    return new Promise((resolve, reject) => {
      const leave = (): void => reject(signal.reason);
      signal.addEventListener('abort', leave, { once: true });
      running.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  #check(line: string): void {
    checkLine(line, this.#options.maxLine);
  }

  async #perform<T>(command: Command<T>, queuedAt = performance.now()): Promise<T> {
    await this.#fencing;
    if (this.#end) throw lineClosed(command, this.#end.reason);
    const exchange = new Exchange(command);
    const timeoutMs = command.timeoutMs ?? this.#options.timeoutMs;
    const stopWaiting = this.#patience.start(timeoutMs, () => {
      const promptMissing = exchange.promptExpected;
      exchange.fail('timeout', String(timeoutMs));
      // Its end may be lost: then the modem would take all that follows for more of the payload (reliability.md F12).
      if (command.openEnded && !promptMissing) this.#write(ESC);
      this.#startFence(command, promptMissing);
    });
    this.#exchange = exchange as Exchange;
    this.#count(command.line);
    this.#write(`AT${command.line}\r`);
    try {
      const result = await exchange.result;
      this.#canary.answered(command.line, exchange.echoed);
      return result;
    } catch (error) {
      if (error instanceof AtError && error.kind === 'reply') this.#startFence(command, false);
      throw error;
    } finally {
      stopWaiting();
      reportCommand(command.line, queuedAt, exchange.writtenAt);
      this.#exchange = undefined;
    }
  }

  #write(bytes: string | Uint8Array): void {
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    this.stats.bytesWritten += chunk.length;
    this.#options.observer?.sent(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.#stream.write(chunk);
  }

  #count(line: string): void {
    const name = line.replace(/^([+^*#%$!&]\w+|[^=?]*).*/, '$1').toUpperCase();
    this.stats.commands[name] = (this.stats.commands[name] ?? 0) + 1;
  }

  #frameSink(): FrameSink {
    const promptExpected = (): boolean => this.#latePrompt || (this.#exchange?.promptExpected ?? false);
    return {
      get promptExpected() {
        return promptExpected();
      },
      prompt: () => {
        const payload = this.#exchange?.takePayload();
        this.#latePrompt = false;
        this.#write(payload ?? ESC);
      },
      line: text => this.#line(text),
      data: (bytes, intact) => this.#data(bytes, intact),
      overflow: () => {
        this.stats.unknownLines++;
      },
    };
  }

  /** Routes a line, in the order of architecture.md 4.2. */
  #line(text: string): Block | undefined {
    if (text === NOT_YET) {
      if (this.#active || this.#probe) this.#patience.renew();
      return undefined;
    }
    if (this.framing.bootLines.includes(text)) {
      this.#unsolicited(text);
      this.#finish(new ConnectionsLost(`the modem has restarted (${text})`));
      return undefined;
    }
    this.#probe?.(text);
    const block = this.framing.block(text);
    const exchange = this.#active;
    if (exchange && !this.framing.stray?.(text, exchange.command.line)) {
      const claim = exchange.claim(text);
      if (claim === 'echo' && this.#canary.isRestart)
        this.#finish(new ConnectionsLost('the modem has restarted (echo is on again)'));
      if (claim === 'echo' || claim === 'final') return undefined;
      if (claim) {
        this.#takeData = claim.attach;
        return block;
      }
    }
    if (block) {
      const head = text.slice(0, block.inlineAt);
      this.#takeData = data => this.#unsolicited(head, data);
      this.#blockTimer = setTimeout(() => this.#distrust(`${text}, and no data`), STRAY_BLOCK_MS).unref();
      return block;
    }
    if (this.#urcs.knows(lineName(text) ?? text) && this.#unsolicited(text)) return undefined;
    const claim = exchange?.claimText(text);
    // While a fence waits, the rest is its answers and late ones of nobody's: thrown away.
    if (claim === undefined && !this.#fencing) {
      this.stats.unknownLines++;
      this.#announce(text);
    }
    return undefined;
  }

  #data(bytes: Buffer, intact: boolean): void {
    clearTimeout(this.#blockTimer);
    const take = this.#takeData;
    this.#takeData = undefined;
    // Never hand on bytes of which some were lost: a short block swallows the start of its own trailer.
    if (intact) take?.(bytes);
    else this.#distrust(`${bytes.length} bytes of data without their end`);
  }

  /** Bytes were lost, and perhaps the answer of the command in flight with them. */
  #distrust(why: string): void {
    const exchange = this.#active;
    const promptMissing = exchange?.promptExpected ?? false;
    exchange?.fail('reply', why);
    this.#startFence(exchange?.command ?? { line: 'data' }, promptMissing);
  }

  /** True if a rule understood the line. */
  #unsolicited(line: string, data?: Buffer): boolean {
    const understood = this.#urcs.dispatch(lineName(line) ?? line, parseParams(lineParams(line)), data);
    if (understood) this.#announce(line, data);
    return understood;
  }

  #announce(line: string, data?: Buffer): void {
    if (this.listenerCount('urc') === 0) return;
    const name = lineName(line) ?? line;
    const urc = { line, name, params: parseParams(lineParams(line)), ...(data && { data }) };
    shielded(() => this.emit('urc', urc));
  }

  /** From here on no command is written until a probe has proved that every earlier answer is through. */
  #startFence(failed: { readonly line: string }, promptMissing: boolean): void {
    clearTimeout(this.#blockTimer);
    this.#framer.reset();
    if (this.#end || this.#fencing) return;
    if (promptMissing && this.framing.countsPayload) {
      this.#finish(new AtError('reply', failed, 'no prompt, and the modem may be waiting for a payload'));
      return;
    }
    if (failed.line !== '') this.stats.fences++;
    this.#latePrompt = promptMissing;
    if (promptMissing) this.#write(ESC);
    this.#fencing = this.#prove(failed).finally(() => {
      this.#fencing = undefined;
      this.#latePrompt = false;
    });
  }

  async #prove(failed: { readonly line: string }): Promise<void> {
    const probes = this.#fence.probes(failed.line);
    for (const probe of probes) {
      if (this.#end) return;
      // With no command behind it a refusal is the probe's own answer: this modem does not know the question.
      if (!(await this.#ask(probe, failed.line === ''))) continue;
      const line = this.#fence.restoreLine;
      // Its own answer could come late, too: then all is to be proved again.
      if (line === undefined || (await this.#ask({ line, proves: answer => this.#isFinal(answer, line) })))
        return;
    }
    this.#finish(new AtError('timeout', failed, `${probes.length * this.#options.fenceTimeoutMs}`));
  }

  #ask(probe: Probe, refusable = false): Promise<boolean> {
    return new Promise(resolve => {
      const settle = (proved: boolean): void => {
        stopWaiting();
        this.#probe = undefined;
        resolve(proved);
      };
      const stopWaiting = this.#patience.start(this.#options.fenceTimeoutMs, () => settle(false));
      this.#probe = line => {
        if (line === undefined) settle(false);
        else if (probe.proves(line)) settle(true);
        else if (refusable && line !== 'OK' && this.#isFinal(line, probe.line)) settle(false);
      };
      this.#write(`AT${probe.line}\r`);
    });
  }

  #isFinal(line: string, commandLine: string): boolean {
    return finalResult(line) !== undefined && !this.framing.stray?.(line, commandLine);
  }

  #finish(reason: Error | undefined): void {
    if (this.#end) return;
    this.#end = { reason };
    clearTimeout(this.#blockTimer);
    this.#exchange?.fail('closed', reason?.message, reason);
    this.#probe?.(undefined);
    // A serial port is locked until its stream has closed, and only then can it be opened again.
    if (this.#stream.closed) this.#closed.resolve(reason);
    else this.#stream.once('close', () => this.#closed.resolve(reason)).destroy();
  }
}
