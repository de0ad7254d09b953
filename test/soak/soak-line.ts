/** The line of a soak: in real time, one thing goes wrong on it whenever it is told so. */
import type { SimModem } from '../../src/sim/index.ts';
import type { Saying, SayingKind } from '../../src/sim/saying.ts';
import type { ByteStream, Transport } from '../../src/transport/transport.ts';

/** What the next saying of a kind suffers. */
const OF_A_SAYING = {
  'answer-lost': 'result',
  'data-byte-lost': 'data',
  'prompt-lost': 'prompt',
  'urc-lost': 'urc',
  'urc-doubled': 'urc',
} as const satisfies Record<string, SayingKind>;

type SayingFault = keyof typeof OF_A_SAYING;

export const SOAK_FAULTS = [
  ...(Object.keys(OF_A_SAYING) as SayingFault[]),
  'stall',
  'restart',
  'port-vanishes',
] as const;

export type SoakFault = (typeof SOAK_FAULTS)[number];

/** Longer than the time-out of most commands: what was held back comes late. */
const STALL_MS = 12_000;

export class SoakLine {
  readonly transport: Transport;
  readonly #sim: SimModem;
  #due: SayingFault | undefined;
  #held: (() => void)[] | undefined;
  #stallTimer: NodeJS.Timeout | undefined;
  #stream: ByteStream | undefined;

  constructor(sim: SimModem) {
    this.#sim = sim;
    sim.mouth = (saying, pass) => this.#said(saying, pass);
    this.transport = {
      name: sim.transport.name,
      open: async signal => {
        this.#stream = await sim.transport.open(signal);
        return this.#stream;
      },
    };
  }

  strike(fault: SoakFault): void {
    if (fault === 'stall') this.#stall();
    else if (fault === 'restart') this.#sim.restart();
    else if (fault === 'port-vanishes') this.#stream?.destroy(new Error('the port is gone'));
    else this.#due = fault;
  }

  /** What has not struck yet will not, and what is held back is said. */
  heal(): void {
    this.#due = undefined;
    this.#goOn();
  }

  #said(saying: Saying, pass: (bytes: Buffer) => void): void {
    const say = (bytes: Buffer): void => {
      if (this.#held) this.#held.push(() => pass(bytes));
      else pass(bytes);
    };
    const fault = this.#due;
    if (!fault || OF_A_SAYING[fault] !== saying.kind) {
      say(saying.bytes);
      return;
    }
    this.#due = undefined;
    if (fault === 'data-byte-lost') say(withoutOne(saying.bytes));
    if (fault === 'urc-doubled') for (let time = 0; time < 2; time++) say(saying.bytes);
  }

  #stall(): void {
    this.#held ??= [];
    clearTimeout(this.#stallTimer);
    this.#stallTimer = setTimeout(() => this.#goOn(), STALL_MS);
  }

  #goOn(): void {
    clearTimeout(this.#stallTimer);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const go of held) go();
  }
}

/** The last one is payload, or the header has lost its end. */
const withoutOne = (bytes: Buffer): Buffer => bytes.subarray(0, -1);
