/** The methods of `net.Socket`: Node's own, except where they would ask the system for what the modem does. */
import { channel } from 'node:diagnostics_channel';
import type { AddressInfo } from 'node:net';
import { SocketFailure } from '../driver/socket-failure.ts';
import { addressInfo } from './addresses.ts';
import type { DriverSource } from './driver-source.ts';
import { type ConnectOptions, checkConnectOptions, type NetLookup, sortArguments } from './net-arguments.ts';
import { dial } from './net-connect.ts';
import { nodeError } from './node-error.ts';
import {
  type ClosingHandle,
  calledByTls,
  methodTells,
  NodeSocket,
  nodesOwn,
  type WriteCallback,
} from './node-internals.ts';
import { failedCall, systemError } from './system-error.ts';
import { HALF_CLOSE_MS, QUIET_MS, TcpHandle, type TcpHandleEvents } from './tcp-handle.ts';

/** What the sockets of one module share; found on their prototype. */
export interface SocketServices {
  readonly driver: DriverSource;
  readonly lookup: NetLookup;
  readonly autoSelectFamily: boolean;
  readonly attemptTimeoutMs: number;
}

/** The option of that name: data goes to a buffer of the program, past the stream. */
export interface OnRead {
  readonly buffer: Uint8Array | (() => Uint8Array);
  readonly callback: (bytes: number, buffer: Uint8Array) => unknown;
}

export const SERVICES = Symbol('services');
export const ON_READ = Symbol('onread');
const HANDLE = Symbol('handle');
const UNDER_TLS = Symbol('underTls');

const connects = channel('net.client.socket');

/** The most that one read may bring, as libuv's. */
const READ_BYTES = 65_536;

/**
 * Without a handle of ours a socket is entirely Node's: before connecting, after closing, and where `_handle` is
 * Node's own, for UNIX sockets and file descriptors.
 */
export class NetSocket extends NodeSocket {
  declare readonly [SERVICES]: SocketServices;
  declare readonly [ON_READ]: OnRead | undefined;
  declare [HANDLE]: TcpHandle | undefined;
  declare [UNDER_TLS]: true | undefined;

  override connect(...given: readonly unknown[]): this {
    const { options, callback } = sortArguments<ConnectOptions>(given);
    if (options.path) return Reflect.apply(super.connect, this, given);
    if (methodTells && connects.hasSubscribers) connects.publish({ socket: this });
    if (callback) this.once('connect', callback);
    if (options.port === undefined && options.path == null) throw missingTarget();
    // When the peer has ended, Node puts a write() there that refuses.
    if (Object.hasOwn(this, 'write')) Reflect.deleteProperty(this, 'write');
    connect(this, options);
    return this;
  }

  /**
   * TLS waits for 'connect' even if that was long ago, because it takes a socket without `_handle` for one that is
   * not connected. From then on it ends this side itself, after its last words.
   */
  override once(event: string | symbol, listener: (...args: never[]) => void): this {
    if (event === 'connect' && calledByTls()) {
      this[UNDER_TLS] = true;
      this.allowHalfOpen = true;
      if (isOpen(this)) {
        process.nextTick(listener);
        return this;
      }
    }
    return super.once(event as string, listener as () => void);
  }

  override _read(size: number): void {
    if (isOpen(this)) this[HANDLE]?.readStart();
    else super._read(size);
  }

  override _writeGeneric(
    many: boolean,
    data: unknown,
    encoding: BufferEncoding,
    callback: WriteCallback,
  ): unknown {
    const handle = this[HANDLE];
    if (!handle || this.connecting) return super._writeGeneric(many, data, encoding, callback);
    this._pendingData = null;
    this._pendingEncoding = '';
    this._unrefTimer();
    const bytes = many
      ? Buffer.concat((data as readonly Chunk[]).map(part => bytesOf(part.chunk, part.encoding)))
      : bytesOf(data as Chunk['chunk'], encoding);
    // To a peer that has gone: a kernel takes them, and the reading side says that it ended.
    const lastWords = this[UNDER_TLS] || (this.readableEnded && !this.allowHalfOpen);
    handle.write(bytes, cause => {
      const unheard = lastWords && cause instanceof SocketFailure && cause.code === 'EPIPE';
      callback(cause === undefined || unheard ? null : failedCall(cause, 'write'));
    });
    return undefined;
  }

  override _final(callback: WriteCallback): void {
    const handle = this[HANDLE];
    if (!handle || this.connecting) {
      super._final(callback);
      return;
    }
    handle.finish(this.allowHalfOpen && !this[UNDER_TLS] ? HALF_CLOSE_MS : QUIET_MS).then(
      () => process.nextTick(callback),
      cause => process.nextTick(callback, failedCall(cause, 'shutdown')),
    );
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    const handle = this[HANDLE];
    this[HANDLE] = undefined;
    if (handle) this._handle = closingHandle(handle);
    super._destroy(error, callback);
  }

  override resetAndDestroy(): this {
    if (!this[HANDLE]) return super.resetAndDestroy();
    if (this.connecting) this.once('connect', () => this._reset());
    else this._reset();
    return this;
  }

  // With `onread` nothing is pushed that would make the stream ask for more.

  override pause(): this {
    if (this[ON_READ]) this[HANDLE]?.readStop();
    return super.pause();
  }

