/** For the SOCKS tests: a proxy over a simulated modem, and clients that say raw bytes to it. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Modem } from '../../src/index.ts';
import type { SimModem, SimOptions } from '../../src/sim/index.ts';
import { openSocksServer, type SocksOptions, type SocksServer } from '../../src/socks/server.ts';
import { within } from '../tools/run-cli.ts';
import { openBench } from './modems.ts';

const DEADLINE_MS = 15_000;

/** The simulator reaches nothing else. */
export const ALLOW = ['127.0.0.0/8', '::1'];

export interface Proxy {
  readonly server: SocksServer;
  readonly modem: Modem;
  readonly sim: SimModem;
}

export async function openProxy(
  simOptions: SimOptions,
  options: Partial<SocksOptions> = { allow: ALLOW },
): Promise<Proxy> {
  const { modem, sim } = await openBench(simOptions);
  const server = await openSocksServer(modem, { host: '127.0.0.1', port: 0, ...options });
  onTestFinished(() => server.close());
  return { server, modem, sim };
}

export const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

export const GREETING = hex('05 01 00');
export const GREETED = hex('05 00');

/** CONNECT to a name or an IPv4 address. */
export function connectRequest(host: string, port: number): Buffer {
  const octets = host.split('.').map(Number);
  const address = octets.some(Number.isNaN)
    ? Buffer.concat([Buffer.from([3, host.length]), Buffer.from(host, 'latin1')])
    : Buffer.from([1, ...octets]);
  return Buffer.concat([hex('05 01 00'), address, Buffer.from([port >> 8, port & 0xff])]);
}

/** A client that keeps what it hears. */
export class RawClient {
  readonly socket: Socket;
  heard: Buffer = Buffer.alloc(0);
  /** 'end' of the proxy has come, or 'close' without one. */
  readonly over: Promise<unknown>;
  #wake = (): void => {};

  constructor(port: number) {
    this.socket = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.over = Promise.race([once(this.socket, 'end'), once(this.socket, 'close')]);
    this.over.catch(() => {});
    this.socket.on('error', () => {});
    this.socket.on('close', () => this.#wake());
    this.socket.on('data', chunk => {
      this.heard = Buffer.concat([this.heard, chunk]);
      this.#wake();
    });
    onTestFinished(() => void this.socket.destroy());
  }

  say(...chunks: readonly Uint8Array[]): this {
    for (const chunk of chunks) this.socket.write(chunk);
    return this;
  }

  /** Takes so many bytes. @throws Error if the proxy closes before */
  async hear(count: number): Promise<Buffer> {
    const heard = new Promise<void>((resolve, reject) => {
      this.#wake = () => {
        if (this.heard.length >= count) resolve();
        else if (this.socket.closed) reject(new Error(`closed after ${this.heard.toString('hex')}`));
      };
      this.#wake();
    });
    await within(DEADLINE_MS, `${count} bytes`, heard);
    const taken = this.heard.subarray(0, count);
    this.heard = this.heard.subarray(count);
    return taken;
  }

  /** All that comes until the proxy ends. */
  async last(): Promise<Buffer> {
    await within(DEADLINE_MS, 'the end', this.over);
    return this.heard;
  }
}
