/** What this firmware does in which way, of all that the manual leaves open (quectel-qfwd.md 2): learned once, kept as a record. */
import { CLIENT_FORMS, SERVER_FORMS, URC_PORTS } from './forms.ts';

/** Every question with its possible answers, the likeliest first. Nothing else gets from a record into a command. */
const CHOICES = {
  /** Names of the commands (rows 1 to 4). */
  server: ['+QFWDSEVER', '+QFWDSERVER'],
  state: ['+QFWDSTATE', '+QFWDSSSTATE'],
  close: ['+QFWDCLOSE', '+QFWDSCLOSE'],
  read: ['+QFWDRECV', '+QFWDACK'],
  /** Whether sockets can be bound to the PDP context, or only to any (3.9). */
  cid: ['given', 'any'],
  serverForm: SERVER_FORMS,
  clientForm: CLIENT_FORMS,
  /** The port of the modem whose URCs are heard here (3.8); `none`: it has to be asked for everything. */
  urcPort: [...URC_PORTS, 'none'],
  /** Whether accepted sockets have the URC port of their server. */
  acceptedPort: ['inherited', 'own'],
  /**
   * How payloads go byte-exact (3.5): `binary` fixed length, `printable` the same without the bytes that might edit
   * or end the input, `hex` for everything. Not known: as `printable`.
   */
  payload: ['binary', 'printable', 'hex'],
  /** The most bytes of one hex payload. */
  hexBytes: ['1024', '512'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Capability = keyof typeof CHOICES;
export type Choice<K extends Capability> = (typeof CHOICES)[K][number];

export class Capabilities {
  readonly #firmware: string;
  readonly #known = new Map<Capability, string>();
  readonly #first = new Map<Capability, string>();

  /**
   * @param firmware the revision of the modem
   * @param record of an earlier run; worth nothing if it is of another revision
   */
  constructor(firmware: string, record: Readonly<Record<string, string>> = {}) {
    this.#firmware = firmware;
    if (record.firmware !== firmware) return;
    for (const key of Object.keys(CHOICES) as Capability[]) {
      const value = CHOICES[key].find(choice => choice === record[key]);
      if (value !== undefined) this.#known.set(key, value);
    }
  }

  get record(): Readonly<Record<string, string>> {
    return { firmware: this.#firmware, ...Object.fromEntries(this.#known) };
  }

  /** A record was given that is of use. */
  get isKnown(): boolean {
    return this.#known.size > 0;
  }

  get<K extends Capability>(key: K): Choice<K> | undefined {
    return this.#known.get(key) as Choice<K> | undefined;
  }

  /** The one that is known, or all that may be, the likeliest first. */
  candidates<K extends Capability>(key: K): readonly Choice<K>[] {
    const known = this.get(key);
    if (known !== undefined) return [known];
    const choices: readonly Choice<K>[] = CHOICES[key];
    const first = choices.filter(choice => choice === this.#first.get(key));
    return [...first, ...choices.filter(choice => !first.includes(choice))];
  }

  learn<K extends Capability>(key: K, value: Choice<K>): void {
    this.#known.set(key, value);
  }

  /** A test command answered: likely, but only its use proves it (section 4.4). */
  prefer<K extends Capability>(key: K, value: Choice<K>): void {
    this.#first.set(key, value);
  }
}
