/** From a talking modem to an active PDP context: the part of a driver that needs no vendor command. */
import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { AtError } from '../at/at-error.ts';
import type { AtChannel } from '../at/channel.ts';
import type { Command } from '../at/command.ts';
import type { UrcRule } from '../at/urc.ts';
import type { NetworkStatus, Registration, Waiting } from '../driver/driver.ts';
import type { Family } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import * as gpp from './commands.ts';
import { ignoreRefusal } from './failures.ts';
import { type SimLockOptions, unlockSim } from './sim-lock.ts';

export { ignoreRefusal } from './failures.ts';

export interface NetworkOptions extends SimLockOptions {
  /** PDP context identifier. */
  readonly cid: number;
  readonly apn?: string | undefined;
  readonly pdp?: 'ip' | 'ipv6' | 'ipv4v6' | undefined;
  /** How long to wait for registration; a first NB-IoT search takes minutes. */
  readonly registrationTimeoutMs?: number | undefined;
}

const REGISTRATION_TIMEOUT_MS = 180_000;
/** Reports of a changed state get lost, so it is asked for now and then. */
const REGISTRATION_POLL_MS = 3_000;

const registrationUrc: UrcRule<Registration> = {
  prefix: '+CEREG',
  parse: params => (gpp.isRegistrationReply(params) ? undefined : gpp.parseRegistration(params[0])),
};

/** @throws SocketFailure ENETDOWN, ENETUNREACH, EACCES with the modem's words as cause; AbortError */
export async function bringUp(at: AtChannel, options: NetworkOptions, waiting: Waiting): Promise<void> {
  const ask = <T>(command: Command<T>): Promise<T> =>
    at.execute(command, waiting.signal ? { signal: waiting.signal } : {});
  await prepareContext(ask, options);
  await unlockSim(ask, options, waiting.signal);
  await waitForRegistration(at, ask, options.registrationTimeoutMs ?? REGISTRATION_TIMEOUT_MS, waiting);
  await activateContext(ask, options.cid);
  await ask(gpp.colonAddresses).catch(ignoreRefusal);
}

export async function readNetwork(at: AtChannel, cid: number): Promise<NetworkStatus> {
  const { registration } = await at.execute(gpp.readRegistration);
  const addresses = await readContextAddresses(at, cid);
  const rssiDbm = await at.execute(gpp.readSignal).catch(ignoreRefusal);
  return {
    registration,
    addresses,
    ...(rssiDbm !== undefined && { rssiDbm }),
  };
}

/** Of the PDP context; none while it is not active. */
export async function readContextAddresses(at: AtChannel, cid: number): Promise<readonly string[]> {
  const addresses = await at.execute(gpp.readAddresses(cid)).catch(ignoreRefusal);
  return addresses?.map(({ address }) => address) ?? [];
}

/** Why nothing of this family can be reached or heard, if the network is why. */
export async function noNetwork(
  at: AtChannel,
  cid: number,
  family: Family,
  cause?: unknown,
): Promise<SocketFailure | undefined> {
  const network = await readNetwork(at, cid).catch(() => undefined);
  if (!network) return undefined;
  const { registration, addresses } = network;
  if (registration !== 'home' && registration !== 'roaming')
    return new SocketFailure('ENETDOWN', `not registered: ${registration}`, { cause });
  if (addresses.some(address => isIP(address) === family)) return undefined;
  return new SocketFailure('ENETUNREACH', `the PDP context has no IPv${family} address`, { cause });
}

type Ask = <T>(command: Command<T>) => Promise<T>;

/** A context can be changed only while the radio is off (sequans.md 2.3); written only when it differs. */
async function prepareContext(ask: Ask, { cid, apn, pdp }: NetworkOptions): Promise<void> {
  let functionality = await ask(gpp.readFunctionality);
  if (apn !== undefined || pdp !== undefined) {
    const now = (await ask(gpp.readContexts)).find(context => context.cid === cid);
    const wanted = { cid, type: pdp?.toUpperCase() ?? now?.type ?? 'IP', apn: apn ?? now?.apn ?? '' };
    if (now?.type !== wanted.type || now.apn !== wanted.apn) {
      if (functionality === 1) {
        await ask(gpp.setFunctionality(4));
        functionality = 4;
      }
      await ask(gpp.defineContext(wanted));
    }
  }
  if (functionality !== 1) await ask(gpp.setFunctionality(1));
}

/** Addresses of the name servers that the network gives to a context; none where the modem does not tell. */
export async function nameServers(at: AtChannel, cid: number): Promise<readonly string[]> {
  return (await at.execute(gpp.readNameServers(cid)).catch(ignoreRefusal)) ?? [];
}

async function waitForRegistration(
  at: AtChannel,
  ask: Ask,
  limitMs: number,
  waiting: Waiting,
): Promise<void> {
  const { signal, progress } = waiting;
  if (!(await ask(gpp.readRegistration)).reports) await ask(gpp.reportRegistration);
  const deadline = performance.now() + limitMs;
  let change = new AbortController();
  let last = '';
  // Not for what is known: a modem that says it with each answer would be asked without end.
  const stopListening = at.onUrc(registrationUrc, state => void (state !== last && change.abort()));
  try {
    for (;;) {
      change = new AbortController();
      const { registration } = await ask(gpp.readRegistration);
      if (registration !== last) progress?.(registration);
      last = registration;
      if (registration === 'home' || registration === 'roaming') return;
      const left = deadline - performance.now();
      if (left <= 0)
        throw new SocketFailure('ENETDOWN', `not registered after ${limitMs / 1000} s: ${registration}`);
      const woken = AbortSignal.any(signal ? [signal, change.signal] : [change.signal]);
      await pause(Math.min(REGISTRATION_POLL_MS, left), undefined, { signal: woken }).catch(() =>
        signal?.throwIfAborted(),
      );
    }
  } finally {
    stopListening();
  }
}

async function activateContext(ask: Ask, cid: number): Promise<void> {
  try {
    if (!(await ask(gpp.readAttached))) await ask(gpp.attach);
    if (!(await ask(gpp.readActive)).includes(cid)) await ask(gpp.activate(cid));
  } catch (cause) {
    if (!(cause instanceof AtError && cause.refused)) throw cause;
    throw new SocketFailure('ENETUNREACH', `PDP context ${cid} cannot be activated: ${cause.message}`, {
      cause,
    });
  }
}
