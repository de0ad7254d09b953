/** The line between driver and simulator that makes the faults of a schedule, each once, at its place. */
import type { SimModem } from '../../src/sim/index.ts';
import type { Saying } from '../../src/sim/saying.ts';
import { type Pieces, relayed } from '../../src/transport/relay-stream.ts';
import type { ByteStream, Transport } from '../../src/transport/transport.ts';
import {
  type Counter,
  counterOf,
  type Fault,
  type FaultName,
  noCounts,
  placeOf,
  type Schedule,
  type Way,
} from './fault.ts';
import { falseUrc, floodUrcs, hostileLength, isSafeIn, isSafeOut, isSafeWrite } from './forms.ts';
import { HostGrammar } from './host-grammar.ts';
import { startOutage } from './outage.ts';
import type { VirtualTime } from './virtual-time.ts';
import { damaged, late } from './wounds.ts';

const COUNTER_OF_KIND = {
  result: 'results',
  info: 'infos',
  data: 'data',
  prompt: 'prompts',
  urc: 'urcs',
} as const;

/** Faults that go on for a while. */
const LASTING: readonly FaultName[] = [
  'stall',
  'modem-slow',
  'port-vanishes',
  'coverage-lost',
  'context-lost',
];
/** A port that closed is back after so long. */
const AWAY_MS = 1_500;
/** A slow modem says each thing so much later. */
const SLOW_MS = 700;

export class FaultLine {
  readonly transport: Transport;
  /** What was really made, in order. */
  readonly made: FaultName[] = [];
  readonly grammar: HostGrammar;
  /** When the last fault was over, in virtual time. */
  lastAt = 0;
  readonly #sim: SimModem;
  readonly #schedule: Schedule;
  readonly #time: VirtualTime;
  /** How far each counter came while faults were made. */
  readonly counts = noCounts();
  /** Faults that nobody could have seen. */
  spared = 0;
  #pending: Fault[] = [];
  /** What waits behind something late, in order. */
  readonly #waiting: (() => void)[] = [];
  #stalls = 0;
  #stream: ByteStream | undefined;
  #vanishedUntil = 0;
  #slowUntil = 0;
  #hidesBoot = false;
  #armed = false;

  readonly #trace: ((line: string) => void) | undefined;

