/** One TCP port of the modem on a loopback address: a real server and the queue of its callers, for every id that shares it. */
import type { Server, Socket } from 'node:net';
import { nodeNet } from '../util/nodes-own.ts';
import type { Family } from './sim-hosts.ts';
import type { TcpLink } from './tcp-link.ts';

export interface DoorOptions {
  readonly family: Family;
  readonly port: number;
  /** Callers wait while no id listens. Otherwise the port is closed then, and they are refused. */
  readonly callersWait: boolean;
}

/** An id that listens at the door, or has listened and still lives. */
export interface DoorMember {
  arrive(link: TcpLink): void;
}

export class TcpDoor {
  readonly options: DoorOptions;
  readonly #adopt: (socket: Socket) => TcpLink;
  readonly #deserted: () => void;
  readonly #members = new Set<DoorMember>();
  /** The one that takes the next caller. */
  #listening: DoorMember | undefined;
  #server: Server | undefined;
  #callers: TcpLink[] = [];

  /** @param deserted nobody is left who could listen here */
  constructor(options: DoorOptions, adopt: (socket: Socket) => TcpLink, deserted: () => void) {
    this.options = options;
    this.#adopt = adopt;
    this.#deserted = deserted;
  }

  /** Gives it the next caller: one that waits, or one to come. @throws Error if another listens, or has the port */
  async listen(member: DoorMember): Promise<void> {
    if (this.#listening) throw new Error('another id listens on that port');
    this.#members.add(member);
    this.#listening = member;
    if (!this.#server) await this.#open();
    // First the host hears that it listens.
    setImmediate(() => this.#update());
  }

  leave(member: DoorMember): void {
    this.#members.delete(member);
    if (this.#listening === member) this.#listening = undefined;
    this.#update();
    if (this.#members.size === 0) this.#deserted();
  }

  #open(): Promise<void> {
    const { family, port } = this.options;
    // A caller that is not served is not read either: what it sends waits in the kernel, as before an accept.
    const server = nodeNet.createServer({ allowHalfOpen: true, pauseOnConnect: true }, socket =>
      this.#called(socket),
    );
    this.#server = server.unref();
    return new Promise((resolve, reject) => {
      server.on('error', reject);
      server.listen({ port, host: family === 4 ? '127.0.0.1' : '::1' }, resolve);
    });
  }

  #called(socket: Socket): void {
    const link = this.#adopt(socket);
    const gone = link.peer.address === '';
    if (gone) link.abort();
    else this.#callers.push(link);
    this.#update();
  }

  /** Brings the first caller to the id that listens; shuts when nobody is there whom callers could wait for. */
  #update(): void {
    const listening = this.#listening;
    const caller = listening && this.#callers.shift();
    if (caller) {
      this.#listening = undefined;
      listening.arrive(caller);
    }
    const wanted = this.options.callersWait ? this.#members.size > 0 : this.#listening !== undefined;
    if (!wanted) this.#shut();
  }

  /** Those who wait are reset, as a kernel does. */
  #shut(): void {
    this.#server?.close();
    this.#server = undefined;
    for (const caller of this.#callers.splice(0)) caller.abort();
  }
}
