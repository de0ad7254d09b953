/** The client's side of RFC 2217: the speed and the wires of a far serial port, beside its bytes in a telnet connection. */
import { EventEmitter, once } from 'node:events';
import { doubleIac, IAC, SUBNEGOTIATION } from '../telnet/protocol.ts';
import { type Deferred, deferred } from '../util/deferred.ts';
import { codedError } from './open-error.ts';
import type { RelayHooks } from './relay-stream.ts';
import { TelnetLine } from './telnet-line.ts';
import type { ByteStream, LineControl } from './transport.ts';

const COM_PORT = 44;

/** Commands of COM-PORT-OPTION, as the client sends them (RFC 2217 section 3). */
const SET = { baudRate: 1, dataSize: 2, parity: 3, stopSize: 4, control: 5, purge: 12 } as const;
/** The server answers with the value that counts now, under the number of the command and this. */
const ANSWER = 100;
const SUSPEND = 108;
const RESUME = 109;

const PARITY_NONE = 1;
const CONTROL = { noFlow: 1, hardwareFlow: 3, dtrOn: 8, dtrOff: 9, rtsOn: 11, rtsOff: 12 } as const;
const PURGE_BOTH = 3;

const ANSWER_MS = 5_000;

export interface ComPortSettings {
  readonly baud: number;
  readonly flow: 'hardware' | 'none';
}

export class ComPort implements RelayHooks {
  readonly lineControl: LineControl;
  readonly #name: string;
  readonly #inner: ByteStream;
  readonly #telnet: TelnetLine;
  readonly #answers = new EventEmitter();
  readonly #over = new AbortController();
  /** Held while the server's port can take no more. */
  #suspended: Deferred<void> | undefined;
  #baudRate = 0;

  constructor(name: string, inner: ByteStream) {
    this.#name = name;
    this.#inner = inner;
    this.#telnet = new TelnetLine(inner, [COM_PORT], {
      option: option => void this.#answers.emit(`option ${option}`),
      subnegotiation: (option, content) => {
        if (option === COM_PORT) this.#heard(content);
      },
    });
    this.lineControl = this.#createLineControl();
  }

  /** 8N1 at this speed, and nothing left of what was said before. @throws Error, with a code, if the server does not agree */
  async start({ baud, flow }: ComPortSettings, signal?: AbortSignal): Promise<void> {
    await this.#next(`option ${COM_PORT}`, signal);
    if (!this.#telnet.options.isOn('ours', COM_PORT))
      throw codedError('EPROTONOSUPPORT', `${this.#name} does not speak RFC 2217; use telnet:// or tcp://`);
    await this.#setBaudRate(baud, signal);
    await this.#set(SET.dataSize, 8, signal);
    await this.#set(SET.parity, PARITY_NONE, signal);
    await this.#set(SET.stopSize, 1, signal);
    await this.#set(SET.control, flow === 'hardware' ? CONTROL.hardwareFlow : CONTROL.noFlow, signal);
    await this.#set(SET.purge, PURGE_BOTH, signal);
  }

  async *sent(chunk: Buffer): AsyncGenerator<Buffer> {
    await this.#suspended?.promise;
    yield* this.#telnet.sent(chunk);
  }

  received(chunk: Buffer): readonly Buffer[] {
    return this.#telnet.received(chunk);
  }

  closed(): void {
    this.#resume();
    this.#over.abort();
  }

  #createLineControl(): LineControl {
    const baudRate = (): number => this.#baudRate;
    return {
      get baudRate() {
        return baudRate();
      },
      setBaudRate: bitsPerSecond => this.#setBaudRate(bitsPerSecond),
      setSignals: async ({ dtr, rts }) => {
        if (dtr !== undefined) await this.#set(SET.control, dtr ? CONTROL.dtrOn : CONTROL.dtrOff);
        if (rts !== undefined) await this.#set(SET.control, rts ? CONTROL.rtsOn : CONTROL.rtsOff);
      },
    };
  }

  async #setBaudRate(bitsPerSecond: number, signal?: AbortSignal): Promise<void> {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(bitsPerSecond);
    const answer = await this.#ask(SET.baudRate, value, signal);
    this.#baudRate = answer.length === value.length ? answer.readUInt32BE() : 0;
    if (this.#baudRate !== bitsPerSecond)
      throw codedError('EINVAL', `${this.#name} cannot run at ${bitsPerSecond} bits per second`);
  }

  async #set(command: number, value: number, signal?: AbortSignal): Promise<void> {
    await this.#ask(command, Buffer.of(value), signal);
  }

  async #ask(command: number, value: Buffer, signal?: AbortSignal): Promise<Buffer> {
    const answer = this.#next(`answer ${command + ANSWER}`, signal);
    const begin = Buffer.of(IAC, SUBNEGOTIATION.begin, COM_PORT, command);
    this.#inner.write(Buffer.concat([begin, doubleIac(value), Buffer.of(IAC, SUBNEGOTIATION.end)]));
    const [answered] = await answer;
    return answered as Buffer;
  }

  async #next(event: string, signal?: AbortSignal): Promise<unknown[]> {
    const late = AbortSignal.timeout(ANSWER_MS);
    const signals = [this.#over.signal, late, ...(signal ? [signal] : [])];
    try {
      return await once(this.#answers, event, { signal: AbortSignal.any(signals) });
    } catch (error) {
      if (late.aborted)
        throw codedError('ETIMEDOUT', `${this.#name} does not answer as RFC 2217 demands`, error);
      throw codedError('ECONNRESET', `${this.#name} hung up`, error);
    }
  }

  #heard(content: Buffer): void {
    const [command] = content;
    if (command === SUSPEND) this.#suspended ??= deferred();
    else if (command === RESUME) this.#resume();
    else this.#answers.emit(`answer ${command}`, content.subarray(1));
  }

  #resume(): void {
    this.#suspended?.resolve();
    this.#suspended = undefined;
  }
}
