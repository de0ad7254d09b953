/** Raw bytes to a simulated modem and exact bytes back, every wait with a deadline. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect } from 'vitest';
import { createSim, type SimModem, type SimOptions } from '../../src/sim/index.ts';

const DEADLINE_MS = 5000;
export const OK = '\r\nOK\r\n';

/** Fails instead of waiting for ever. */
export async function within<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export class Terminal {
  readonly stream: Duplex;
  #heard = '';
  #wake: () => void = () => {};

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('error', () => {});
    stream.on('data', (bytes: Buffer) => {
      this.#heard += bytes.toString('latin1');
      this.#wake();
    });
  }

  write(text: string): void {
    this.stream.write(Buffer.from(text, 'latin1'));
  }

  /** The next bytes are exactly these. */
  async expect(text: string): Promise<void> {
    await this.#until(
      JSON.stringify(text),
      () => this.#heard.length >= text.length || !text.startsWith(this.#heard),
    );
    expect(this.#heard.slice(0, text.length)).toBe(text);
    this.#heard = this.#heard.slice(text.length);
  }

  /** Everything up to and including what matches. */
  async match(pattern: RegExp): Promise<RegExpExecArray> {
    await this.#until(String(pattern), () => pattern.test(this.#heard));
    const found = pattern.exec(this.#heard);
    if (!found) throw new Error('unreachable');
    this.#heard = this.#heard.slice(found.index + found[0].length);
    return found;
  }

  /** The next bytes, this many, whatever they are. */
  async take(length: number): Promise<Buffer> {
    await this.#until(`${length} bytes`, () => this.#heard.length >= length);
    const taken = this.#heard.slice(0, length);
    this.#heard = this.#heard.slice(length);
    return Buffer.from(taken, 'latin1');
  }

  /** A command line with a lone CR, and all that comes back for it. */
  async command(line: string, reply: string): Promise<void> {
    this.write(`${line}\r`);
    await this.expect(reply);
  }

  /** Whatever the modem had to say has been expected already. */
  async quiet(): Promise<void> {
    await this.command('AT', OK);
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    const deadline = performance.now() + DEADLINE_MS;
    while (!condition()) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`expected ${what}, heard ${JSON.stringify(this.#heard)}`);
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** A modem and a terminal on it, with the echo off and errors as numbers. */
export async function openTerminal(options: SimOptions = {}): Promise<{ sim: SimModem; at: Terminal }> {
  const sim = createSim(options);
  const at = new Terminal(await sim.transport.open());
  at.write('ATE0+CMEE=1\r');
  await at.match(/OK\r\n/);
  return { sim, at };
}

/** An information line as it goes over the line. */
export const line = (text: string): string => `\r\n${text}\r\n`;
export const error = (number: number): string => line(`+CME ERROR: ${number}`);

/** A real socket on this machine that keeps what it hears. */
export class Peer {
  readonly socket: Socket;
  readonly heard: { data: Buffer; from: RemoteInfo }[] = [];
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('message', (data, from) => {
      this.heard.push({ data, from });
      this.#wake();
    });
  }

  static async open(address: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<Peer> {
    const socket = createSocket(address === '::1' ? 'udp6' : 'udp4');
    socket.bind(0, address);
    await within('bind', once(socket, 'listening'));
    return new Peer(socket);
  }

  get port(): number {
    return (this.socket.address() as AddressInfo).port;
  }

  async next(): Promise<{ text: string; from: RemoteInfo }> {
    if (this.heard.length === 0)
      await within('a datagram', new Promise<void>(resolve => (this.#wake = resolve)));
    const { data, from } = this.heard.shift() ?? { data: Buffer.alloc(0), from: { port: 0 } as RemoteInfo };
    return { text: data.toString('latin1'), from };
  }

  send(text: string, port: number): void {
    this.socket.send(Buffer.from(text, 'latin1'), port, this.socket.address().address);
  }
}
