/** A Sequans modem that answers as the facts say, until the test has another answer: for what no simulator does on demand. */
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import { AtChannel } from '../../../../src/at/channel.ts';
import { SequansDriver } from '../../../../src/dialects/sequans/driver.ts';
import type { Endpoint, PortEvents, UdpPort } from '../../../../src/driver/port.ts';
import { createMemoryPair } from '../../../../src/transport/memory.ts';

/** Lines to say, or what to do instead; undefined: the usual answer. */
type Answer = (line: string) => readonly string[] | undefined;

const IDS = [1, 2, 3, 4, 5, 6];
const OK = ['OK'];

export class PlayedModem {
  /** Every command line, in the order written. */
  readonly heard: string[] = [];
  /** Payloads by the id and peer that they would have gone to. */
  readonly sent: { readonly id: number; readonly peer: string; readonly text: string }[] = [];
  /** Tried before the usual answers, the newest first. */
  readonly answers: Answer[] = [];
  /** Open connections: id → the peer it was dialled to. */
  readonly open = new Map<number, string>();
  readonly #stream: Duplex;
  #pending = '';
  #payload: { readonly id: number; readonly peer: string; readonly bytes: number } | undefined;

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

  hangUp(): void {
    this.#stream.destroy();
  }

  /** Answers lines that begin like this in another way: once, or as long as `answer` gives lines. */
  on(start: string, answer: Answer | readonly string[]): void {
    const given: Answer = line => {
      if (!line.startsWith(start)) return undefined;
      if (typeof answer === 'function') return answer(line);
      this.answers.splice(this.answers.indexOf(given), 1);
      return answer;
    };
    this.answers.unshift(given);
  }

  /** Gives these to the reads of an id, one each. @param from what the header says of the sender */
  give(id: number, texts: readonly string[], from = ''): void {
    const left = [...texts];
    this.on(`+SQNSRECV=${id}`, () => {
      const text = left.shift();
      if (text === undefined) return undefined;
      this.raw(`\r\n+SQNSRECV: ${id},${text.length}${from}\r\n${text}\r\n`);
      return OK;
    });
  }

  count(start: string): number {
    return this.heard.filter(line => line.startsWith(start)).length;
  }

  #next(): boolean {
    if (this.#payload) {
      const { bytes, ...to } = this.#payload;
      if (this.#pending.length < bytes) return false;
      this.sent.push({ ...to, text: this.#pending.slice(0, bytes) });
      this.#pending = this.#pending.slice(bytes);
      this.#payload = undefined;
      this.say('OK');
      return true;
    }
    const end = this.#pending.indexOf('\r');
    if (end < 0) return false;
    const line = this.#pending.slice(0, end).replace(/^\x1b*AT/, '');
    this.#pending = this.#pending.slice(end + 1);
    this.heard.push(line);
    for (const answer of [...this.answers]) {
      const lines = answer(line);
      if (lines) {
        this.say(...lines);
        return true;
      }
    }
    this.say(...this.#usual(line));
    return true;
  }

  #usual(line: string): readonly string[] {
    const [name = ''] = /^\+?\w+\??/.exec(line) ?? [];
    const [id = 0, ...rest] = line
      .slice(line.indexOf('=') + 1)
      .split(',')
      .map(part => Number(part) || 0);
    const peer = /"([^"]*)"/.exec(line)?.[1] ?? '';
    switch (name) {
      case '+CFUN?':
        return ['+CFUN: 1', 'OK'];
      case '+CPIN?':
        return ['+CPIN: READY', 'OK'];
      case '+CEREG?':
        return ['+CEREG: 1,1', 'OK'];
      case '+CGATT?':
        return ['+CGATT: 1', 'OK'];
      case '+CGACT?':
        return ['+CGACT: 1,1', 'OK'];
      case '+SQNSS':
        return [...IDS.map(one => this.#status(one)), 'OK'];
      case '+SQNSI':
        return [`+SQNSI: ${id},0,0,0,0`, 'OK'];
      case '+SQNSRECV':
        return [`+SQNSRECV: ${id},0`, 'OK'];
      case '+SQNSD':
        if (this.open.has(id)) return ['+CME ERROR: 4'];
        this.open.set(id, `${peer}:${rest[1]}`);
        return OK;
      case '+SQNSLUDP':
        if (this.open.has(id)) return ['+CME ERROR: 4'];
        this.open.set(id, '');
        return OK;
      case '+SQNSH':
        this.open.delete(id);
        return OK;
      case '+SQNSSENDEXT':
        return this.#prompt(id, rest[0] ?? 0);
      case 'S10?':
        return ['000', /=(\d+)S10\?$/.exec(line)?.[1] ?? '', 'OK'].slice(line.endsWith('?') ? 0 : 2);
      default:
        return OK;
    }
  }

  #prompt(id: number, bytes: number): readonly string[] {
    const peer = this.open.get(id);
    if (peer === undefined) return ['+CME ERROR: 4'];
    this.#payload = { id, peer, bytes };
    this.raw('\r\n> ');
    return [];
  }

  #status(id: number): string {
    const peer = this.open.get(id);
    if (peer === undefined) return `+SQNSS: ${id},0`;
    const [address = '', port = '0'] = peer.split(':');
    return `+SQNSS: ${id},2,"10.0.0.1",4000,"${address || '0.0.0.0'}",${port}`;
  }
}

