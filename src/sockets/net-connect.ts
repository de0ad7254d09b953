/** From a host and a port number to one connection: the lookup, then one address or several in turn. */
import dns, { type LookupAddress } from 'node:dns';
import type { EventEmitter } from 'node:events';
import { isIP } from 'node:net';
import type { Endpoint, Family } from '../driver/port.ts';
import { endpointTo, WILDCARD } from './addresses.ts';
import {
  blockedAddress,
  type Destination,
  invalidAddressFamily,
  invalidIpAddress,
  type NetLookup,
} from './net-arguments.ts';
import { failedCall, systemError } from './system-error.ts';

/** A socket as its connecting sees it. */
export interface Caller extends EventEmitter {
  /** Until it is connected or destroyed. */
  readonly connecting: boolean;
  autoSelectFamilyAttemptedAddresses: string[];
  _host: string | null;
  destroy(error: Error): unknown;
  /** Restarts the clock of `setTimeout()`. */
  _unrefTimer(): void;
}

export interface Dialling {
  readonly destination: Destination;
  readonly lookup: NetLookup;
  readonly autoSelectFamily: boolean;
  readonly attemptTimeoutMs: number;
  /** Opens a connection of the modem and gives up the one before. `opened` is called in a turn of its own. */
  readonly open: (
    remote: Endpoint,
    localAddress: string | undefined,
    opened: (cause?: unknown) => void,
  ) => void;
  readonly connected: () => void;
}

type Found = LookupAddress & { family: Family };

export function dial(caller: Caller, dialling: Dialling): void {
  const { host } = dialling.destination;
  const literal = isIP(host);
  if (literal) process.nextTick(() => caller.connecting && connectTo(caller, dialling, host, literal));
  else lookUp(caller, dialling);
}

function lookUp(caller: Caller, dialling: Dialling): void {
  caller._host = dialling.destination.host;
  if (wantsAll(dialling)) lookUpAll(caller, dialling);
  else lookUpOne(caller, dialling);
}

function wantsAll({ destination: { family, localAddress }, autoSelectFamily }: Dialling): boolean {
  return family !== 4 && family !== 6 && !localAddress && autoSelectFamily;
}

function lookUpOne(caller: Caller, dialling: Dialling): void {
  const { destination, lookup } = dialling;
  lookup(destination.host, lookupOptions(destination), (error, address, family) => {
    caller.emit('lookup', error, address, family, destination.host);
    if (!caller.connecting) return;
    const refused = error ?? invalid(address, family, destination);
    if (refused) {
      process.nextTick(() => caller.destroy(refused));
      return;
    }
    caller._unrefTimer();
    connectTo(caller, dialling, String(address), Number(family));
  });
}

function lookUpAll(caller: Caller, dialling: Dialling): void {
  const { destination, lookup } = dialling;
  lookup(destination.host, { ...lookupOptions(destination), all: true }, (error, answer) => {
    if (!caller.connecting) return;
    if (error) {
      caller.emit('lookup', error, undefined, undefined, destination.host);
      process.nextTick(() => caller.destroy(error));
      return;
    }
    const found = answer as readonly LookupAddress[];
    for (const { address, family } of found) {
      caller.emit('lookup', error, address, family, destination.host);
      if (!caller.connecting) return;
    }
    const usable = alternating(found);
    const [first, second] = usable;
    if (!first) {
      const refused = invalid(found[0]?.address, found[0]?.family, destination);
      if (refused) process.nextTick(() => caller.destroy(refused));
      return;
    }
    caller._unrefTimer();
    if (second) new Attempts(caller, dialling, usable).next();
    else connectTo(caller, dialling, first.address, first.family);
  });
}

function lookupOptions({ family, hints }: Destination): { family: unknown; hints: number } {
  const any = family !== 4 && family !== 6;
  // As Node: only families that this side has an address of, unless the program says otherwise.
  return { family, hints: any && hints === 0 && process.platform !== 'win32' ? dns.ADDRCONFIG : hints };
}

function invalid(address: unknown, family: unknown, { host, port }: Destination): Error | undefined {
  if (typeof address !== 'string' || !isIP(address)) return invalidIpAddress(address);
  return family === 4 || family === 6 ? undefined : invalidAddressFamily(family, host, port);
}

