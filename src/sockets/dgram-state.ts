/** The life of one datagram socket: unbound, binding, bound, closed; with a peer or without. */
import { AsyncResource } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import type { BlockList } from 'node:net';
import type { Datagram, Endpoint } from '../driver/port.ts';
import { endpoint, endpointTo, familyName, LOOPBACK, WILDCARD } from './addresses.ts';
import type { DriverSource } from './driver-source.ts';
import { blockedAddress } from './net-arguments.ts';
import type { SendCallback } from './send-arguments.ts';
import { failedCall, systemError } from './system-error.ts';
import { UdpHandle } from './udp-handle.ts';

/** As `dns.lookup` in the form that Node's sockets call. */
export type Lookup = (
  hostname: string,
  family: 4 | 6,
  callback: (error: Error | null, address: string, family: number) => void,
) => void;

/** Where to, in the words of the program. */
interface Destination {
  readonly address: string | undefined;
  readonly port: number;
}

type BindState =
  | 'unbound'
  /** The address to bind to is being looked up. */
  | 'resolving'
  /** The modem is, or is about to be, asked for a port: at an implicit bind only once the first peer is known. */
  | 'opening'
  | 'bound';

/** Whom a socket does not talk to, and does not hear; of newer Nodes. */
export interface BlockLists {
  readonly send: BlockList | undefined;
  readonly receive: BlockList | undefined;
}

export class DgramState {
  readonly handle: UdpHandle;
  bindState: BindState = 'unbound';
  connectState: 'disconnected' | 'connecting' | 'connected' = 'disconnected';
  closed = false;
  readonly #socket: EventEmitter;
  readonly #lookup: Lookup;
  readonly #blocked: BlockLists;
  /** What comes from the network comes in the async context in which the socket was created, as in Node. */
  readonly #context = new AsyncResource('UDPWRAP');
  /** What was asked for. */
  #binding = { address: '', port: 0 as unknown, implicit: false };
  #opened: Promise<void> | undefined;
  /** Sends and connects that wait for the address to bind to. */
  #queue: (() => void)[] = [];
  /** Somebody sends or connects before the socket is bound; `close()` then waits for that, as in Node. */
  #awaited = false;
  #closing = false;
  /** A failure to open reaches at least one callback. */
  #answerable = false;

