/** Deliveries in virtual time: order, patience, what is dropped, and that one destination never waits for another. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Cursor } from '../../src/outgoing/cursor.ts';
import { deliverAll } from '../../src/outgoing/delivery.ts';
import { type Destination, RefusedError } from '../../src/outgoing/destination.ts';
import type { ServeEvent } from '../../src/serve/events.ts';
import { VirtualTime } from '../faults/virtual-time.ts';
import { temporaryFolder } from '../support/programs.ts';
import { Occurrences, receivedMessage, recentMessage } from './occurrences.ts';

const HOUR_MS = 3_600_000;

interface Desk extends Destination {
  /** Ids in the order in which they were taken. */
  readonly taken: string[];
  tries: number;
}

/** Takes everything but what `trouble` has something against. */
function openDesk(
  name: string,
  trouble: (event: ServeEvent, desk: Desk) => Error | undefined = () => undefined,
): Desk {
  const desk: Desk = {
    name,
    taken: [],
    tries: 0,
    wants: ({ type }) => type === 'message',
    deliver: async event => {
      desk.tries++;
      const error = trouble(event, desk);
      if (error) throw error;
      desk.taken.push(event.id);
    },
  };
  return desk;
}

/** Runs until `isDone`, which is asked whenever something was said or taken, or for so long. */
async function carry(
  source: Occurrences,
  desks: readonly Desk[],
  forMs: number,
  folder = temporaryFolder(),
): Promise<string[]> {
  const said: string[] = [];
  const stop = new AbortController();
  const time = new VirtualTime();
  time.install();
  try {
    setTimeout(() => stop.abort(), forMs);
    const deliveries = desks.map(desk =>
      deliverAll(source, desk, new Cursor(join(folder, desk.name), source.latest), {
        signal: stop.signal,
        log: sentence => said.push(sentence),
      }),
    );
    await time.run('deliveries', forMs + 1, Promise.all(deliveries));
  } finally {
    time.uninstall();
  }
  return said;
}

/** With a cursor at the beginning, as if the service had run before. */
function folderFor(...names: readonly string[]): string {
  const folder = temporaryFolder();
  for (const name of names) new Cursor(join(folder, name), '0');
  return folder;
}

test('in order, once, and the cursor stands on the last', async () => {
  const folder = folderFor('desk');
  const desk = openDesk('desk');
  await carry(new Occurrences(receivedMessage(1), receivedMessage(2), receivedMessage(3)), [desk], 1, folder);
  expect(desk.taken).toEqual(['1', '2', '3']);
  expect(readFileSync(join(folder, 'desk'), 'utf8')).toBe('3\n');
  expect(statSync(join(folder, 'desk')).mode & 0o777).toBe(0o600);
  expect(existsSync(join(folder, 'desk.new'))).toBe(false);
});

test('a destination that is new begins with what comes', async () => {
  const source = new Occurrences(receivedMessage(1));
  const folder = temporaryFolder();
  const desk = openDesk('desk');
  await carry(source, [desk], 1, folder);
  source.add(receivedMessage(2));
  // The next run, before anything was delivered.
  await carry(source, [desk], 1, folder);
  expect(desk.taken).toEqual(['2']);
});

test('one that is down is tried after 1, 2, 4 … 300 s, and says so once', async () => {
  const tried: number[] = [];
  const desk = openDesk('desk', () => {
    tried.push(performance.now());
    return tried.length > 12 ? undefined : new Error('connect ECONNREFUSED');
  });
  const said = await carry(new Occurrences(receivedMessage(1)), [desk], HOUR_MS, folderFor('desk'));
  const pauses = tried.slice(1).map((at, index) => Math.round((at - (tried[index] ?? 0)) / 1_000));
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  expect(said).toEqual(['desk fails and is tried again: connect ECONNREFUSED', 'desk works again']);
  expect(desk.taken).toEqual(['1']);
});

test('one that is down delays no other', async () => {
  const down = openDesk('down', () => new Error('no'));
  const up = openDesk('up');
  await carry(
    new Occurrences(receivedMessage(1), receivedMessage(2)),
    [down, up],
    HOUR_MS,
    folderFor('down', 'up'),
  );
  expect(up.taken).toEqual(['1', '2']);
  expect(down.tries).toBeGreaterThan(10);
});

test('what is refused for itself is dropped, said, and holds up nothing', async () => {
  const desk = openDesk('desk', ({ id }) => (id === '1' ? new RefusedError('it answered 422') : undefined));
  const said = await carry(
    new Occurrences(receivedMessage(1), receivedMessage(2)),
    [desk],
    1,
    folderFor('desk'),
  );
  expect(desk).toMatchObject({ taken: ['2'], tries: 2 });
  expect(said).toEqual(['desk refused event 1, which is dropped: it answered 422']);
});

test('after a day of failure old events are dropped, each after a last try, and young ones are kept', async () => {
  const desk = openDesk('desk', () => new Error('no'));
  const folder = folderFor('desk');
  const source = new Occurrences(receivedMessage(1), receivedMessage(2), recentMessage(3));
  const before = await carry(source, [desk], 23 * HOUR_MS, folder);
  expect(before).toHaveLength(1);
  // A new run is patient again: the service may have been off for days.
  const said = await carry(source, [desk], 25 * HOUR_MS, folder);
  expect(said.slice(1)).toEqual([
    'desk has failed for a day; event 1 is dropped: no',
    'desk has failed for a day; event 2 is dropped: no',
  ]);
  expect(readFileSync(join(folder, 'desk'), 'utf8')).toBe('2\n');
});

test('after a success the day begins anew', async () => {
  const desk = openDesk('desk', ({ id }) =>
    id === '2' || performance.now() < 20 * HOUR_MS ? new Error('no') : undefined,
  );
  const said = await carry(
    new Occurrences(receivedMessage(1), receivedMessage(2)),
    [desk],
    40 * HOUR_MS,
    folderFor('desk'),
  );
  expect(desk.taken).toEqual(['1']);
  expect(said.filter(sentence => sentence.includes('dropped'))).toEqual([]);
});

test('the signal ends a delivery under way, and the event comes again', async () => {
  const folder = folderFor('desk');
  const source = new Occurrences(receivedMessage(1));
  const hanging: Destination = {
    name: 'desk',
    wants: () => true,
    deliver: (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  };
  const stop = new AbortController();
  const log = (sentence: string): void => expect.unreachable(sentence);
  const delivery = deliverAll(source, hanging, new Cursor(join(folder, 'desk'), '0'), {
    signal: stop.signal,
    log,
  });
  setImmediate(() => stop.abort());
  await delivery;
  const desk = openDesk('desk');
  await carry(source, [desk], 1, folder);
  expect(desk.taken).toEqual(['1']);
});
