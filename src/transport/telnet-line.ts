/** The client's end of a telnet connection that carries bytes of eight bits: the ground of `telnet://` and `rfc2217://`. */
import { TelnetOptions } from '../telnet/options.ts';
import { TelnetParser } from '../telnet/parser.ts';
import { doubleIac, formatVerb, OPTION, type Verb } from '../telnet/protocol.ts';
import type { RelayHooks } from './relay-stream.ts';
import type { ByteStream } from './transport.ts';

/** RFC 856: eight bits, and nothing is done to the ends of lines. */
const BINARY = 0;
const BOTH_SIDES = [BINARY, OPTION.suppressGoAhead];

export interface TelnetLineEvents {
  /** An option that the server has spoken of. */
  option(option: number): void;
  subnegotiation(option: number, content: Buffer): void;
}

export class TelnetLine implements RelayHooks {
  readonly options: TelnetOptions;
  readonly #parser: TelnetParser;
  readonly #data: Buffer[] = [];

  /** Asks at once for eight bits both ways, and for what else is to be ours. */
  constructor(inner: ByteStream, ours: readonly number[] = [], events?: TelnetLineEvents) {
    const send = (verb: Verb, option: number): void => void inner.write(formatVerb(verb, option));
    this.options = new TelnetOptions({ ours: [...BOTH_SIDES, ...ours], theirs: BOTH_SIDES, send });
    this.#parser = new TelnetParser({
      data: bytes => void this.#data.push(bytes),
      option: (verb, option) => {
        this.options.receive(verb, option);
        events?.option(option);
      },
      subnegotiation: (option, content) => events?.subnegotiation(option, content),
    });
    for (const option of [...ours, ...BOTH_SIDES]) this.options.ask('ours', option);
    for (const option of BOTH_SIDES) this.options.ask('theirs', option);
  }

  sent(chunk: Buffer): readonly Buffer[] {
    return [doubleIac(chunk)];
  }

  received(chunk: Buffer): readonly Buffer[] {
    this.#parser.feed(chunk);
    return this.#data.splice(0);
  }
}
