/** The methods of `net.Server`: Node's own, except where they would ask the system for what the modem does. */
import { channel, tracingChannel } from 'node:diagnostics_channel';
import { addAbortListener } from 'node:events';
import type { AddressInfo, BlockList } from 'node:net';
import type { Endpoint } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import { addressInfo } from './addresses.ts';
import { checkAbortSignal, checkPort } from './arguments.ts';
import type { DriverSource } from './driver-source.ts';
import { ListenHandle } from './listen-handle.ts';
import { type ListenOptions, type NetLookup, sortArguments } from './net-arguments.ts';
import { attach, type NetSocket } from './net-socket.ts';
import { nodeError } from './node-error.ts';
import { type InternalServer, NodeServer, zeroIsLimit } from './node-internals.ts';
import { failedCall, systemError } from './system-error.ts';
import type { TcpHandle } from './tcp-handle.ts';

/** What the servers of one module share; found on their prototype. */
export interface ServerServices {
  readonly driver: DriverSource;
  readonly lookup: NetLookup;
  readonly createSocket: (options: object) => NetSocket;
  /** Hears of each `listen()`, until it has succeeded or failed. */
  readonly opening: (opened: Promise<unknown>) => void;
}

export const SERVICES = Symbol('services');
/** Of newer Nodes: whose connections are refused. */
export const BLOCK_LIST = Symbol('blockList');
const RELEASING = Symbol('releasing');

const accepted = channel('net.server.socket');
const listening = tracingChannel('net.server.listen');

/** Without a handle of ours a server is entirely Node's, which it also is on a UNIX socket. */
export class NetServer extends NodeServer {
  declare readonly [SERVICES]: ServerServices;
  declare readonly [BLOCK_LIST]: Pick<BlockList, 'check'> | undefined;
  /** Until the modem has given back the port number of the listener before. */
  declare [RELEASING]: Promise<void> | undefined;
  // Options that Node keeps on the server, some of them undeclared.
  declare allowHalfOpen: boolean;
  declare pauseOnConnect: boolean;
  declare noDelay: boolean;
  declare keepAlive: boolean;
  declare keepAliveInitialDelay: number;
  declare highWaterMark: number;

  override listen(...given: readonly unknown[]): this {
    const { options, callback } = sortArguments<ListenOptions>(given);
    if (this._handle)
      throw nodeError(
        Error,
        'ERR_SERVER_ALREADY_LISTEN',
        'Listen method has been called more than once without closing.',
      );
    const port = portOf(options, given);
    if (port === undefined && !hasDescriptor(options)) return Reflect.apply(super.listen, this, given);
    listening.asyncStart.publish({ server: this, options });
    if (callback) this.once('listening', callback);
    this._listeningId++;
    if (options.signal !== undefined) closeOnAbort(this, options.signal);
    if (port === undefined) refuseDescriptor(this);
    else if (options.host) listenOnName(this, options.host, port);
    else listen(this, undefined, port);
    return this;
  }

  override close(callback?: (error?: Error) => void): this {
    const handle: unknown = this._handle;
    if (handle instanceof ListenHandle) {
      this[RELEASING] = handle.close().then(() => {
        this[RELEASING] = undefined;
        if (this._connections === 0) process.nextTick(() => this.emit('close'));
      });
    }
    return super.close(callback);
  }

  /** Not before the port number is free. */
  override _emitCloseIfDrained(): void {
    if (!this[RELEASING]) super._emitCloseIfDrained();
  }

  override address(): AddressInfo | string | null {
    const handle: unknown = this._handle;
    return handle instanceof ListenHandle ? addressInfo(handle.local) : super.address();
  }
}

/** undefined: not a TCP port. */
function portOf(options: ListenOptions, given: readonly unknown[]): number | undefined {
  if (hasDescriptor(options)) return undefined;
  const any = given.length === 0 || typeof given[0] === 'function' || options.port === null;
  if (any || ('port' in options && options.port === undefined)) return 0;
  const { port } = options;
  const isPort = typeof port === 'number' || typeof port === 'string';
  return isPort ? checkPort(port, { name: 'options.port', lowest: 0 }) : undefined;
}