/** Each address once; the families take turns, that of the first one first. */
function alternating(found: readonly LookupAddress[]): readonly Found[] {
  const usable = found.filter(
    ({ address, family }, index): boolean =>
      isIP(address) !== 0 &&
      (family === 4 || family === 6) &&
      found.findIndex(other => other.address === address && other.family === family) === index,
  ) as Found[];
  const preferred = usable.filter(({ family }) => family === usable[0]?.family);
  const others = usable.filter(({ family }) => family !== usable[0]?.family);
  const longest = Math.max(preferred.length, others.length);
  return Array.from({ length: longest }, (_, index) => [preferred[index], others[index]])
    .flat()
    .filter(address => address !== undefined);
}

/** The only address there is. */
function connectTo(caller: Caller, dialling: Dialling, address: string, family: number): void {
  const { port, localAddress, localPort } = dialling.destination;
  const refusal = refused(dialling.destination, address, family as Family);
  if (refusal instanceof Error) {
    caller.destroy(refusal);
    return;
  }
  caller.emit('connectionAttempt', address, port, family);
  if (!caller.connecting) return;
  dialling.open(refusal, localAddress, cause => {
    if (cause === undefined) {
      dialling.connected();
      return;
    }
    const error =
      localAddress && (cause as { code?: unknown }).code === 'EADDRNOTAVAIL'
        ? failedCall(cause, 'bind', { address: localAddress, port: localPort })
        : failedCall(cause, 'connect', { address, port });
    caller.emit('connectionAttemptFailed', address, port, family, error);
    caller.destroy(error);
  });
}

/** What is not even tried, as an error; otherwise where to connect to. */
function refused(destination: Destination, address: string, family: Family): Endpoint | Error {
  const { port, localAddress, localPort, blockList } = destination;
  if (blockList?.check(address, `ipv${family}`)) return blockedAddress(address);
  // Deviation local-port.
  if (localPort)
    return systemError('EOPNOTSUPP', 'bind', {
      at: { address: localAddress ?? WILDCARD[family], port: localPort },
      cause: new Error('the modem chooses the local port number of a connection'),
    });
  return endpointTo(address, port, family) ?? systemError('EINVAL', 'connect', { at: { address, port } });
}

/** Several addresses in turn, the next one when the last has failed or takes long ("happy eyeballs", as Node's). */
class Attempts {
  readonly #caller: Caller;
  readonly #dialling: Dialling;
  readonly #addresses: readonly Found[];
  readonly #errors: Error[] = [];
  #tried = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(caller: Caller, dialling: Dialling, addresses: readonly Found[]) {
    this.#caller = caller;
    this.#dialling = dialling;
    this.#addresses = addresses;
    caller.autoSelectFamilyAttemptedAddresses = [];
  }

  next(): void {
    clearTimeout(this.#timer);
    if (!this.#caller.connecting) return;
    const found = this.#addresses[this.#tried++];
    if (!found) {
      const code = (this.#errors[0] as NodeJS.ErrnoException | undefined)?.code;
      this.#caller.destroy(Object.assign(new AggregateError(this.#errors), { code }));
      return;
    }
    const { address, family } = found;
    const { destination, open, connected, attemptTimeoutMs } = this.#dialling;
    const { port } = destination;
    const remote = refused(destination, address, family);
    if (remote instanceof Error) {
      this.#failed(found, remote);
      return;
    }
    this.#caller.emit('connectionAttempt', address, port, family);
    this.#caller.autoSelectFamilyAttemptedAddresses.push(`${address}:${port}`);
    if (!this.#caller.connecting) return;
    open(remote, undefined, cause => {
      clearTimeout(this.#timer);
      if (cause === undefined) connected();
      else this.#failed(found, failedCall(cause, 'connect', { address, port }));
    });
    if (this.#tried < this.#addresses.length)
      this.#timer = setTimeout(() => this.#timedOut(found), attemptTimeoutMs);
  }

  #failed({ address, family }: Found, error: Error): void {
    this.#errors.push(error);
    this.#caller.emit('connectionAttemptFailed', address, this.#dialling.destination.port, family, error);
    this.next();
  }

  #timedOut({ address, family }: Found): void {
    const { port } = this.#dialling.destination;
    this.#caller.emit('connectionAttemptTimeout', address, port, family);
    this.#errors.push(systemError('ETIMEDOUT', 'connect', { at: { address, port } }));
    this.next();
  }
}
