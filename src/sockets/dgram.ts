/** createDgram(): a stand-in for the module `node:dgram`, over a modem. */

import type * as Dgram from 'node:dgram';
import { channel } from 'node:diagnostics_channel';
import type { lookup } from 'node:dns';
import { addAbortListener, EventEmitter } from 'node:events';
import { BlockList } from 'node:net';
import { checkAbortSignal, checkFunction, checkUint32 } from './arguments.ts';
import { DgramSocket, type SocketState, STATE } from './dgram-socket.ts';
import { DgramState, type Lookup } from './dgram-state.ts';
import type { DriverSource } from './driver-source.ts';
import { invalidArgumentType, nodeError } from './node-error.ts';

export type { DriverSource } from './driver-source.ts';

export interface DgramServices {
  readonly driver: DriverSource;
  /** As `dns.lookup`; read when a socket is created, so a getter lets programs replace it. */
  readonly lookup: typeof lookup | Lookup;
}

/** What the buffers of an unknown modem are said to hold. */
const BUFFER_BYTES = 65_536;

const created = channel('udp.socket');

/** The result is complete, plain and mutable, as `require('node:dgram')` is. */
export function createDgram(services: DgramServices): typeof Dgram {
  // A function and no class: programs of the old style call it on an object of theirs.
  function Socket(this: DgramSocket, type: unknown, listener?: unknown): void {
    Reflect.apply(EventEmitter, this, []);
    initialise(this, services, type, listener);
  }
  Object.setPrototypeOf(Socket, EventEmitter);
  Socket.prototype = Object.create(DgramSocket.prototype, {
    constructor: { value: Socket, configurable: true, writable: true },
  });
  const Constructor = Socket as unknown as typeof Dgram.Socket & (new (...given: unknown[]) => Dgram.Socket);
  return {
    createSocket: (type: unknown, listener?: unknown) => new Constructor(type, listener),
    Socket: Constructor,
  };
}

/** Nothing of it is checked yet. The block lists are of newer Nodes. */
type Options = Partial<Record<keyof Dgram.SocketOptions | 'sendBlockList' | 'receiveBlockList', unknown>>;

function initialise(socket: DgramSocket, services: DgramServices, first: unknown, listener: unknown): void {
  const options = (typeof first === 'object' && first !== null ? first : { type: first }) as Options;
  const { type, signal } = options;
  if (options.recvBufferSize) checkUint32(options.recvBufferSize, 'options.recvBufferSize');
  if (options.sendBufferSize) checkUint32(options.sendBufferSize, 'options.sendBufferSize');
  if (options.lookup !== undefined) checkFunction(options.lookup, 'lookup');
  if (type !== 'udp4' && type !== 'udp6')
    throw nodeError(
      TypeError,
      'ERR_SOCKET_BAD_TYPE',
      'Bad socket type specified. Valid types are: udp4, udp6',
    );
  const lookup = (options.lookup ?? services.lookup) as Lookup;
  const state: SocketState = {
    life: new DgramState(socket, services.driver, type === 'udp4' ? 4 : 6, lookup, {
      send: blockList(options, 'sendBlockList'),
      receive: blockList(options, 'receiveBlockList'),
    }),
    bufferBytes: {
      recv: Number(options.recvBufferSize || BUFFER_BYTES),
      send: Number(options.sendBufferSize || BUFFER_BYTES),
    },
  };
  Object.defineProperty(socket, STATE, { value: state });
  socket.type = type;
  if (typeof listener === 'function') socket.on('message', listener as () => void);
  if (signal !== undefined) closeOnAbort(socket, signal);
  if (created.hasSubscribers) created.publish({ socket });
}

function blockList(options: Options, name: 'sendBlockList' | 'receiveBlockList'): BlockList | undefined {
  const list = options[name];
  if (!list) return undefined;
  if (list instanceof BlockList) return list;
  throw invalidArgumentType(`options.${name}`, 'an net.BlockList', list);
}

function closeOnAbort(socket: DgramSocket, signal: unknown): void {
  checkAbortSignal(signal, 'options.signal');
  const close = (): void => {
    if (!socket[STATE].life.closed) socket.close();
  };
  if (signal.aborted) {
    close();
  } else {
    const listening = addAbortListener(signal, close);
    socket.once('close', () => listening[Symbol.dispose]());
  }
}
