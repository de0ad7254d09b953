/** The network of a dialogue: real peers on loopback, which do what its `@` lines say. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

const DEADLINE_MS = 5_000;

/** Somebody in the network: talks to the modem over TCP or UDP. */
interface Peer {
  send(data: Buffer): Promise<unknown>;
  /** Ends its side in order; `abruptly` resets. */
  close(abruptly?: boolean): void;
}

export class Network {
  readonly #peers = new Map<string, Promise<Peer>>();
  readonly #heard = new Map<string, Buffer>();
  readonly #ended = new Set<string>();
  readonly #cleanUp: (() => void)[] = [];
  #wake = (): void => {};

  /**
   * `web listens 127.0.0.1 8080`, `caller calls 127.0.0.1 5001` (TCP), `stranger addresses 127.0.0.1 5001` (UDP);
   * then `web sends hello`, `web hears hello`, `web closes`, `web resets`, `web sees the end`.
   */
  async act(event: string): Promise<void> {
    const [, who = '', verb, rest = ''] = /^(\w+) (\w+) ?([\s\S]*)$/.exec(event) ?? [];
    const [address = '', port] = rest.split(' ');
    switch (verb) {
      case 'listens':
        return this.#listen(who, Number(port), address);
      case 'calls':
        return this.#join(who, this.#adopt(who, connect(Number(port), address)));
      case 'addresses':
        return this.#join(who, this.#address(who, Number(port), address));
      case 'sends':
        await (await this.#peer(who)).send(Buffer.from(rest, 'latin1'));
        return;
      case 'hears':
        return this.#hear(who, Buffer.from(rest, 'latin1'));
      case 'closes':
      case 'resets':
        return (await this.#peer(who)).close(verb === 'resets');
      case 'sees':
        return this.#until(() => this.#ended.has(who), `${who} to see the end`);
      default:
        throw new Error(`nobody knows how to do "${event}"`);
    }
  }

  close(): void {
    for (const cleanUp of this.#cleanUp) cleanUp();
  }

  async #listen(who: string, port: number, address: string): Promise<void> {
    const server = createServer({ allowHalfOpen: true });
    this.#cleanUp.push(() => server.close());
    const caller = new Promise<Peer>(resolve => {
      server.once('connection', socket => void this.#adopt(who, socket).then(resolve));
    });
    this.#peers.set(who, caller);
    server.listen(port, address);
    await once(server, 'listening');
  }

  async #join(who: string, peer: Promise<Peer>): Promise<void> {
    this.#peers.set(who, peer);
    await peer;
  }

  async #adopt(who: string, socket: Socket): Promise<Peer> {
    this.#cleanUp.push(() => socket.destroy());
    socket.on('data', data => this.#add(who, data));
    socket.on('error', () => {});
    for (const end of ['end', 'close']) {
      socket.on(end, () => {
        this.#ended.add(who);
        this.#wake();
      });
    }
    if (socket.connecting) await once(socket, 'connect');
    return {
      send: data => new Promise(resolve => socket.write(data, resolve)),
      close: abruptly => void (abruptly ? socket.resetAndDestroy() : socket.end()),
    };
  }

  async #address(who: string, port: number, address: string): Promise<Peer> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    this.#cleanUp.push(() => socket.close());
    socket.on('message', data => this.#add(who, data));
    socket.connect(port, address);
    await once(socket, 'connect');
    return {
      send: data => new Promise(resolve => socket.send(data, resolve)),
      close: () => {},
    };
  }

  #peer(who: string): Promise<Peer> {
    const peer = this.#peers.get(who);
    if (!peer) throw new Error(`there is nobody called ${who}`);
    return peer;
  }

  #add(who: string, data: Buffer): void {
    this.#heard.set(who, Buffer.concat([this.#heard.get(who) ?? Buffer.alloc(0), data]));
    this.#wake();
  }

  async #hear(who: string, expected: Buffer): Promise<void> {
    const heard = (): Buffer => this.#heard.get(who) ?? Buffer.alloc(0);
    await this.#until(() => heard().length >= expected.length, `${who} to hear ${expected}`);
    if (!heard().equals(expected)) throw new Error(`${who} heard "${heard()}" and not "${expected}"`);
    this.#heard.delete(who);
  }

  #until(done: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), DEADLINE_MS);
      this.#wake = () => {
        if (!done()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#wake();
    });
  }
}
