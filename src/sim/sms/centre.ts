/** The service centre of a simulated modem, and the memories where its messages end: all that outlives a restart. */
import type { SimSettings } from '../sim-options.ts';
import { pack, toSeptets } from './alphabet.ts';
import { Storage, type StorageName } from './storage.ts';
import {
  formatAddress,
  formatCentre,
  formatDeliver,
  formatReport,
  HAS_HEADER,
  parseAddress,
  readUserData,
  type Submit,
  WANTS_REPORT,
} from './tpdu.ts';

/** A message as the network got it, read by the simulator's own decoder. */
export interface SentMessage {
  readonly reference: number;
  readonly to: string;
  /** Hexadecimal where it has no characters. */
  readonly text: string;
  readonly flash: boolean;
  readonly report: boolean;
  /** The octets of the validity period, in hexadecimal; empty: none. */
  readonly validity: string;
  readonly part:
    | { readonly reference: number; readonly total: number; readonly sequence: number }
    | undefined;
  /** Behind the service centre, in hexadecimal. */
  readonly pdu: string;
}

/** What tests do to the short messages of a simulated modem, and see of them. */
export interface SimMessages {
  /** Of the modem. What it sends there comes back. */
  readonly number: string;
  /** That the network has taken. */
  readonly sent: readonly SentMessage[];
  /** That the network keeps until the modem has room for them, or is there. */
  readonly waiting: number;
  /** What the network says to the next messages: numbers of `+CMS ERROR`, each used once. */
  readonly refusals: number[];
  /** What becomes of each message that wants a report: TP-Status octets, one report for each. Delivered at once unless told. */
  fate: readonly number[];
  /** A message comes: a text from somebody, or a PDU in hexadecimal, with its service centre. */
  deliver(message: { readonly from: string; readonly text: string } | string): void;
}

/** Numbers that nobody has (555-01XX). */
const OWN_NUMBER = '+12025550100';
const CENTRE_NUMBER = '+12025550199';
const MOST_SEPTETS = 160;
const MOST_UNITS = 70;
/** The modem's own memory (EC25: 23). */
const PLACES_OF_MODEM = 23;

export class MessageCentre implements SimMessages {
  readonly number = OWN_NUMBER;
  readonly sent: SentMessage[] = [];
  readonly refusals: number[] = [];
  readonly storages: Readonly<Record<StorageName, Storage>>;
  fate: readonly number[] = [0];
  /** Takes a message, or does not: the modem that runs now. */
  modem: (pdu: Buffer) => boolean = () => false;
  serviceCentre = CENTRE_NUMBER;
  readonly #waiting: Buffer[] = [];
  #reference = 0;

  constructor(settings: SimSettings) {
    this.storages = { SM: new Storage('SM', settings.messages), ME: new Storage('ME', PLACES_OF_MODEM) };
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  deliver(message: { readonly from: string; readonly text: string } | string): void {
    if (typeof message === 'string') this.#waiting.push(Buffer.from(message, 'hex'));
    else this.#bring({ ...encode(message.text), from: formatAddress(message.from) });
    this.flush();
  }

  /** The network has it. What comes of it waits until the modem is asked by `flush()`. Gives the message reference. */
  take(submit: Submit, pdu: string): number {
    const { first, to, protocol, coding, length, data, validity } = submit;
    const reference = this.#reference++ % 256;
    const hasHeader = (first & HAS_HEADER) !== 0;
    const report = (first & WANTS_REPORT) !== 0;
    this.sent.push({
      ...readUserData(coding, length, data, hasHeader),
      reference,
      to: parseAddress(to),
      flash: coding < 0x80 && (coding & 0x13) === 0x10,
      report,
      validity: validity.toString('hex'),
      pdu,
    });
    if (parseAddress(to) === this.number)
      this.#bring({ from: to, protocol, coding, length, data, hasHeader });
    if (report)
      for (const status of this.fate) this.#forward(formatReport(reference, to, status, new Date()));
    return reference;
  }

  /** The modem has room again, or is there again. */
  flush(): void {
    for (let [next] = this.#waiting; next && this.modem(next); [next] = this.#waiting) this.#waiting.shift();
  }

  #bring(message: Parameters<typeof formatDeliver>[0]): void {
    this.#forward(formatDeliver(message, new Date()));
  }

  #forward(tpdu: Buffer): void {
    this.#waiting.push(Buffer.concat([formatCentre(CENTRE_NUMBER), tpdu]));
  }
}

function encode(
  text: string,
): Pick<Submit, 'protocol' | 'coding' | 'length' | 'data'> & { hasHeader: false } {
  const septets = toSeptets(text);
  const fits = septets ? septets.length <= MOST_SEPTETS : text.length <= MOST_UNITS;
  if (!fits) throw new RangeError('this text does not fit into one short message');
  const data = septets ? pack(septets) : Buffer.from(text, 'utf16le').swap16();
  const length = septets?.length ?? data.length;
  return { protocol: 0, coding: septets ? 0 : 8, length, data, hasHeader: false };
}
