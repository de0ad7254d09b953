/** The methods of `net.Socket`: Node's own, except where they would ask the system for what the modem does. */
import type { AddressInfo } from 'node:net';
import type { Endpoint } from '../driver/port.ts';
import { addressInfo } from './addresses.ts';
import { checkConnectOptions, type ConnectOptions, type NetLookup, sortArguments } from './net-arguments.ts';
import { dial } from './net-connect.ts';
import { nodeError } from './node-error.ts';
import { type ClosingHandle, type InternalSocket, NodeSocket, type WriteCallback } from './node-internals.ts';
import { failedCall, systemError } from './system-error.ts';
import { HALF_CLOSE_MS, QUIET_MS, TcpHandle } from './tcp-handle.ts';
import type { DriverSource } from './udp-handle.ts';

/** What the sockets of one module share; found on their prototype. */
export interface SocketServices {
  readonly driver: DriverSource;
  readonly lookup: NetLookup;
  readonly autoSelectFamily: boolean;
  readonly attemptTimeoutMs: number;
}

/** The option of that name: data is written to a buffer of the program and is no part of the stream. */
export interface OnRead {
  readonly buffer: Uint8Array | (() => Uint8Array);
  readonly callback: (bytes: number, buffer: Uint8Array) => unknown;
}

export const SERVICES = Symbol('services');
export const ON_READ = Symbol('onread');
const HANDLE = Symbol('handle');
const BUFFER = Symbol('buffer');

/** The most one read may bring, as libuv's. */
const READ_BYTES = 65_536;

/**
 * Without a handle of ours a socket is entirely Node's: before connecting, after closing, and for UNIX sockets and
 * file descriptors, whose `_handle` is Node's.
 */
export class NetSocket extends NodeSocket {
  declare readonly [SERVICES]: SocketServices;
  declare [ON_READ]: OnRead | undefined;
  /** The program's buffer that the next read fills. */
  declare [BUFFER]: Uint8Array | undefined;
  declare [HANDLE]: TcpHandle | undefined;

  override connect(...given: readonly unknown[]): this {
    const { options, callback } = sortArguments<ConnectOptions>(given);
    if (options.path) return Reflect.apply(super.connect, this, given);
    if (callback) this.once('connect', callback);
    if (options.port === undefined && options.path == null)
      throw nodeError(
        TypeError,
        'ERR_MISSING_ARGS',
        'The "options" or "port" or "path" argument must be specified',
      );
    // Node puts a write() there that refuses, when the peer has ended.
    if (Object.hasOwn(this, 'write')) Reflect.deleteProperty(this, 'write');
    if (this[HANDLE]) this.#connectAgain(options);
    else this.#connect(options);
    return this;
  }

  #connect(options) {}
