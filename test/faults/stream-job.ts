/** One TCP connection of the workload: both ends write, both listen, and everything is recorded. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Modem } from '../../src/index.ts';
import type { Random } from '../../src/util/random.ts';
import { content } from './content.ts';
import { pick, type Workload } from './fault.ts';
import type { StreamRecord } from './oracle.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Behind it nothing is expected to happen any more: some time-outs of the driver one after the other. */
const STUCK_MS = 400_000;
const PAUSE_MS = 3_000;

interface Plan {
  readonly ours: Buffer;
  readonly theirs: Buffer;
  /** Who ends first, and how. */
  readonly ending: 'program' | 'peer' | 'reset';
  /** The program stops reading for a while. */
  readonly pauses: boolean;
  readonly pieces: number;
}

type StreamSizes = Pick<Workload, 'usualBytes' | 'longestBytes'>;

export function planStream(random: Random, { usualBytes, longestBytes }: StreamSizes): Plan {
  const most = random(8) === 0 ? longestBytes : usualBytes;
  const size = (): number => (random(6) === 0 ? 0 : 1 + random(most));
  return {
    ours: content(size(), random(2 ** 31)),
    theirs: content(size(), random(2 ** 31)),
    ending: pick(['program', 'program', 'program', 'peer', 'peer', 'reset'], random),
    pauses: random(4) === 0,
    pieces: 1 + random(4),
  };
}

export async function runStream(
  modem: Modem,
  time: VirtualTime,
  name: string,
  plan: Plan,
): Promise<StreamRecord> {
  const record: StreamRecord = {
    name: `${name} ${plan.ours.length}/${plan.theirs.length} ${plan.ending}`,
    written: Buffer.alloc(0),
    peerWritten: Buffer.alloc(0),
    peerEnded: false,
    heard: [],
    peerHeard: [],
    peerSawEnd: false,
    events: [],
    callbacks: [],
    mostBuffered: 0,
    stuck: false,
  };
  const peers = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, peer => {
    peers.add(peer);
    servePeer(peer, plan, record, time);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await runProgram(modem.net.connect(port, '127.0.0.1'), plan, record);
  // What is under way to the peer still arrives.
  await turns(12);
  for (const peer of peers) peer.destroy();
  server.close();
  return record;
}

function servePeer(peer: Socket, { theirs, ending }: Plan, record: StreamRecord, time: VirtualTime): void {
  record.peerWritten = theirs;
  record.peerEnded = ending !== 'reset';
  peer.on('error', () => {});
  peer.on('data', chunk => {
    time.touch();
    record.peerHeard.push(chunk);
  });
  peer.on('end', () => {
    time.touch();
    record.peerSawEnd = true;
    peer.end();
  });
  peer.write(theirs);
  if (ending === 'peer') peer.end();
  // Behind an end libuv refuses to reset, and Node leaks the handle.
  else if (ending === 'reset') setTimeout(() => peer.writableEnded || peer.resetAndDestroy(), 200);
}

function runProgram(socket: Socket, plan: Plan, record: StreamRecord): Promise<void> {
  let heard = 0;
  let unwritten = 0;
  const endWhenDone = (): void => {
    if (heard >= plan.theirs.length && unwritten === 0) socket.end();
  };
  const note = (event: string): void => void record.events.push(event);
  socket.on('connect', () => {
    note('connect');
    const size = Math.ceil(plan.ours.length / plan.pieces);
    for (let at = 0; at < plan.ours.length; at += size) {
      const piece = plan.ours.subarray(at, at + size);
      const index = record.callbacks.push(0) - 1;
      unwritten++;
      record.written = plan.ours.subarray(0, at + size);
      socket.write(piece, error => {
        record.callbacks[index] = (record.callbacks[index] ?? 0) + 1;
        unwritten--;
        if (!error) endWhenDone();
      });
    }
    endWhenDone();
    if (!plan.pauses) return;
    socket.pause();
    setTimeout(() => socket.resume(), PAUSE_MS);
  });
  socket.on('data', (chunk: Buffer) => {
    record.heard.push(chunk);
    record.mostBuffered = Math.max(record.mostBuffered, socket.readableLength + chunk.length);
    heard += chunk.length;
    note('data');
    endWhenDone();
  });
  socket.on('end', () => note('end'));
  socket.on('finish', () => note('finish'));
  socket.on('error', (error: NodeJS.ErrnoException) => note(`error ${error.code ?? error.message}`));
  return new Promise(resolve => {
    const moved = (): number => record.peerHeard.length + record.heard.length;
    let seen = -1;
    const watch = (): void => {
      if (seen < moved()) {
        seen = moved();
        limit = setTimeout(watch, STUCK_MS);
        return;
      }
      record.stuck = true;
      socket.destroy();
      resolve();
    };
    let limit = setTimeout(watch, 0);
    socket.on('close', () => {
      note('close');
      clearTimeout(limit);
      // What comes behind it is recorded too, and should not be.
      void turns(4).then(resolve);
    });
  });
}

export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>(resolve => setImmediate(resolve));
}
