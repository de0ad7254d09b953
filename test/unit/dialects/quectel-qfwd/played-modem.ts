/** A Quectel module that answers as the facts say, until the test has another answer: for what no simulator does on demand. */
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import { AtChannel } from '../../../../src/at/channel.ts';
import type { DriverOptions } from '../../../../src/dialects/dialect.ts';
import { QfwdDriver } from '../../../../src/dialects/quectel-qfwd/driver.ts';
import type { Endpoint, PortEvents } from '../../../../src/driver/port.ts';
import { createMemoryPair } from '../../../../src/transport/memory.ts';

/** Lines to say, or what to do instead; undefined: the usual answer. */
type Answer = (line: string) => readonly string[] | undefined;

const OK = ['OK'];

const NETWORK: Readonly<Record<string, readonly string[]>> = {
  '+CFUN?': ['+CFUN: 1'],
  '+CPIN?': ['+CPIN: READY'],
  '+CEREG?': ['+CEREG: 1,1'],
  '+CGATT?': ['+CGATT: 1'],
  '+CGACT?': ['+CGACT: 1,1'],
  '+CGPADDR=1': ['+CGPADDR: 1,"10.0.0.1"'],
  '+CGDCONT?': ['+CGDCONT: 1,"IP","iot.example"'],
};

interface Payload {
  readonly id: number;
  /** undefined: hex digits up to Ctrl+Z. */
  readonly bytes: number | undefined;
}

export class PlayedModem {
  /** Every command line, in the order written. */
  readonly heard: string[] = [];
  /** Payloads, by the id they went to. */
  readonly sent: { readonly id: number; readonly text: string; readonly hex: boolean }[] = [];
  /** What waits to be read. */
  readonly waiting = new Map<number, string[]>();
  /** Open clients and accepted sockets → their line in the table. */
  readonly clients = new Map<number, string>();
  readonly servers = new Set<number>();
  /** The last payload, as text. */
  lastInput = '';
  /** How many bytes a send takes; undefined: the input counts as cancelled. */
  take = (bytes: number): number | undefined => bytes;
  /** The next Ctrl+Z gets lost on the line. */
  loseEnd = false;
  readonly #answers: Answer[] = [];
  readonly #stream: Duplex;
  #pending = '';
  #payload: Payload | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      this.#pending += chunk.toString('latin1');
      while (this.#next());
    });
  }

  say(...lines: string[]): void {
    this.raw(lines.map(line => `\r\n${line}\r\n`).join(''));
  }

  raw(text: string): void {
    this.#stream.write(text, 'latin1');
  }

  /** Answers lines that begin like this in another way, as long as `answer` gives lines. */
  on(start: string, answer: Answer): void {
    this.#answers.unshift(line => (line.startsWith(start) ? answer(line) : undefined));
  }

  /** The same for the next such line only. */
  once(start: string, answer: Answer | readonly string[]): void {
    let done = false;
    this.on(start, line => {
      if (done) return undefined;
      done = true;
      return typeof answer === 'function' ? answer(line) : answer;
    });
  }

  /** A caller, with what it says. */
  call(server: number, id: number, address: string, ...texts: string[]): void {
    this.clients.set(id, `${id},"Income","tcp","${address}",4000,"0.0.0.0",2020,"usbat"`);
    this.waiting.set(id, texts);
    this.say(`+QFWDURC: "client/incoming",${server},${id},"${address}",4000,"0.0.0.0",2020`);
  }

  count(start: string): number {
    return this.heard.filter(line => line.startsWith(start)).length;
  }

  #next(): boolean {
    if (this.#payload) return this.#takePayload(this.#payload);
    const end = this.#pending.indexOf('\r');
    if (end < 0) return false;
    const line = this.#pending.slice(0, end).replace(/^\x1b*AT/, '');
    this.#pending = this.#pending.slice(end + 1);
    this.heard.push(line);
    for (const answer of [...this.#answers]) {
      const lines = answer(line);
      if (!lines) continue;
      this.say(...lines);
      return true;
    }
    this.say(...this.#usual(line));
    return true;
  }

  #takePayload({ id, bytes }: Payload): boolean {
    if (bytes === undefined) {
      if (this.loseEnd && this.#pending.includes('\x1a')) {
        this.#pending = this.#pending.replace('\x1a', '');
        this.loseEnd = false;
      }
      const cancelled = this.#pending.indexOf('\x1b');
      if (cancelled >= 0) {
        this.#pending = this.#pending.slice(cancelled + 1);
        this.#payload = undefined;
        this.say('OK');
        return true;
      }
    }
    const end = bytes ?? this.#pending.indexOf('\x1a');
    if (end < 0 || this.#pending.length < end) return false;
    const input = this.#pending.slice(0, end);
    const text = bytes === undefined ? Buffer.from(input, 'hex').toString('latin1') : input;
    this.#pending = this.#pending.slice(bytes === undefined ? end + 1 : end);
    this.#payload = undefined;
    this.lastInput = text;
    const taken = this.take(text.length);
    if (taken !== undefined) this.sent.push({ id, text: text.slice(0, taken), hex: bytes === undefined });
    this.say(...(taken === undefined ? [] : [`+QFWDSEND: ${id},${taken}`]), 'OK');
    return true;
  }

  #usual(line: string): readonly string[] {
    const [name = ''] = /^\+?\w+\??/.exec(line) ?? [];
    const values = line.slice(line.indexOf('=') + 1).split(',');
    const [first = 0, second = 0] = values.map(Number);
    const network = NETWORK[line];
    if (network) return [...network, 'OK'];
    if (line.endsWith('=?')) return OK;
    switch (name) {
      case '+QFWDCLIENT?':
        return [...[...this.clients.values()].map(client => `+QFWDCLIENT: ${client}`), 'OK'];
      case '+QFWDSEVER?':
        return [...[...this.servers].map(id => `+QFWDSEVER: ${id},"tcp",2020,"usbat"`), 'OK'];
      case '+QFWDCLIENT':
        this.clients.set(second, `${second},"Active","tcp","192.0.2.1",7,"10.0.0.1",5000,"usbat"`);
        return ['OK', `+QFWDURC: "client/open",${second},0`];
      case '+QFWDSEVER':
        this.servers.add(second);
        return ['OK', `+QFWDURC: "server/open",${second},0`];
      case '+QFWDSTATE':
        return OK;
      case '+QFWDSEND':
        this.#payload = { id: first, bytes: values.length > 2 ? Number(values[2]) : undefined };
        this.raw('\r\n> ');
        return [];
      case '+QFWDACK':
        return this.clients.has(first) ? [`+QFWDACK: ${first},0,10240,10240,0,10240,10240`, 'OK'] : ['ERROR'];
      case '+QFWDRECV':
        return this.#read(first);
      case '+QFWDCLOSE':
        return this.servers.delete(first) || this.clients.delete(first) ? OK : ['ERROR'];
      case 'S10?':
        return ['000', /=(\d+)S10\?$/.exec(line)?.[1] ?? '', 'OK'].slice(line.endsWith('?') ? 0 : 2);
      default:
        return OK;
    }
  }

  #read(id: number): readonly string[] {
    const text = this.waiting.get(id)?.shift();
    if (text === undefined) return this.clients.has(id) ? [`+QFWDRECV: ${id},0`, 'OK'] : ['ERROR'];
    this.raw(`\r\n+QFWDRECV: ${id},${text.length}\r\n${text}\r\n`);
    return OK;
  }
}