  constructor(
    socket: EventEmitter,
    driver: DriverSource,
    family: 4 | 6,
    lookup: Lookup,
    blocked: BlockLists,
  ) {
    this.#blocked = blocked;
    this.#socket = socket;
    this.#lookup = lookup;
    this.handle = new UdpHandle(driver, family, {
      message: datagram => later(() => this.#deliver(datagram)),
      failed: error => later(() => this.#fail(failedCall(error, 'recvmsg'))),
      unbound: cause => later(() => this.#unbound(cause)),
      closed: () => {
        if (!this.closed) this.close();
      },
    });
  }

  bind(address: string | undefined, port: unknown): void {
    this.#bind({ address: address || WILDCARD[this.handle.family], port, implicit: false });
  }

  send(parts: readonly Uint8Array[], to: Destination | undefined, callback: SendCallback | undefined): void {
    const { peer } = this.handle;
    if (!to) {
      if (peer) this.#handOver(parts, peer, undefined, callback);
      return;
    }
    this.#whenResolved(() => {
      this.#find(to, 'send', (error, remote) => {
        if (this.closed) return;
        this.#open(remote);
        // A close() that came before the address was known: Node drops such a datagram, and its callback too.
        if (this.#closing) return;
        if (remote) this.#handOver(parts, remote, to, callback);
        else if (callback) process.nextTick(callback, error);
        else later(() => this.#socket.emit('error', error));
      });
    });
  }

  connect(to: Destination, callback: (() => void) | undefined): void {
    this.connectState = 'connecting';
    this.#whenResolved(() => {
      if (callback) this.#socket.once('connect', callback);
      this.#find(to, 'connect', (error, remote) => {
        if (this.closed) return;
        this.#open(remote);
        this.#answerable ||= callback !== undefined;
        if (!remote) return later(() => this.#connectFailed(error, callback, true));
        this.#opened?.then(
          () => later(() => this.#connected(remote)),
          cause => later(() => this.#connectFailed(failedCall(cause, 'connect', to), callback, false)),
        );
      });
    });
  }

  disconnect(): void {
    this.handle.peer = undefined;
    this.connectState = 'disconnected';
  }

  close(): void {
    if (this.#awaited) {
      this.#closing = true;
      return;
    }
    this.closed = true;
    void this.handle.close().then(() => later(() => this.#socket.emit('close')));
  }

  #bind(binding: { address: string; port: unknown; implicit: boolean }): void {
    this.bindState = 'resolving';
    this.#answerable = false;
    this.#lookup(binding.address, this.handle.family, (error, address) => {
      if (this.closed) return;
      if (error) return this.#bindFailed(error);
      this.#binding = { ...binding, address };
      this.bindState = 'opening';
      if (!binding.implicit) this.#open();
      for (const start of this.#queue.splice(0)) start();
    });
  }

  /** Binds first if nobody has; `start` then runs as soon as the address to bind to is known. */
  #whenResolved(start: () => void): void {
    this.#awaited ||= this.bindState !== 'bound';
    if (this.bindState === 'opening' || this.bindState === 'bound') {
      start();
      return;
    }
    this.#queue.push(start);
    if (this.bindState === 'unbound')
      this.#bind({ address: WILDCARD[this.handle.family], port: 0, implicit: true });
  }

  /** Asks the modem for the port, if nobody has. */
  #open(remote?: Endpoint): void {
    if (this.#opened) return;
    const { address, port } = this.#binding;
    const local = endpoint(address, Number(port) & 0xffff, this.handle.family);
    if (!local) {
      this.#bindFailed(systemError('EINVAL', 'bind', { at: { address, port } }));
      return;
    }
    this.#opened = this.handle.open(local, remote);
    this.#opened.then(
      () => later(() => this.#listening()),
      cause => later(() => this.#bindFailed(failedCall(cause, 'bind', { address, port }))),
    );
  }

  #listening(): void {
    if (this.closed) return;
    this.bindState = 'bound';
    this.#awaited = false;
    this.#socket.emit('listening');
    if (this.#closing) this.close();
  }

  #bindFailed(error: Error): void {
    if (this.closed) return;
    this.bindState = 'unbound';
    this.#opened = undefined;
    this.#queue = [];
    this.#awaited = false;
    const told = this.#binding.implicit && this.#answerable;
    if (this.#closing) this.close();
    else if (!told) this.#socket.emit('error', error);
  }

  /** Lost with the modem, and the recovered one does not give it back: as new, so that binding can be tried again. */
  #unbound(cause: Error): void {
    this.disconnect();
    this.#bindFailed(failedCall(cause, 'bind', this.handle.local));
  }

  #connected(remote: Endpoint): void {
    if (this.closed) return;
    this.handle.peer = remote;
    this.connectState = 'connected';
    this.#socket.emit('connect');
  }

  /** @param alone nobody else says that this has failed */
  #connectFailed(error: Error | null, callback: ((error?: Error) => void) | undefined, alone: boolean): void {
    this.connectState = 'disconnected';
    if (callback) {
      this.#socket.removeListener('connect', callback);
      callback(error ?? undefined);
    } else if (alone) this.#socket.emit('error', error);
  }

  #find(
    { address, port }: Destination,
    syscall: string,
    found: (error: Error | null, remote: Endpoint | undefined) => void,
  ): void {
    const { family } = this.handle;
    this.#lookup(address || LOOPBACK[family], family, (error, ip) => {
      const remote = error ? undefined : endpointTo(ip, port, family);
      if (remote && this.#blocked.send?.check(remote.address, `ipv${family}`)) {
        found(blockedAddress(remote.address), undefined);
        return;
      }
      const failure = remote ? null : (error ?? systemError('EINVAL', syscall, { at: { address, port } }));
      found(failure, remote);
    });
  }

  /** From here on the datagram is on its way: a later `close()` waits for it, as a kernel sends what it took. */
  #handOver(
    parts: readonly Uint8Array[],
    remote: Endpoint,
    to: Destination | undefined,
    callback: SendCallback | undefined,
  ): void {
    // Copied: programs fill their buffer again as soon as Node has given it to the kernel, which is now.
    const data = Buffer.concat(parts);
    this.#answerable ||= callback !== undefined;
    this.handle.send(data, remote).then(
      () => callback && process.nextTick(callback, null, data.length),
      // Without a callback nobody is told, as in Node.
      cause =>
        callback && process.nextTick(callback, failedCall(cause, 'send', to ?? { address: undefined })),
    );
  }

  #deliver({ data, remote: { address, port, family } }: Datagram): void {
    if (this.closed || this.#blocked.receive?.check(address, `ipv${family}`)) return;
    const rinfo = { address, family: familyName(family), port, size: data.length };
    this.#context.runInAsyncScope(() => this.#socket.emit('message', data, rinfo));
  }

  #fail(error: Error): void {
    if (!this.closed) this.#context.runInAsyncScope(() => this.#socket.emit('error', error));
  }
}

/** In a turn of its own, so that what a listener throws is an uncaught exception and stops nothing here. */
const later = (work: () => void): void => process.nextTick(work);
