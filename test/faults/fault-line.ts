/** The line between driver and simulator that makes the faults of a schedule, each once, at its place. */
import type { SimModem } from '../../src/sim/index.ts';
import type { Saying } from '../../src/sim/saying.ts';
import { relayed } from '../../src/transport/relay-stream.ts';
import type { ByteStream, Transport } from '../../src/transport/transport.ts';
import { type Counter, FAULTS, type Fault, type FaultName, type Schedule } from './fault.ts';
import { falseUrc, floodUrcs, hostileLength, isSafeIn, isSafeOut } from './forms.ts';
import { HostGrammar } from './host-grammar.ts';
import type { VirtualTime } from './virtual-time.ts';

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
  readonly #counts: Record<Counter, number> = {
    bytesIn: 0,
    bytesOut: 0,
    results: 0,
    infos: 0,
    data: 0,
    prompts: 0,
    urcs: 0,
    sayings: 0,
  };
  #pending: Fault[] = [];
  /** What waits behind something late, in order. */
  readonly #waiting: (() => void)[] = [];
  #stalls = 0;
  #stream: ByteStream | undefined;
  #vanishedUntil = 0;
  #slowUntil = 0;
  #hidesBoot = false;

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
      received: chunk => {
        time.touch();
        return [chunk];
      },
    }))({ name: sim.transport.name, open: signal => this.#open(signal) });
  }

  /** From now on things are counted. */
  arm(): void {
    this.#pending = [...this.#schedule.faults];
  }

  /** No more faults; those that take time go on to their end. */
  heal(): void {
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
    const from = this.#counts[counter];
    this.#counts[counter] += steps;
    const isDue = ({ name, at }: Fault): boolean =>
      FAULTS[name] === counter && at >= from && at < from + steps;
    const due = this.#pending.filter(isDue);
    if (due.length > 0) this.#pending = this.#pending.filter(fault => !due.includes(fault));
    return due;
  }

  #note({ name }: Fault, lastsMs = 0): void {
    this.made.push(name);
    this.#trace?.(`${this.#time.now.toFixed()} ## ${name}`);
    this.lastAt = Math.max(this.lastAt, this.#time.now + lastsMs);
  }

  #sent(chunk: Buffer): Buffer[] {
    this.#time.touch();
    const payload = this.grammar.written(chunk);
    let bytes = chunk;
    const from = this.#counts.bytesOut;
    for (const fault of this.#due('bytesOut', chunk.length)) {
      const at = fault.at - from;
      // A changed payload cannot be seen by anybody, nor can a changed number (docs/reliability.md, limits).
      if (payload || bytes !== chunk || !isSafeOut(fault.name, chunk, at)) continue;
      bytes = damaged(fault.name, chunk, at);
      this.#note(fault);
    }
    return [bytes];
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
      this.#note(fault, fault.name.endsWith('-late') ? fault.ms : 0);
      if (fault.name.endsWith('-lost')) copies = 0;
      else if (fault.name.endsWith('-doubled')) copies = 2;
      else if (fault.name === 'hostile-length') bytes = hostileLength(bytes, fault.choice);
      else if (fault.name === 'urc-late') {
        this.#later(fault.ms, bytes, pass);
        return;
      } else this.#stall(fault.ms);
    }
    const from = this.#counts.bytesIn;
    for (const fault of this.#due('bytesIn', bytes.length)) {
      const at = fault.at - from;
      if (at >= bytes.length || bytes !== saying.bytes) continue;
      if (!isSafeIn(fault.name, saying, at)) continue;
      bytes = damaged(fault.name, bytes, at);
      this.#note(fault);
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
          setTimeout(this.#sim.outage(fault.name === 'coverage-lost' ? 'coverage' : 'context'), fault.ms),
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

function damaged(name: FaultName, bytes: Buffer, at: number): Buffer {
  const [before, byte, after] = [bytes.subarray(0, at), bytes.subarray(at, at + 1), bytes.subarray(at + 1)];
  if (name.startsWith('byte-lost')) return Buffer.concat([before, after]);
  if (name.startsWith('byte-doubled')) return Buffer.concat([before, byte, byte, after]);
  // The highest bit: what a framing error usually leaves.
  return Buffer.concat([before, Buffer.of((byte[0] ?? 0) ^ 0x80), after]);
}