export interface Played {
  readonly modem: PlayedModem;
  readonly driver: SequansDriver;
  readonly at: AtChannel;
}

/** @param generation which firmware the identity tells of */
export async function playModem(
  generation: 1 | 2,
  options: { readonly encoding?: 'hex' } = {},
): Promise<Played> {
  const [near, far] = createMemoryPair();
  const modem = new PlayedModem(far);
  const at = new AtChannel(near, { timeoutMs: 200, fenceTimeoutMs: 200 });
  onTestFinished(() => at.close());
  const identity = { manufacturer: 'Sequans', model: '', revision: generation === 1 ? 'LR5.2' : 'LR8.2' };
  const driver = new SequansDriver(at, { cid: 1, encoding: options.encoding ?? 'auto' }, identity);
  await driver.start();
  modem.heard.length = 0;
  return { modem, driver, at };
}

/** What the owner of a port was told. */
export class Owner implements PortEvents {
  port: UdpPort | undefined;
  /** What was told before `openUdp` had returned. */
  early = 0;
  rings = 0;
  readonly lost: (Error | undefined)[] = [];
  #news = false;
  #wake = (): void => {};

  readable(): void {
    this.rings++;
    this.#tell();
  }

  closed(error?: Error): void {
    this.lost.push(error);
    this.#tell();
  }

  /** Resolves when something was told since the last time. */
  told(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the owner was told nothing')), 5_000);
      this.#wake = () => {
        if (!this.#news) return;
        this.#news = false;
        this.#wake = (): void => {};
        clearTimeout(timer);
        resolve();
      };
      this.#wake();
    });
  }

  /** The texts of everything that waits. */
  async receiveAll(): Promise<string[]> {
    const texts: string[] = [];
    for (let next = await this.port?.receive(); next; next = await this.port?.receive())
      texts.push(next.data.toString());
    return texts;
  }

  #tell(): void {
    if (!this.port) this.early++;
    this.#news = true;
    this.#wake();
  }
}

export const peer = (last: number, port = 7): Endpoint => ({ address: `192.0.2.${last}`, port, family: 4 });

export async function openUdp(
  driver: SequansDriver,
  remote?: Endpoint,
  port = 0,
): Promise<Owner & { port: UdpPort }> {
  const owner = new Owner();
  owner.port = await driver.openUdp({ family: 4, port, ...(remote && { remote }) }, owner);
  return owner as Owner & { port: UdpPort };
}
