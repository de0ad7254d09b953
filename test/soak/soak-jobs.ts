/** What the programs of a soak do: each call is one round, and gives back what must not have happened. */
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import type { Modem } from '../../src/index.ts';
import type { Random } from '../../src/util/random.ts';
import { content } from '../faults/content.ts';
import { runDatagrams } from '../faults/datagram-job.ts';
import { judgeDatagrams, judgeStream } from '../faults/oracle.ts';
import { createQueries } from '../faults/queries.ts';
import { planStream, runStream } from '../faults/stream-job.ts';
import { VirtualTime } from '../faults/virtual-time.ts';

export interface Round {
  readonly violations: readonly string[];
  /** It did what it was there for: no fault hit it. */
  readonly whole: boolean;
}

export type Job = (random: Random) => Promise<Round>;

/** Of the simulator's hosts. */
export const NAME = 'echo.test';

const STUCK_MS = 120_000;
const REST_MS = 200;
const STREAM_SIZES = { usualBytes: 4_000, longestBytes: 30_000 };
const DATAGRAMS = 30;

export async function createJobs(
  modem: Modem,
  ready: () => Promise<void>,
): Promise<Readonly<Record<'stream' | 'datagrams' | 'server' | 'questions', Job>>> {
  const queries = await createQueries(modem);
  // Not installed: the soak runs in real time.
  const time = new VirtualTime();
  return {
    stream: async random => {
      const record = await runStream(modem, time, 'stream', planStream(random, STREAM_SIZES));
      const failed = record.events.some(event => event.startsWith('error'));
      return { violations: judgeStream(record), whole: !failed };
    },
    datagrams: async random => {
      const record = await runDatagrams(modem, time, ready, random, DATAGRAMS);
      return { violations: judgeDatagrams(record), whole: record.heard.length === record.sent.length };
    },
    server: random => runServer(modem, content(1 + random(8_000), random(2 ** 31))),
    questions: async random => {
      const violations = await queries.ask(random(1_000));
      const looked = await modem.dns.promises.lookup(NAME).catch(() => undefined);
      if (looked && looked.address !== '127.0.0.1') violations.push(`${NAME} is ${looked.address}`);
      await new Promise(resolve => setTimeout(resolve, REST_MS));
      return { violations, whole: looked !== undefined };
    },
  };
}

/** A server on the modem that gives back what a caller from outside sends. */
async function runServer(modem: Modem, data: Buffer): Promise<Round> {
  const server = modem.net.createServer(socket => {
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  server.on('error', () => {});
  server.listen(0);
  const heard = await once(server, 'listening').then(
    () => echoed(server.address() as AddressInfo, data),
    () => Buffer.alloc(0),
  );
  await within(new Promise<void>(resolve => server.close(() => resolve())));
  const right = heard.equals(data.subarray(0, heard.length));
  return {
    violations: right ? [] : [`server: ${heard.length} bytes came back altered`],
    whole: heard.length === data.length,
  };
}

async function echoed({ port }: AddressInfo, data: Buffer): Promise<Buffer> {
  const heard: Buffer[] = [];
  let bytes = 0;
  const caller = connect(port, '127.0.0.1');
  caller.on('error', () => {});
  caller.on('data', chunk => {
    heard.push(chunk);
    bytes += chunk.length;
    if (bytes >= data.length) caller.end();
  });
  caller.write(data);
  await within(new Promise<void>(resolve => caller.once('close', () => resolve())));
  caller.destroy();
  return Buffer.concat(heard);
}

/** What a fault has hit may never come. */
async function within(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>(resolve => {
    timer = setTimeout(resolve, STUCK_MS);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
