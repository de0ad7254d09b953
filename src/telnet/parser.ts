/** Tells data and commands apart in what a telnet peer sends, in whatever pieces it comes. */
import { IAC, SUBNEGOTIATION, VERBS, type Verb } from './protocol.ts';

export interface TelnetEvents {
  data(bytes: Buffer): void;
  option(verb: Verb, option: number): void;
  /** What was told about an option. One that is too long is left out as a whole. */
  subnegotiation(option: number, content: Buffer): void;
}

/** Of a subnegotiation, its option counted (reliability.md S6). */
const SUBNEGOTIATION_BYTES = 256;

const DATA_IAC = Buffer.from([IAC]);

const VERB_OF: ReadonlyMap<number, Verb> = new Map(
  (Object.keys(VERBS) as Verb[]).map(verb => [VERBS[verb], verb]),
);

/** The last bytes were: data; an IAC; a verb that lacks its option; part of a subnegotiation; an IAC in one. */
type State = 'data' | 'iac' | Verb | 'subnegotiation' | 'subnegotiation-iac';

export class TelnetParser {
  readonly #events: TelnetEvents;
  #state: State = 'data';
  #subnegotiation: number[] = [];

  constructor(events: TelnetEvents) {
    this.#events = events;
  }

  feed(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const state = this.#state;
      if (state === 'data') at = this.#takeData(chunk, at);
      else this.#take(state, chunk.readUInt8(at++));
    }
  }

  /** @returns where to go on */
  #takeData(chunk: Buffer, from: number): number {
    const found = chunk.indexOf(IAC, from);
    const end = found < 0 ? chunk.length : found;
    if (found >= 0) this.#state = 'iac';
    if (end > from) this.#events.data(chunk.subarray(from, end));
    return end + 1;
  }

  #take(state: Exclude<State, 'data'>, byte: number): void {
    switch (state) {
      case 'iac':
        this.#command(byte);
        break;
      case 'subnegotiation':
        if (byte === IAC) this.#state = 'subnegotiation-iac';
        else this.#keep(byte);
        break;
      case 'subnegotiation-iac':
        if (byte === IAC) this.#keep(byte);
        else if (byte === SUBNEGOTIATION.end) this.#endSubnegotiation();
        // Its end was lost: this command is the next one.
        else this.#command(byte);
        break;
      default:
        this.#state = 'data';
        this.#events.option(state, byte);
    }
  }

  /** Others than these, as BRK and IP, ask for nothing that a modem shared with others could be made to do. */
  #command(byte: number): void {
    this.#state = VERB_OF.get(byte) ?? 'data';
    if (byte === IAC) this.#events.data(DATA_IAC);
    if (byte !== SUBNEGOTIATION.begin) return;
    this.#state = 'subnegotiation';
    this.#subnegotiation = [];
  }

  #keep(byte: number): void {
    this.#state = 'subnegotiation';
    if (this.#subnegotiation.length <= SUBNEGOTIATION_BYTES) this.#subnegotiation.push(byte);
  }

  #endSubnegotiation(): void {
    this.#state = 'data';
    const [option, ...content] = this.#subnegotiation;
    if (option === undefined || content.length >= SUBNEGOTIATION_BYTES) return;
    this.#events.subnegotiation(option, Buffer.from(content));
  }
}
