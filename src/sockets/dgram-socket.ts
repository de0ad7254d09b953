/** The methods of `dgram.Socket`: overloads, argument checks and states of Node, over a DgramState. */
import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { Endpoint } from '../driver/port.ts';
import { familyName } from './addresses.ts';
import { checkNumber, checkPort, checkString } from './arguments.ts';
import type { DgramState } from './dgram-state.ts';
import { nodeError } from './node-error.ts';
import { sortSendArguments } from './send-arguments.ts';
import { checkInterface, checkMulticast, checkTtl, refuseOption } from './socket-options.ts';
import { bufferSizeError, systemError } from './system-error.ts';

/** The state of a socket is found under this symbol, so that `Socket.call(object)` can put it on any object. */
export const STATE = Symbol('state');

export interface SocketState {
  readonly life: DgramState;
  /** Remembered only (deviation buffer-sizes). */
  readonly bufferBytes: { recv: number; send: number };
}

/** What `bind()` may be given instead of a port number. */
interface BindOptions {
  readonly port?: unknown;
  readonly address?: string;
  readonly fd?: unknown;
}

/** `(options[, callback])` or `([port][, address][, callback])`. */
export function sortBindArguments([first, second]: readonly unknown[]): BindOptions {
  const options =
    typeof first === 'object' && first !== null
      ? first
      : { port: first, address: typeof second === 'function' ? undefined : second };
  return options as BindOptions;
}

type Direction = 'recv' | 'send';

export class DgramSocket extends EventEmitter {
  declare type: 'udp4' | 'udp6';
  declare readonly [STATE]: SocketState;

  bind(...given: readonly unknown[]): this {
    const life = running(this);
    if (life.bindState !== 'unbound')
      throw nodeError(Error, 'ERR_SOCKET_ALREADY_BOUND', 'Socket is already bound');
    const { port, address, fd } = sortBindArguments(given);
    if (Number.isInteger(fd) && Number(fd) > 0)
      throw nodeError(TypeError, 'ERR_INVALID_FD_TYPE', 'Unsupported fd type: sockets of a modem have none');
    const callback = given.at(-1);
    if (typeof callback === 'function') whenBound(this, callback as () => void);
    life.bind(address, port);
    return this;
  }

  connect(port: unknown, address?: unknown, callback?: () => void): void {
    const checkedPort = checkPort(port);
    const listener = typeof address === 'function' ? (address as () => void) : callback;
    const host = typeof address === 'function' || address === undefined ? '' : address;
    checkString(host, 'address');
    const { life } = this[STATE];
    if (life.connectState !== 'disconnected') throw alreadyConnected();
    running(this).connect({ address: host, port: checkedPort }, listener);
  }

  disconnect(): void {
    const { life } = this[STATE];
    if (life.closed || life.connectState !== 'connected') throw notConnected();
    life.disconnect();
  }

  send(...given: readonly unknown[]): void {
    const connected = this[STATE].life.connectState === 'connected';
    const { parts, port, address, callback } = sortSendArguments(given, connected);
    running(this).send(parts, port === undefined ? undefined : { address, port }, callback);
  }

  /** What `send()` was called long ago; Node still has it. */
  sendto(
    message: unknown,
    offset: unknown,
    length: unknown,
    port: unknown,
    address: unknown,
    callback?: unknown,
  ): void {
    checkNumber(offset, 'offset');
    checkNumber(length, 'length');
    checkNumber(port, 'port');
    checkString(address, 'address');
    this.send(message, offset, length, port, address, callback);
  }

