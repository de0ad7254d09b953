/** Programs that talk to one peer each, in bytes that are nobody else's: what gets to the wrong socket is seen. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Modem } from '../../src/index.ts';
import type { VirtualTime } from '../faults/virtual-time.ts';

export const BYTES = 3_000;
const DATAGRAM_BYTES = 200;
const PAUSE_MS = 700;

export interface Talker {
  /** Where its peer hears. */
  readonly port: number;
  /** From now on, until `stop()`. */
  talk(): void;
  /** Settles when everything of it has closed. */
  stop(): Promise<void>;
}

export interface Ears {
  readonly time: VirtualTime;
  /** Bytes were heard that the other side never says. */
  wrong(what: string): void;
}

/** What the program says, and what its peer does. */
const tags = (number: number): readonly [ours: number, theirs: number] => [0xc0 + number, 0xe0 + number];

const only = (data: Buffer, tag: number): boolean => data.every(byte => byte === tag);

/** A modem may make data up, as some lines of dialogues do that push them: those are ASCII. */
const noneElse = (data: Buffer, tag: number): boolean => data.every(byte => byte === tag || byte < 0x80);

const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, PAUSE_MS));

/** Connects again and again; both say all they have, and end. */
export async function tcpTalker(modem: Modem, number: number, { time, wrong }: Ears): Promise<Talker> {
  const [ours, theirs] = tags(number);
  const peers = new Set<Socket>();
  const server = createServer(peer => {
    peers.add(peer.on('error', () => {}).on('close', () => peers.delete(peer)));
    peer.on('data', data => {
      time.touch();
      if (!only(data, ours)) wrong(`the peer ${number} heard ${data.toString('hex').slice(0, 80)}`);
    });
    peer.end(Buffer.alloc(BYTES, theirs));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let current: Socket | undefined;
  let stopped = false;
  let over = Promise.resolve();
  const talk = async (): Promise<void> => {
    while (!stopped) {
      const socket = modem.net.connect(port, '127.0.0.1').on('error', () => {});
      current = socket;
      socket.on('data', data => {
        if (!noneElse(data, theirs)) wrong(`socket ${number} heard ${data.toString('hex').slice(0, 80)}`);
      });
      socket.end(Buffer.alloc(BYTES, ours));
      await new Promise(resolve => socket.once('close', resolve));
      await pause();
    }
  };
  return {
    port,
    talk: () => {
      over = talk();
    },
    stop: async () => {
      stopped = true;
      current?.destroy();
      await over;
      for (const peer of peers) peer.destroy();
      server.close();
    },
  };
}

/** Datagrams to an echo that says something else. */
export async function udpTalker(modem: Modem, number: number, { time, wrong }: Ears): Promise<Talker> {
  const [ours, theirs] = tags(number);
  const peer = createSocket('udp4');
  peer.on('message', (data, from) => {
    time.touch();
    if (!only(data, ours)) wrong(`the peer ${number} heard ${data.toString('hex').slice(0, 80)}`);
    peer.send(Buffer.alloc(DATAGRAM_BYTES, theirs), from.port, from.address);
  });
  peer.bind(0, '127.0.0.1');
  await once(peer, 'listening');
  const { port } = peer.address();
  const socket = modem.dgram.createSocket('udp4').on('error', () => {});
  socket.on('message', data => {
    if (!noneElse(data, theirs)) wrong(`socket ${number} heard ${data.toString('hex').slice(0, 80)}`);
  });
  let stopped = false;
  let over = Promise.resolve();
  const talk = async (): Promise<void> => {
    while (!stopped) {
      await new Promise(sent => socket.send(Buffer.alloc(DATAGRAM_BYTES, ours), port, '127.0.0.1', sent));
      await pause();
    }
  };
  return {
    port,
    talk: () => {
      over = talk();
    },
    stop: async () => {
      stopped = true;
      await over;
      await new Promise<void>(closed => socket.close(closed));
      peer.close();
    },
  };
}