export interface Played {
  readonly modem: PlayedModem;
  readonly driver: QfwdDriver;
  readonly at: AtChannel;
}

export const IDENTITY = { manufacturer: 'Quectel', model: 'EC25', revision: 'EC25EFAR06A06M4G' };

/** What the usual answers of the played modem amount to. */
export const RECORD: Readonly<Record<string, string>> = {
  firmware: IDENTITY.revision,
  server: '+QFWDSEVER',
  state: '+QFWDSTATE',
  close: '+QFWDCLOSE',
  read: '+QFWDRECV',
  cid: 'given',
  serverForm: 'cid IP tcp idle port',
  clientForm: 'cid IP tcp port',
  urcPort: 'usbat',
  payload: 'binary',
};

/** A started driver; with a record of capabilities unless the test wants it otherwise. */
export async function playModem(
  options: Partial<DriverOptions> = {},
  prepare: (modem: PlayedModem) => void = () => {},
): Promise<Played> {
  const [near, far] = createMemoryPair();
  const modem = new PlayedModem(far);
  prepare(modem);
  const at = new AtChannel(near, { timeoutMs: 200, fenceTimeoutMs: 200 });
  onTestFinished(() => at.close());
  const driver = new QfwdDriver(at, { cid: 1, encoding: 'auto', capabilities: RECORD, ...options }, IDENTITY);
  await driver.start();
  modem.heard.length = 0;
  modem.sent.length = 0;
  return { modem, driver, at };
}

/** What the owner of a port was told. */
export class Owner implements PortEvents {
  rings = 0;
  readonly lost: (Error | undefined)[] = [];

  readable(): void {
    this.rings++;
  }

  closed(error?: Error): void {
    this.lost.push(error);
  }
}

export const peer = (last: number, port = 7): Endpoint => ({ address: `192.0.2.${last}`, port, family: 4 });