  close(callback?: unknown): this {
    if (typeof callback === 'function') this.on('close', callback as () => void);
    running(this).close();
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this[STATE].life.closed) await promisify<void>(done => this.close(done))();
  }

  address(): AddressInfo {
    const { bindState, handle } = running(this);
    if (bindState !== 'bound' || !handle.local) throw systemError('EBADF', 'getsockname');
    return asAddressInfo(handle.local);
  }

  remoteAddress(): AddressInfo {
    const { connectState, handle } = running(this);
    if (connectState !== 'connected' || !handle.peer) throw notConnected();
    return asAddressInfo(handle.peer);
  }

  ref(): this {
    if (!this[STATE].life.closed) this[STATE].life.handle.ref();
    return this;
  }

  unref(): this {
    if (!this[STATE].life.closed) this[STATE].life.handle.unref();
    return this;
  }

  getSendQueueSize(): number {
    return running(this).handle.queueBytes;
  }

  getSendQueueCount(): number {
    return running(this).handle.queueCount;
  }

  setRecvBufferSize(size: number): void {
    setBufferSize(this, size, 'recv');
  }

  setSendBufferSize(size: number): void {
    setBufferSize(this, size, 'send');
  }

  getRecvBufferSize(): number {
    return bufferBytes(this, 'recv').recv;
  }

  getSendBufferSize(): number {
    return bufferBytes(this, 'send').send;
  }

  setBroadcast(_on: boolean): void {
    refuseIfBound(this, 'setBroadcast');
  }

  setTTL(ttl: number): number {
    checkNumber(ttl, 'ttl');
    checkTtl(ttl, 1, 'setTTL');
    return refuseIfBound(this, 'setTTL');
  }

  setMulticastTTL(ttl: number): number {
    checkNumber(ttl, 'ttl');
    checkTtl(ttl, 0, 'setMulticastTTL');
    return refuseIfBound(this, 'setMulticastTTL');
  }

  setMulticastLoopback(_on: boolean): boolean {
    return refuseIfBound(this, 'setMulticastLoopback');
  }

  setMulticastInterface(address: string): void {
    running(this);
    checkString(address, 'interfaceAddress');
    checkInterface(address, 'setMulticastInterface');
    refuseIfBound(this, 'setMulticastInterface');
  }

  addMembership(group: string, _interface?: string): void {
    refuseMembership(this, group, 'addMembership');
  }

  dropMembership(group: string, _interface?: string): void {
    refuseMembership(this, group, 'dropMembership');
  }

  addSourceSpecificMembership(source: string, group: string, _interface?: string): void {
    refuseSourceMembership(this, source, group, 'addSourceSpecificMembership');
  }

  dropSourceSpecificMembership(source: string, group: string, _interface?: string): void {
    refuseSourceMembership(this, source, group, 'dropSourceSpecificMembership');
  }
}

function running(socket: DgramSocket): DgramState {
  const { life } = socket[STATE];
  if (life.closed) throw nodeError(Error, 'ERR_SOCKET_DGRAM_NOT_RUNNING', 'Not running');
  return life;
}

const alreadyConnected = () => nodeError(Error, 'ERR_SOCKET_DGRAM_IS_CONNECTED', 'Already connected');
const notConnected = () => nodeError(Error, 'ERR_SOCKET_DGRAM_NOT_CONNECTED', 'Not connected');

const asAddressInfo = ({ address, family, port }: Endpoint): AddressInfo => ({
  address,
  family: familyName(family),
  port,
});

/** The callback of `bind()`: once, and not after an error, so that binding can be tried again. */
function whenBound(socket: DgramSocket, callback: () => void): void {
  const forget = (): void => {
    socket.removeListener('error', forget);
    socket.removeListener('listening', listening);
  };
  const listening = (): void => {
    forget();
    callback.call(socket);
  };
  socket.on('error', forget);
  socket.on('listening', listening);
}

function setBufferSize(socket: DgramSocket, size: number, direction: Direction): void {
  if (size >>> 0 !== size)
    throw nodeError(TypeError, 'ERR_SOCKET_BAD_BUFFER_SIZE', 'Buffer size must be a positive integer');
  const bytes = bufferBytes(socket, direction);
  if (size > 0x7fff_ffff) throw bufferSizeError('EINVAL', direction);
  if (size > 0) bytes[direction] = size;
}

function bufferBytes(socket: DgramSocket, direction: Direction): SocketState['bufferBytes'] {
  if (running(socket).bindState !== 'bound') throw bufferSizeError('EBADF', direction);
  return socket[STATE].bufferBytes;
}

function refuseIfBound(socket: DgramSocket, syscall: string): never {
  if (running(socket).bindState !== 'bound') throw systemError('EBADF', syscall);
  refuseOption(syscall);
}

function refuseMembership(socket: DgramSocket, group: unknown, syscall: string): never {
  const { family } = running(socket).handle;
  if (!group)
    throw nodeError(TypeError, 'ERR_MISSING_ARGS', 'The "multicastAddress" argument must be specified');
  checkMulticast(group, family, syscall);
  refuseOption(syscall);
}

function refuseSourceMembership(
  socket: DgramSocket,
  source: unknown,
  group: unknown,
  syscall: string,
): never {
  const { family } = running(socket).handle;
  checkString(source, 'sourceAddress');
  checkString(group, 'groupAddress');
  checkMulticast(group, family, syscall);
  refuseOption(syscall);
}
