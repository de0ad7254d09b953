/** Standard input into a TCP connection of the modem and what it brings to standard output, byte for byte. */
import { on, once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import type { Modem } from '../modem.ts';
import { complain, complainOf } from './output.ts';
import type { Service } from './service.ts';

/** @param waitMs how long the peer may be silent after standard input has ended, before the connection is closed */
export async function callTcp(
  modem: Modem,
  service: Service,
  family: 0 | 4 | 6,
  waitMs: number,
): Promise<void> {
  const socket = modem.net.connect({ ...service, ...(family && { family }) });
  await once(socket, 'connect');
  await exchange(socket, waitMs);
}

export interface Listening {
  readonly port: number;
  readonly family: 0 | 4 | 6;
  /** Callers one after another, until it is interrupted. */
  readonly keep: boolean;
  readonly waitMs: number;
}

export async function answerTcp(
  modem: Modem,
  { port, family, keep, waitMs }: Listening,
  signal: AbortSignal,
): Promise<void> {
  const server = modem.net.createServer({ pauseOnConnect: true });
  server.on('connection', caller => {
    complain(`call from ${caller.remoteAddress} port ${caller.remotePort}`);
    // It may fail while it waits for its turn, which is when that is told.
    caller.on('error', () => {});
  });
  // A server waits for its modem to come back, a command ends.
  const lost = new AbortController();
  modem.on('state', state => {
    if (state === 'recovering') lost.abort(new Error('the modem was lost'));
  });
  const callers = on(server, 'connection', {
    signal: AbortSignal.any([signal, lost.signal]),
    close: ['close'],
  }) as AsyncIterable<[Socket]>;
  server.listen({ port, ...(family && { host: family === 6 ? '::' : '0.0.0.0' }) });
  await once(server, 'listening');
  const local = server.address() as AddressInfo;
  complain(`listening on ${local.address} port ${local.port}`);
  try {
    for await (const [caller] of callers) {
      if (!keep) server.close();
      await exchange(caller, waitMs).catch(error => {
        if (!keep) throw error;
        if (!signal.aborted) complainOf(error);
      });
    }
  } catch (error) {
    if (!signal.aborted) lost.signal.throwIfAborted();
    throw error;
  }
}

/** Until both directions have ended. @throws Error of the socket */
async function exchange(socket: Socket, waitMs: number): Promise<void> {
  const { stdin, stdout } = process;
  // Modems cannot end one direction alone: an answer must be heard before our end is told (deviation half-close).
  const sayEnd = (): void => {
    if (waitMs === 0) socket.end();
    else socket.setTimeout(waitMs, () => socket.end());
  };
  const stopSending = (): void => {
    stdin.unpipe(socket).off('end', sayEnd);
  };
  socket.on('end', stopSending);
  socket.pipe(stdout, { end: false });
  if (stdin.readableEnded) sayEnd();
  else stdin.on('end', sayEnd).pipe(socket, { end: false });
  try {
    await finished(socket);
  } finally {
    stopSending();
  }
}
