/** Opens a socket: the form that this firmware accepts, an id that is free, and the outcome, which comes later as a URC. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Endpoint } from '../../driver/port.ts';
import { SocketFailure } from '../../driver/socket-failure.ts';
import { ignoreRefusal } from '../../threegpp/network.ts';
import * as qfwd from './commands.ts';
import type { QfwdContext } from './context.ts';
import { DEFAULT_URC_PORT, type Form, parseForm } from './forms.ts';
import { isRefused, type Socket } from './socket.ts';

/** The QI family's limit for a connection to come up; this one has none (quectel-qfwd.md 3.2). */
const OUTCOME_MS = 150_000;
/** How long until the modem's own table is looked at, because the URC may be lost. */
const LOOK_MS = 5_000;
/** The same where no URC comes at all. */
const QUICK_LOOK_MS = 500;

/** How long a TCP client may be on its way without being in that table. */
const UNLISTED_MS = 30_000;

/** A result of ours, for what no URC has told. */
const NOT_OPEN = -1;

export interface Request {
  readonly kind: 'client' | 'server';
  readonly protocol: qfwd.Protocol;
  /** The peer of a client, or where a server listens. */
  readonly place: Endpoint;
  readonly signal?: AbortSignal | undefined;
  readonly lookMs?: number;
}

/**
 * Resolves with the result of the URC, 0 for success.
 * @throws AtError the modem refuses every form; SocketFailure ETIMEDOUT, ENETDOWN; AbortError
 */
export async function openSocket(context: QfwdContext, socket: Socket, request: Request): Promise<number> {
  if (request.kind === 'server') context.openingServers.add(socket);
  try {
    const form = await ask(context, socket, request);
    // A refusal means that there is no such setting: the socket works all the same.
    if (!form.port && context.namedUrcPort !== DEFAULT_URC_PORT)
      await socket.execute(qfwd.writeUrcPort(socket.id, context.namedUrcPort)).catch(ignoreRefusal);
    return await outcome(context, socket, request);
  } finally {
    context.openingServers.delete(socket);
  }
}

/** Gives back the form that was accepted. */
async function ask(context: QfwdContext, socket: Socket, request: Request): Promise<Form> {
  try {
    return await askInAnyForm(context, socket, request);
  } catch (cause) {
    // Perhaps the modem has just given the id to a caller (3.1): once more with another.
    if (!socket.displaced && !isRefused(cause)) throw cause;
    socket.renew();
    return askInAnyForm(context, socket, request);
  }
}

async function askInAnyForm(context: QfwdContext, socket: Socket, request: Request): Promise<Form> {
  const { capabilities } = context;
  const { kind } = request;
  let refusal: unknown;
  for (const cid of capabilities.candidates('cid')) {
    for (const name of capabilities.candidates(`${kind}Form`)) {
      const form = parseForm(name);
      try {
        await askOnce(context, socket, request, cid === 'any' ? 0 : context.options.cid, form);
        capabilities.learn('cid', cid);
        capabilities.learn(`${kind}Form`, name);
        return form;
      } catch (cause) {
        ignoreRefusal(cause);
        refusal = cause;
      }
    }
  }
  throw refusal;
}

async function askOnce(
  context: QfwdContext,
  socket: Socket,
  { kind, protocol, place }: Request,
  cid: number,
  form: Form,
): Promise<void> {
  context.gone.throwIfAborted();
  const apn = form.order === 'apn' ? await context.apn() : '';
  const urcPort = context.namedUrcPort;
  socket.urcPort = urcPort;
  const opening = { id: socket.id, cid, apn, protocol, place, urcPort };
  if (kind === 'client') return socket.execute(qfwd.openClient(opening, form));
  await context.named(
    'server',
    name => qfwd.openServer(name, opening, form),
    () => socket.checkHeld(),
  );
}

async function outcome(
  context: QfwdContext,
  socket: Socket,
  { kind, protocol, signal, lookMs = LOOK_MS }: Request,
): Promise<number> {
  const began = performance.now();
  const signals = [context.gone, ...(signal ? [signal] : [])];
  // Only a TCP client takes its time. Whether the modem's table shows it meanwhile is not known: where URCs do come
  // its one is waited for.
  const takesTime = kind === 'client' && protocol === 'tcp';
  if (takesTime && context.urcsExpected) {
    const result = await within(socket.outcome, OUTCOME_MS, signals);
    if (result !== undefined) return result;
    throw new SocketFailure('ETIMEDOUT', `not connected after ${OUTCOME_MS / 1000} s`);
  }
  for (;;) {
    const limitMs = context.urcPort === 'none' ? QUICK_LOOK_MS : lookMs;
    const result = await within(socket.outcome, limitMs, signals);
    if (result !== undefined) return result;
    if (await socket.isListed()) {
      context.suspectUrcPort();
      return 0;
    }
    if (!takesTime || performance.now() - began > UNLISTED_MS) return NOT_OPEN;
  }
}

/** undefined after `limitMs`. @throws the reason of a signal */
async function within<T>(
  work: Promise<T>,
  limitMs: number,
  signals: readonly AbortSignal[],
): Promise<T | undefined> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  const check = (): void => {
    for (const signal of signals) signal.throwIfAborted();
  };
  for (const signal of signals) signal.addEventListener('abort', stop);
  try {
    check();
    return await Promise.race([work, pause(limitMs, undefined, { signal: over.signal })]);
  } catch (error) {
    check();
    throw error;
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', stop);
    stop();
  }
}