  constructor(sim: SimModem, schedule: Schedule, time: VirtualTime, trace?: (line: string) => void) {
    this.#trace = trace;
    this.#sim = sim;
    this.#schedule = schedule;
    this.#time = time;
    this.grammar = new HostGrammar(() => time.now);
    sim.mouth = (saying, pass) => this.#said(saying, pass);
    this.transport = relayed(() => ({
      sent: chunk => this.#sent(chunk),
      received: chunk => this.#received(chunk),
    }))({ name: sim.transport.name, open: signal => this.#open(signal) });
  }

  /** From now on things are counted. */
  arm(): void {
    this.#armed = true;
    if (this.#schedule.countsTimers) this.#time.onSet = ms => this.#timerSet(ms);
    this.#pending = [...this.#schedule.faults];
  }

  /** No more faults; those that take time go on to their end. */
  heal(): void {
    this.#armed = false;
    this.#time.onSet = undefined;
    this.#pending = [];
  }

  async #open(signal: AbortSignal | undefined): Promise<ByteStream> {
    if (this.#time.now < this.#vanishedUntil)
      throw Object.assign(new Error('the port is not there'), { code: 'ENOENT' });
    this.grammar.reset();
    this.#stream = await this.#sim.transport.open(signal);
    return this.#stream;
  }

  /** The faults whose turn it is among `counter`, when that one moves on by `steps`. */
  #due(counter: Counter, steps = 1): Fault[] {
    if (!this.#armed) return [];
    const from = this.counts[counter];
    this.counts[counter] += steps;
    const isDue = ({ name, at }: Fault): boolean =>
      counterOf(name) === counter && at >= from && at < from + steps;
    const due = this.#pending.filter(isDue);
    if (due.length > 0) this.#pending = this.#pending.filter(fault => !due.includes(fault));
    return due;
  }

  #note({ name }: Fault, lastsMs = 0): void {
    this.made.push(name);
    this.#trace?.(`${this.#time.now.toFixed()} ## ${name}`);
    this.lastAt = Math.max(this.lastAt, this.#time.now + lastsMs);
  }

  #sent(chunk: Buffer): Pieces {
    this.#time.touch();
    const payload = this.grammar.written(chunk);
    const from = this.counts.bytesOut;
    const bytes = this.#due('bytesOut', chunk.length);
    for (const fault of this.#due('writes'))
      if (this.#begin(fault, way => isSafeWrite(way, chunk, payload)))
        return this.#spoiled(fault, chunk, 0, chunk.length);
    for (const fault of bytes) {
      const at = fault.at - from;
      if (this.#begin(fault, way => isSafeOut(way, chunk, at, payload)))
        return this.#spoiled(fault, chunk, at, at + 1);
    }
    return [chunk];
  }

  #received(chunk: Buffer): Pieces {
    this.#time.touch();
    for (const fault of this.#due('reads'))
      if (this.#begin(fault)) return this.#spoiled(fault, chunk, 0, chunk.length);
    return [chunk];
  }

  #timerSet(ms: number): number {
    for (const fault of this.#due('timers')) {
      if (!this.#begin(fault)) continue;
      const way = placeOf(fault.name)?.way;
      if (way === 'altered') return 0;
      if (way === 'late') return ms + fault.ms;
      setTimeout(() => (way === 'closed' ? this.#vanish(AWAY_MS) : this.#sim.urc(this.#falseUrc(fault))), ms);
    }
    return ms;
  }

  /** False: the fault is not made. */
  #begin(fault: Fault, isSafe: (way: Way) => boolean = () => true): boolean {
    const way = placeOf(fault.name)?.way;
    if (!way || !isSafe(way)) {
      this.spared++;
      return false;
    }
    this.#note(fault, way === 'late' ? fault.ms : way === 'closed' ? AWAY_MS : 0);
    return true;
  }

  /** The part of a chunk from `start` to `end` fails. */
  #spoiled(fault: Fault, chunk: Buffer, start: number, end: number): Pieces {
    const way = placeOf(fault.name)?.way;
    if (way === 'late') return late(chunk.subarray(0, start), chunk.subarray(start), fault.ms);
    if (way === 'closed') {
      this.#vanish(AWAY_MS);
      return [chunk.subarray(0, start)];
    }
    if (way !== 'urc') return [damaged(way, chunk, start, end)];
    this.#sim.urc(this.#falseUrc(fault));
    return [chunk];
  }

  #falseUrc({ choice }: Fault): string {
    return falseUrc(this.#schedule.dialect, this.grammar.lastId, choice).trim();
  }

  #said(saying: Saying, pass: (bytes: Buffer) => void): void {
    this.#time.touch();
    if (this.#hidesBoot && saying.kind === 'urc') return;
    if (this.#time.now < this.#slowUntil) this.#stall(SLOW_MS);
    this.#flow(() => this.grammar.heard(saying));
    let bytes: Buffer = saying.bytes;
    for (const fault of this.#due('sayings')) this.#strike(fault, pass);
    const counter = saying.kind === 'echo' ? undefined : COUNTER_OF_KIND[saying.kind];
    let copies = 1;
    for (const fault of counter ? this.#due(counter) : []) {
      const lie = fault.name === 'hostile-length' ? hostileLength(bytes, fault.choice) : bytes;
      if (!lie) {
        this.spared++;
        continue;
      }
      bytes = lie;
      this.#note(fault, fault.name.endsWith('-late') ? fault.ms : 0);
      if (fault.name.endsWith('-lost')) copies = 0;
      else if (fault.name.endsWith('-doubled')) copies = 2;
      else if (fault.name === 'urc-late') {
        this.#later(fault.ms, bytes, pass);
        return;
      } else if (fault.name !== 'hostile-length') this.#stall(fault.ms);
    }
    const from = this.counts.bytesIn;
    for (const fault of this.#due('bytesIn', bytes.length)) {
      const at = fault.at - from;
      if (bytes !== saying.bytes || !this.#begin(fault, way => isSafeIn(way, saying, at))) continue;
      const way = placeOf(fault.name)?.way;
      if (way === 'late' || way === 'closed' || way === 'urc') {
        this.#flow(() => pass(bytes.subarray(0, at)));
        if (way === 'late') this.#stall(fault.ms);
        if (way === 'urc') this.#flow(() => pass(Buffer.from(`\r\n${this.#falseUrc(fault)}\r\n`, 'latin1')));
        if (way === 'closed') this.#vanish(AWAY_MS);
        else this.#flow(() => pass(bytes.subarray(at)));
        return;
      }
      bytes = damaged(way, bytes, at, at + 1);
    }
    for (let copy = 0; copy < copies; copy++) this.#flow(() => pass(bytes));
  }

  /** Faults that do not change the saying at which they strike. */
  #strike(fault: Fault, pass: (bytes: Buffer) => void): void {
    const { dialect } = this.#schedule;
    const say = (text: string): void => this.#flow(() => pass(Buffer.from(text, 'latin1')));
    this.#note(fault, LASTING.includes(fault.name) ? fault.ms : 0);
    switch (fault.name) {
      case 'urc-false':
        say(falseUrc(dialect, this.grammar.lastId, fault.choice));
        break;
      case 'urc-damaged':
        say(falseUrc(dialect, this.grammar.lastId, fault.choice).slice(3 + (fault.choice % 6)));
        break;
      case 'urc-flood':
        say(floodUrcs(dialect, this.grammar.lastId));
        break;
      case 'stall':
        this.#stall(fault.ms);
        break;
      case 'modem-slow':
        this.#slowUntil = this.#time.now + fault.ms;
        break;
      case 'coverage-lost':
      case 'context-lost':
        setImmediate(() =>
          setTimeout(
            startOutage(this.#sim, fault.name === 'coverage-lost' ? 'coverage' : 'context'),
            fault.ms,
          ),
        );
        break;
      case 'reboot-loud':
      case 'reboot-silent':
        setImmediate(() => this.#reboot(fault.name === 'reboot-silent'));
        break;
      default:
        this.#vanish(fault.ms);
    }
  }

  #reboot(silent: boolean): void {
    this.#hidesBoot = silent;
    this.#sim.restart();
    this.grammar.rebooted();
    this.#hidesBoot = false;
  }

  #vanish(ms: number): void {
    this.#vanishedUntil = this.#time.now + ms;
    const stream = this.#stream;
    setImmediate(() => stream?.destroy(Object.assign(new Error('the port is gone'), { code: 'ENXIO' })));
  }

  #later(ms: number, bytes: Buffer, pass: (bytes: Buffer) => void): void {
    setTimeout(() => this.#flow(() => pass(bytes)), ms);
  }

  /** The modem says nothing for a while; it hears, and answers afterwards, in order. */
  #stall(ms: number): void {
    this.#stalls++;
    setTimeout(() => {
      if (--this.#stalls > 0) return;
      for (const go of this.#waiting.splice(0)) go();
    }, ms);
  }

  #flow(go: () => void): void {
    if (this.#stalls > 0) this.#waiting.push(go);
    else go();
  }
}
