/** What is internal to Node's `net` and relied on here: with a new version of Node, the one place to look at. */
import type { AddressInfo, Server, Socket } from 'node:net';
import { nodeNet } from '../util/nodes-own.ts';

/** The part of Node's handles that closing a socket needs. A socket of ours lends itself one for that moment only. */
export interface ClosingHandle {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  close(closed: () => void): void;
  /** @returns 0, libuv's "done" */
  reset(closed: () => void): 0;
}

export type WriteCallback = (error?: Error | null) => void;

/** Members of `net.Socket` that its declarations leave out. */
interface SocketInternals {
  /** Node's own: a file descriptor, a UNIX socket. While there is none, Node does what it does before connecting. */
  _handle: ClosingHandle | null;
  /** The name that was looked up; TLS checks certificates against it. */
  _host: string | null;
  _peername: AddressInfo | null;
  _sockname: AddressInfo | null;
  /** What waits for the connection, counted by `bytesWritten`. */
  _pendingData: unknown;
  _pendingEncoding: string;
  /** The server that accepted it, which counts its connections. */
  _server: Server | null;
  server: Server | null;
  _getpeername(): Partial<AddressInfo>;
  _getsockname(): Partial<AddressInfo>;
  /** Both kinds of write end here; while connecting, Node's own keeps the data until 'connect'. */
  _writeGeneric(many: boolean, data: unknown, encoding: BufferEncoding, callback: WriteCallback): unknown;
  /** Destroys with `_handle.reset()`. */
  _reset(): this;
  /** Restarts the clock of `setTimeout()`. */
  _unrefTimer(): void;
  /** Makes a destroyed stream new, to be connected again. */
  _undestroy(): void;
  // Declared by Node's types as plain properties, which a class may not override by accessors.
  readonly _bytesDispatched: number;
  readonly bytesRead: number;
  readonly bufferSize: number;
  readonly pending: boolean;
  autoSelectFamilyAttemptedAddresses: string[];
  connecting: boolean;
}

/** Members of `net.Server` that its declarations leave out. */
interface ServerInternals {
  _handle: { close(): void; ref(): void; unref(): void } | null;
  /** `unref()` was called. */
  _unref: boolean;
  _connections: number;
  /** Grows with each `listen()` and `close()`, so that a late answer is known for late. */
  _listeningId: number;
  _emitCloseIfDrained(): void;
  /** Family, address and port as they were asked for. */
  _connectionKey: string;
}

export type InternalSocket = Socket & SocketInternals;
export type InternalServer = Server & ServerInternals;

export const NodeSocket = nodeNet.Socket as unknown as new (...given: never[]) => InternalSocket;
export const NodeServer = nodeNet.Server as unknown as new (...given: never[]) => InternalServer;

/** What Node's own accessor says; `super.bytesRead` does not compile for a plain property. */
export function nodesOwn<Name extends 'pending' | 'bytesRead' | '_bytesDispatched' | 'bufferSize'>(
  socket: InternalSocket,
  name: Name,
): InternalSocket[Name] {
  return Reflect.get(nodeNet.Socket.prototype, name, socket);
}

/**
 * Whether TLS is taking the socket over (`_init` in lib/_tls_wrap.js). It reads and writes by the stream's own
 * methods, since there is no `_handle`, and leaves no other trace than the stack.
 */
export function calledByTls(): boolean {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 5;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = stackTraceLimit;
  return stack.includes('TLSSocket._init');
}

const MAJOR = Number.parseInt(process.versions.node, 10);

/** Until Node 20 no limit is what 0 means. */
export const zeroIsLimit = MAJOR > 20;

/** Who tells `net.client.socket`: the method `connect()`, until Node 20 the function of that name. */
export const methodTells = MAJOR > 20;

/** Whether records of MX, SRV and CAA have a `type`. */
export const recordsHaveType = MAJOR >= 24;

/** What Node's constructors do to a new object. */
export function initialiseSocket(socket: object, options: unknown): void {
  Reflect.apply(nodeNet.Socket, socket, [options]);
}

export function initialiseServer(server: object, given: readonly unknown[]): void {
  Reflect.apply(nodeNet.Server, server, given);
}
