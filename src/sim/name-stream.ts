/** The name servers of the simulated network over TCP: a real server, since the modem's TCP connections are real ones. */
import type { Server, Socket } from 'node:net';
import { nodeNet } from '../util/nodes-own.ts';
import { answerStream } from './name-server.ts';
import type { Hosts } from './sim-hosts.ts';

export class NameStream {
  readonly #hosts: Hosts;
  readonly #callers = new Set<Socket>();
  #server: Server | undefined;
  #port: Promise<number> | undefined;

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
  }

  /** Where on 127.0.0.1 it is; from then on it listens. */
  port(): Promise<number> {
    this.#port ??= new Promise((resolve, reject) => {
      const server = nodeNet.createServer(socket => this.#called(socket)).unref();
      this.#server = server;
      server.on('error', reject);
      server.listen({ port: 0, host: '127.0.0.1' }, () => {
        const bound = server.address();
        if (typeof bound === 'object' && bound) resolve(bound.port);
      });
    });
    return this.#port;
  }

  close(): void {
    this.#server?.close();
    for (const socket of this.#callers) socket.destroy();
  }

  /** Each message has its length in front (RFC 1035 4.2.2). */
  #called(socket: Socket): void {
    let heard = Buffer.alloc(0);
    this.#callers.add(socket.unref());
    socket.on('error', () => {});
    socket.on('close', () => this.#callers.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes]);
      while (heard.length >= 2 && heard.length >= 2 + heard.readUInt16BE(0)) {
        const end = 2 + heard.readUInt16BE(0);
        const answer = answerStream(heard.subarray(2, end), this.#hosts);
        heard = heard.subarray(end);
        if (answer) socket.write(Buffer.concat([lengthOf(answer), answer]));
      }
    });
  }
}

function lengthOf(message: Buffer): Buffer {
  return Buffer.from([message.length >> 8, message.length & 0xff]);
}
