/** `node:dgram` whose datagrams go where the rules say. */
import type dgram from 'node:dgram';
import { callable } from '../sockets/callable.ts';
import { sortBindArguments } from '../sockets/dgram-socket.ts';
import { sortSendArguments } from '../sockets/send-arguments.ts';
import { nodeDgram } from '../util/nodes-own.ts';
import type { LookupFor } from './lookup.ts';
import type { Rules, Side } from './rules.ts';

type Given = readonly unknown[];

/** One socket of a program: Node's own, and one of the modem's beside it once something goes over the modem. */
interface Sides {
  readonly rules: Rules;
  readonly openOver: () => dgram.Socket;
  over: dgram.Socket | undefined;
  /** Node's own has been bound, connected or sent with. */
  ownIsUsed: boolean;
  ownIsClosed: boolean;
  connected: Side | undefined;
  isRef: boolean;
}

const SIDES = Symbol('sides');
const NodeSocket = nodeDgram.Socket as unknown as new (...given: Given) => dgram.Socket;

class RoutedSocket extends NodeSocket {
  declare readonly [SIDES]: Sides;

  override bind(...given: Given): this {
    const { rules, ownIsUsed } = this[SIDES];
    const { port, address, fd } = sortBindArguments(given);
    // Node's own binds itself here when it is sent with first.
    const isOwn = ownIsUsed || fd !== undefined;
    call(this, isOwn ? 'local' : rules.listen(address, Number(port ?? 0)), 'bind', given);
    return this;
  }

  override connect(...given: Given): void {
    const sides = this[SIDES];
    const [port, address] = given;
    const side = sides.rules.connect(typeof address === 'string' ? address : '', Number(port));
    call(this, side, 'connect', given);
    sides.connected = side;
  }

  override disconnect(): void {
    const sides = this[SIDES];
    call(this, sides.connected ?? 'local', 'disconnect', []);
    sides.connected = undefined;
  }

  override send(...given: Given): void {
    const { connected, rules } = this[SIDES];
    const { address = '', port } = connected ? {} : sortSendArguments(given, false);
    call(this, connected ?? rules.connect(address, port), 'send', given);
  }

  override close(callback?: () => void): this {
    const { over, ownIsUsed } = this[SIDES];
    if (callback) this.on('close', callback);
    // Where only the modem's is in use, 'close' comes when that is closed.
    if (!over || ownIsUsed) closeOwn(this);
    over?.close();
    return this;
  }

  override ref(): this {
    this[SIDES].isRef = true;
    this[SIDES].over?.ref();
    return super.ref();
  }

  override unref(): this {
    this[SIDES].isRef = false;
    this[SIDES].over?.unref();
    return super.unref();
  }

  override remoteAddress(): ReturnType<dgram.Socket['remoteAddress']> {
    const { connected, over } = this[SIDES];
    return connected === 'modem' && over ? over.remoteAddress() : super.remoteAddress();
  }

  override getSendQueueSize(): number {
    return super.getSendQueueSize() + (this[SIDES].over?.getSendQueueSize() ?? 0);
  }

  override getSendQueueCount(): number {
    return super.getSendQueueCount() + (this[SIDES].over?.getSendQueueCount() ?? 0);
  }
}

// Calls without a destination are for Node's own, unless only the modem's is in use.
for (const name of [
  'address',
  'addMembership',
  'addSourceSpecificMembership',
  'dropMembership',
  'dropSourceSpecificMembership',
  'getRecvBufferSize',
  'getSendBufferSize',
  'setBroadcast',
  'setMulticastInterface',
  'setMulticastLoopback',
  'setMulticastTTL',
  'setRecvBufferSize',
  'setSendBufferSize',
  'setTTL',
]) {
  const value = function (this: RoutedSocket, ...given: Given): unknown {
    const { over, ownIsUsed } = this[SIDES];
    return over && !ownIsUsed
      ? apply(over, over, name, given)
      : apply(NodeSocket.prototype, this, name, given);
  };
  Object.defineProperty(RoutedSocket.prototype, name, { value, writable: true, configurable: true });
}

function call(socket: RoutedSocket, side: Side, name: string, given: Given): void {
  const sides = socket[SIDES];
  if (side === 'local') {
    sides.ownIsUsed = true;
    apply(NodeSocket.prototype, socket, name, given);
    return;
  }
  sides.over ??= openOver(socket);
  const bound = given.map(value => (typeof value === 'function' ? value.bind(socket) : value));
  apply(sides.over, sides.over, name, bound);
}

/** Node's declarations are overloads, which nothing that takes any call satisfies. */
function apply(methods: object, socket: object, name: string, given: Given): unknown {
  return Reflect.apply(Reflect.get(methods, name), socket, given);
}

function openOver(socket: RoutedSocket): dgram.Socket {
  const sides = socket[SIDES];
  const over = sides.openOver();
  for (const event of ['message', 'error', 'connect'])
    over.on(event, (...told: Given) => socket.emit(event, ...told));
  over.on('listening', () => sides.ownIsUsed || socket.emit('listening'));
  over.on('close', () => sides.ownIsClosed || closeOwn(socket));
  if (!sides.isRef) over.unref();
  return over;
}

/** Its 'close' is the program's. */
function closeOwn(socket: RoutedSocket): void {
  NodeSocket.prototype.close.call(socket);
  socket[SIDES].ownIsClosed = true;
}

/** What it replaces in the module. */
export function routeDgram(modem: typeof dgram, rules: Rules, lookupFor: LookupFor): object {
  const Socket = callable<RoutedSocket, object>(
    RoutedSocket,
    nodeDgram.Socket,
    'Socket',
    (socket, first, listener) => {
      const options = (typeof first === 'object' ? first : { type: first }) as dgram.SocketOptions;
      const withLookup = (side: Side) =>
        ({ ...options, lookup: lookupFor(side, options.lookup) }) as dgram.SocketOptions;
      const sides: Sides = {
        rules,
        openOver: () => modem.createSocket({ ...withLookup('modem'), signal: undefined }),
        over: undefined,
        ownIsUsed: false,
        ownIsClosed: false,
        connected: undefined,
        isRef: true,
      };
      Object.defineProperty(socket, SIDES, { value: sides });
      Reflect.apply(nodeDgram.Socket, socket, [withLookup('local'), listener]);
    },
  );
  return { Socket, createSocket: (type: unknown, listener?: unknown) => new Socket(type, listener) };
}
