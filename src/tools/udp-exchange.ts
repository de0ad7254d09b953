/** Sends datagrams over a modem and shows what comes back, until there is a reason to end. */
import type { RemoteInfo, Socket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { Modem } from '../modem.ts';
import { complain, complainOf } from './output.ts';

export interface UdpExchange {
  readonly family: 4 | 6;
  /** Who gets what is sent; undefined: nothing is sent. */
  readonly peer: { readonly address: string; readonly port: number } | undefined;
  /** One datagram; undefined: each line of standard input. */
  readonly data: Uint8Array | undefined;
  /** Local port number to bind to. */
  readonly listen: number | undefined;
  /** Milliseconds after the last datagram was sent; undefined: for ever. */
  readonly wait: number | undefined;
  /** Ends when so many have come. */
  readonly count: number | undefined;
  show(data: Buffer, from: RemoteInfo): void;
}

/** @throws Error if something was not sent, or fewer came than were asked for */
export async function exchangeUdp(modem: Modem, exchange: UdpExchange, signal: AbortSignal): Promise<void> {
  const { family, peer, data, listen, wait, count = Number.POSITIVE_INFINITY } = exchange;
  const socket = modem.dgram.createSocket(family === 6 ? 'udp6' : 'udp4');
  const over = new AbortController();
  let received = 0;
  let problem: string | undefined;
  const enough = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (message, from) => {
      if (received < count) exchange.show(message, from);
      if (++received === count) resolve();
    });
  });
  const work = async (): Promise<void> => {
    if (listen !== undefined) await bind(socket, listen);
    if (peer) {
      const send = (datagram: Uint8Array): Promise<void> => sendTo(socket, datagram, peer);
      if (data) await send(data);
      else problem = await sendLines(send, AbortSignal.any([signal, over.signal]));
    }
    await (wait === undefined ? enough : pause(wait));
  };
  try {
    await Promise.race([enough, work()]);
  } finally {
    over.abort();
    await new Promise<void>(resolve => socket.close(resolve));
  }
  if (problem !== undefined) throw new Error(problem);
  if (received < count && Number.isFinite(count)) throw new Error(`${received} of ${count} datagrams came`);
}

async function bind(socket: Socket, port: number): Promise<void> {
  await new Promise<void>(resolve => socket.bind(port, resolve));
  const local = socket.address();
  complain(`listening on ${local.address} port ${local.port}`);
}

function sendTo(
  socket: Socket,
  datagram: Uint8Array,
  { address, port }: { readonly address: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(datagram, port, address, error => (error ? reject(error) : resolve()));
  });
}

/** A line that cannot be sent is no reason to drop the ones behind it. Returns what went wrong on the whole. */
async function sendLines(
  send: (datagram: Uint8Array) => Promise<void>,
  signal: AbortSignal,
): Promise<string | undefined> {
  let lines = 0;
  let failed = 0;
  for await (const line of createInterface({ input: process.stdin, signal })) {
    // Lines that were read before it ended still come.
    if (signal.aborted) break;
    lines++;
    await send(Buffer.from(line)).catch(error => {
      if (signal.aborted) return;
      failed++;
      complainOf(error);
    });
  }
  return failed > 0 ? `${failed} of ${lines} datagrams were not sent` : undefined;
}