  override resume(): this {
    if (this[ON_READ] && isOpen(this)) this[HANDLE]?.readStart();
    return super.resume();
  }

  override read(size?: number): unknown {
    if (this[ON_READ] && isOpen(this)) this[HANDLE]?.readStart();
    return super.read(size);
  }

  override ref(): this {
    const handle = this[HANDLE];
    if (!handle) return super.ref();
    handle.ref();
    return this;
  }

  override unref(): this {
    const handle = this[HANDLE];
    if (!handle) return super.unref();
    handle.unref();
    return this;
  }

  override get pending(): boolean {
    return this[HANDLE] ? this.connecting : nodesOwn(this, 'pending');
  }

  override get bytesRead(): number {
    return this[HANDLE]?.bytesRead ?? nodesOwn(this, 'bytesRead');
  }

  override get _bytesDispatched(): number {
    return this[HANDLE]?.bytesWritten ?? nodesOwn(this, '_bytesDispatched');
  }

  override get bufferSize(): number {
    return this[HANDLE] ? this.writableLength : nodesOwn(this, 'bufferSize');
  }

  override _getpeername(): Partial<AddressInfo> {
    const remote = this.connecting ? undefined : this[HANDLE]?.remote;
    if (remote) this._peername ??= addressInfo(remote);
    return super._getpeername();
  }

  override _getsockname(): Partial<AddressInfo> {
    const handle = this[HANDLE];
    if (!handle) return super._getsockname();
    return handle.local ? addressInfo(handle.local) : {};
  }
}

interface Chunk {
  readonly chunk: string | Buffer;
  readonly encoding: BufferEncoding;
}

const bytesOf = (chunk: Chunk['chunk'], encoding: BufferEncoding): Buffer =>
  typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;

const isOpen = (socket: NetSocket): boolean => socket[HANDLE] !== undefined && !socket.connecting;

/** Gives a new socket the connection that came in. */
export function attach(socket: NetSocket, handle: TcpHandle, { paused }: { readonly paused: boolean }): void {
  own(socket, handle);
  if (paused) socket.pause();
  else socket.read(0);
}

function own(socket: NetSocket, handle: TcpHandle): void {
  socket[HANDLE] = handle;
  handle.own(handleEvents(socket));
}

function connect(socket: NetSocket, options: ConnectOptions): void {
  const inUse = socket[HANDLE] && (socket.connecting ? 'EALREADY' : 'EISCONN');
  if (!inUse) {
    if (socket.destroyed) socket._peername = null;
    socket._undestroy();
    own(socket, new TcpHandle());
  }
  socket._unrefTimer();
  socket.connecting = true;
  const destination = checkConnectOptions(options);
  if (inUse) {
    const at = { address: destination.host, port: destination.port };
    process.nextTick(() => socket.destroy(systemError(inUse, 'connect', { at })));
    return;
  }
  const { driver, lookup, autoSelectFamily, attemptTimeoutMs } = socket[SERVICES];
  dial(socket, {
    destination,
    lookup: destination.lookup ?? lookup,
    autoSelectFamily: destination.autoSelectFamily ?? autoSelectFamily,
    attemptTimeoutMs: destination.attemptTimeoutMs ?? attemptTimeoutMs,
    open: (...attempt) => socket[HANDLE]?.open(driver, ...attempt),
    connected: () => connected(socket),
  });
}

function connected(socket: NetSocket): void {
  socket.connecting = false;
  socket._unrefTimer();
  socket.emit('connect');
  socket.emit('ready');
  // The first read: without it nobody would hear that the peer has ended.
  if (!socket.isPaused()) socket.read(0);
}

function handleEvents(socket: NetSocket): TcpHandleEvents {
  const sink = socket[ON_READ] ? bufferSink(socket, socket[ON_READ]) : undefined;
  return {
    room: () => sink?.room() ?? READ_BYTES,
    data: chunk => {
      socket._unrefTimer();
      return sink ? sink.fill(chunk) : socket.push(chunk);
    },
    end: () => {
      socket.push(null);
      socket.read(0);
    },
    failed: error => socket.destroy(failedCall(error, 'read')),
    closed: () => socket.destroy(),
    progress: () => socket._unrefTimer(),
  };
}

/** Puts what comes into the program's buffer, or each time into a new one. */
function bufferSink(
  socket: NetSocket,
  { buffer, callback }: OnRead,
): { room(): number; fill(chunk: Buffer): boolean } {
  const next = typeof buffer === 'function' ? buffer : () => buffer;
  let current = next();
  return {
    room: () => current.length,
    fill: chunk => {
      const filled = current;
      filled.set(chunk);
      const more = Reflect.apply(callback, socket, [chunk.length, filled]) !== false;
      current = next();
      return more;
    },
  };
}

/** What Node's own `_destroy` needs to count, to close and to tell. */
function closingHandle(handle: TcpHandle): ClosingHandle {
  return {
    bytesRead: handle.bytesRead,
    bytesWritten: handle.bytesWritten,
    close: closed => handle.close(closed),
    // Deviation reset.
    reset: closed => {
      handle.close(closed);
      return 0;
    },
  };
}

const missingTarget = (): Error =>
  nodeError(TypeError, 'ERR_MISSING_ARGS', 'The "options" or "port" or "path" argument must be specified');
