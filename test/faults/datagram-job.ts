/** The datagrams of the workload: numbered ones to a real echo, over as many sockets as it takes. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Modem } from '../../src/index.ts';
import type { Random } from '../../src/util/random.ts';
import { content } from './content.ts';
import type { DatagramRecord } from './oracle.ts';
import type { VirtualTime } from './virtual-time.ts';

const LARGEST = 1_000;
/** Datagrams may be lost. */
const ECHO_MS = 5_000;
const STUCK_MS = 400_000;

export async function runDatagrams(
  modem: Modem,
  time: VirtualTime,
  ready: () => Promise<void>,
  random: Random,
  count: number,
): Promise<DatagramRecord> {
  const peer = createSocket('udp4');
  peer.bind(0, '127.0.0.1');
  await once(peer, 'listening');
  const { port } = peer.address();
  const record: DatagramRecord = {
    name: 'datagrams',
    sent: [],
    peerHeard: [],
    peerSent: [],
    heard: [],
    peer: `127.0.0.1:${port}`,
    callbacks: [],
    codes: [],
    stuck: false,
  };
  peer.on('message', (data, from) => {
    time.touch();
    record.peerHeard.push(data);
    record.peerSent.push(data);
    peer.send(data, from.port, from.address);
  });
  let socket: Socket | undefined;
  for (let index = 0; index < count && !record.stuck; index++) {
    await ready();
    socket ??= open(modem, record, lost => {
      if (socket === lost) socket = undefined;
    });
    const number = Buffer.from(`${index} `);
    await exchange(socket, Buffer.concat([number, content(random(LARGEST), random(2 ** 31))]), port, record);
  }
  await closed(socket, record);
  peer.close();
  return record;
}

function open(modem: Modem, record: DatagramRecord, gone: (lost: Socket) => void): Socket {
  const socket = modem.dgram.createSocket('udp4');
  socket.on('message', (data, from) => record.heard.push({ data, from: `${from.address}:${from.port}` }));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    record.codes.push(error.code ?? error.message);
    gone(socket);
    socket.close();
  });
  socket.on('close', () => gone(socket));
  return socket;
}

/** Resolves when the echo is there or is not awaited any more, and the callback has run or never will. */
function exchange(socket: Socket, data: Buffer, port: number, record: DatagramRecord): Promise<void> {
  record.sent.push(data);
  const index = record.callbacks.push(0) - 1;
  return new Promise(resolve => {
    const stuck = setTimeout(() => {
      record.stuck = true;
      settle();
    }, STUCK_MS);
    let wait: NodeJS.Timeout | undefined;
    const settle = (): void => {
      clearTimeout(stuck);
      clearTimeout(wait);
      socket.off('message', hear).off('close', settle);
      resolve();
    };
    const hear = (heard: Buffer): void => {
      if (heard.equals(data)) settle();
    };
    socket.on('message', hear);
    socket.on('close', settle);
    socket.send(data, port, '127.0.0.1', (error: NodeJS.ErrnoException | null) => {
      record.callbacks[index] = (record.callbacks[index] ?? 0) + 1;
      if (error) record.codes.push(error.code ?? error.message);
      if (error) settle();
      else wait ??= setTimeout(settle, ECHO_MS);
    });
  });
}

function closed(socket: Socket | undefined, record: DatagramRecord): Promise<void> {
  if (!socket) return Promise.resolve();
  return new Promise(resolve => {
    const stuck = setTimeout(() => {
      record.stuck = true;
      resolve();
    }, STUCK_MS);
    socket.close(() => {
      clearTimeout(stuck);
      resolve();
    });
  });
}