export function hasDescriptor(options: ListenOptions): boolean {
  const { fd, handle, _handle } = options as { fd?: unknown; handle?: unknown; _handle?: unknown };
  return (typeof fd === 'number' && fd >= 0) || Boolean(handle) || Boolean(_handle);
}

/** Deviation descriptors. */
function refuseDescriptor(server: InternalServer): void {
  const cause = new SocketFailure('EINVAL', 'a modem listens on no descriptor and no handle');
  const error = systemError('EINVAL', 'listen', { cause, explained: true });
  process.nextTick(() => server.emit('error', error));
}

function listenOnName(server: NetServer, host: string, port: number): void {
  const turn = server._listeningId;
  const { lookup } = server[SERVICES];
  const found: Parameters<NetLookup>[2] = (error, address) => {
    if (turn !== server._listeningId) return;
    if (error) server.emit('error', error);
    else listen(server, String(address), port);
  };
  // Without options, as Node calls it.
  (lookup as unknown as (host: string, found: Parameters<NetLookup>[2]) => void)(host, found);
}

function listen(server: NetServer, address: string | undefined, port: number): void {
  const { driver, opening } = server[SERVICES];
  const released = server[RELEASING];
  const source: DriverSource = async waitFor => {
    await released;
    return driver(waitFor);
  };
  const handle = new ListenHandle(source, address, port, {
    connection: incoming => take(server, incoming),
    closed: error => lose(server, error),
  });
  server._handle = handle;
  server._connectionKey = connectionKey(handle, port);
  if (server._unref) handle.unref();
  const opened = handle.open(cause => {
    if (cause === undefined) {
      server._connectionKey = connectionKey(handle, port);
      listening.asyncEnd.publish({ server });
      server.emit('listening');
      return;
    }
    server._handle = null;
    void handle.close();
    const at = { address: handle.local.address, port };
    const error = failedCall(cause, 'listen', at, { explained: true });
    listening.error.publish({ server, error });
    server.emit('error', error);
  });
  opening(opened);
}

const connectionKey = ({ local: { address, family } }: ListenHandle, port: number): string =>
  `${family}:${address}:${port}`;

function take(server: NetServer, handle: TcpHandle): void {
  const { remote } = handle;
  if (remote && server[BLOCK_LIST]?.check(remote.address, `ipv${remote.family}`)) {
    handle.close(() => {});
    return;
  }
  if (isFull(server)) {
    server.emit('drop', { ...prefixed('local', handle.local), ...prefixed('remote', remote) });
    handle.close(() => {});
    return;
  }
  const socket = server[SERVICES].createSocket({
    allowHalfOpen: server.allowHalfOpen,
    readableHighWaterMark: server.highWaterMark,
    writableHighWaterMark: server.highWaterMark,
  });
  if (server.noDelay) socket.setNoDelay(true);
  if (server.keepAlive) socket.setKeepAlive(true, server.keepAliveInitialDelay * 1000);
  attach(socket, handle, { paused: server.pauseOnConnect });
  server._connections++;
  socket.server = server;
  socket._server = server;
  server.emit('connection', socket);
  if (accepted.hasSubscribers) accepted.publish({ socket });
}

function isFull({ maxConnections, _connections }: NetServer): boolean {
  const isLimited = zeroIsLimit ? maxConnections != null : maxConnections > 0;
  return isLimited && _connections >= maxConnections;
}

function prefixed(side: 'local' | 'remote', end: Endpoint | undefined): object {
  if (!end) return {};
  const { address, port, family } = addressInfo(end);
  return { [`${side}Address`]: address, [`${side}Port`]: port, [`${side}Family`]: family };
}

/** The listener is gone; the connections are not. */
function lose(server: NetServer, error: Error | undefined): void {
  const bound: unknown = server._handle;
  if (error && bound instanceof ListenHandle)
    server.emit('error', failedCall(error, 'listen', bound.local, { explained: true }));
  if (server._handle) server.close();
}

function closeOnAbort(server: NetServer, signal: unknown): void {
  checkAbortSignal(signal, 'options.signal');
  const close = (): void => void server.close();
  if (signal.aborted) {
    process.nextTick(close);
  } else {
    const disposable = addAbortListener(signal, close);
    server.once('close', () => disposable[Symbol.dispose]());
  }
}
