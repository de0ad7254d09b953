/** The journal on disk: what was told to be there is there, whatever happened to the process, and nobody else gets in. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ServeEvent } from '../../src/serve/events.ts';
import type { Job } from '../../src/serve/job.ts';
import { Journal } from '../../src/serve/journal.ts';
import { needBuild, temporaryFolder } from '../support/programs.ts';

const NAME = 'journal.jsonl';
const BUILT = new URL('../../dist/serve/journal.js', import.meta.url).href;

function job(id: string, changes: Partial<Job> = {}): Job {
  const at = '2020-11-21T20:00:00.000Z';
  return {
    id,
    key: `key-${id}`,
    by: 'me',
    to: '+43664',
    text: 'grüß 😀',
    state: 'queued',
    acceptedAt: at,
    changedAt: at,
    parts: 1,
    tries: 0,
    ...changes,
  };
}

function open(folder: string): Journal {
  const journal = Journal.open(folder);
  onTestFinished(() => {
    try {
      journal.close();
    } catch {
      // The test has closed it.
    }
  });
  return journal;
}

async function take(events: AsyncIterable<ServeEvent>, count: number): Promise<ServeEvent[]> {
  const taken: ServeEvent[] = [];
  for await (const event of events) if (taken.push(event) === count) break;
  return taken;
}

test('what was recorded is there again, the newest state of each job', () => {
  const folder = temporaryFolder();
  const journal = open(folder);
  journal.record({ type: 'job', job: job('a') }, { type: 'job', job: job('b') });
  journal.record({ type: 'job', job: job('a', { state: 'sending' }) });
  journal.close();
  const again = open(folder);
  expect([...again.jobs.values()].map(({ id, state }) => [id, state])).toEqual([
    ['a', 'sending'],
    ['b', 'queued'],
  ]);
  expect(again.jobOf({ by: 'me', key: 'key-b' })?.text).toBe('grüß 😀');
});

test('cut at every byte: whole lines stay, the cut one goes, and writing goes on', () => {
  const folder = temporaryFolder();
  const journal = open(folder);
  for (const id of ['a', 'b', 'c']) journal.record({ type: 'job', job: job(id) });
  journal.close();
  const whole = readFileSync(join(folder, NAME));
  const ends = [...whole.keys()].filter(at => whole[at] === 0x0a).map(at => at + 1);
  const [head = 0, ...lines] = ends;
  for (let bytes = head; bytes <= whole.length; bytes++) {
    writeFileSync(join(folder, NAME), whole.subarray(0, bytes));
    const cut = Journal.open(folder);
    expect(cut.jobs.size, `${bytes} bytes`).toBe(lines.filter(end => end <= bytes).length);
    cut.record({ type: 'job', job: job('later') });
    cut.close();
    const again = Journal.open(folder);
    expect(again.jobs.has('later'), `${bytes} bytes`).toBe(true);
    again.close();
  }
});

test('zeros at the end, as after a loss of power, are a line that was cut', () => {
  const folder = temporaryFolder();
  const journal = open(folder);
  journal.record({ type: 'job', job: job('a') });
  journal.close();
  writeFileSync(join(folder, NAME), Buffer.alloc(4_096), { flag: 'a' });
  expect([...open(folder).jobs.keys()]).toEqual(['a']);
});

test('damage before the end is told and touches nothing', () => {
  const folder = temporaryFolder();
  const journal = open(folder);
  for (const id of ['a', 'b']) journal.record({ type: 'job', job: job(id) });
  journal.close();
  const file = join(folder, NAME);
  const damaged = readFileSync(file, 'utf8').replace('"type":"job"', '"type":"jo');
  writeFileSync(file, damaged);
  expect(() => Journal.open(folder)).toThrow(/^line 2 of .*journal\.jsonl is damaged/);
  expect(readFileSync(file, 'utf8')).toBe(damaged);
});

test('a file of somebody else is left alone', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, NAME), 'dear diary\n', { mode: 0o600 });
  expect(() => Journal.open(folder)).toThrow(/is no journal of this version/);
  expect(readFileSync(join(folder, NAME), 'utf8')).toBe('dear diary\n');
});

test('folder 0700, files 0600, also with an open umask', () => {
  const folder = join(temporaryFolder(), 'state', 'modem');
  const umask = process.umask(0);
  try {
    open(folder).record({ type: 'job', job: job('a') });
  } finally {
    process.umask(umask);
  }
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder).map(name => [name, statSync(join(folder, name)).mode & 0o777])).toEqual([
    [NAME, 0o600],
    ['lock', 0o600],
  ]);
});

test.each<[string, (folder: string) => void, RegExp]>([
  ['a folder that others may read', folder => chmodSync(folder, 0o750), /chmod 700/],
  [
    'a journal that others may read',
    folder => writeFileSync(join(folder, NAME), '{"atsock":"journal","version":1}\n', { mode: 0o644 }),
    /chmod 600/,
  ],
  [
    'a link',
    folder => {
      writeFileSync(join(folder, 'elsewhere'), 'untouched', { mode: 0o600 });
      symlinkSync(join(folder, 'elsewhere'), join(folder, NAME));
    },
    /ELOOP/,
  ],
])('%s is refused (S22)', (_, prepare, message) => {
  const folder = temporaryFolder();
  prepare(folder);
  expect(() => Journal.open(folder)).toThrow(message);
});

test('a second process is told who has it; a dead one has nothing', () => {
  needBuild();
  const folder = temporaryFolder();
  const journal = open(folder);
  expect(() => Journal.open(folder)).toThrow(new RegExp(`is in use by process ${process.pid}$`));
  journal.close();
  const source = `
    const { Journal } = await import(${JSON.stringify(BUILT)});
    Journal.open(${JSON.stringify(folder)});
    process.kill(process.pid, 'SIGKILL');`;
  expect(spawnSync(process.execPath, ['--input-type=module', '-e', source]).signal).toBe('SIGKILL');
  expect(readdirSync(folder)).toContain('lock');
  open(folder);
});

test('a process number that was given again does not hold the lock', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'lock'), `${process.ppid} 1 another-boot\n`, { mode: 0o600 });
  open(folder);
});

test('events come in order, behind a cursor, and as they happen', async () => {
  const journal = open(temporaryFolder());
  journal.record({ type: 'modem', state: 'ready' });
  const cursor = journal.latest;
  journal.record({ type: 'job', job: job('a') }, { type: 'job', job: job('b') });
  const reading = take(journal.after(cursor), 3);
  journal.record({ type: 'modem', state: 'recovering' });
  const events = await reading;
  expect(events.map(({ type }) => type)).toEqual(['job', 'job', 'modem']);
  expect(await take(journal.after(), 1)).toMatchObject([{ type: 'modem', state: 'ready' }]);
  const ids = events.map(({ id }) => Number(id));
  expect(ids).toEqual([...ids].sort((one, other) => one - other));
  expect(new Set(ids).size).toBe(3);
});

test('reading ends with its signal, and with the journal', async () => {
  const journal = open(temporaryFolder());
  const stop = new AbortController();
  const stopped = take(journal.after('0', stop.signal), 1);
  const closed = take(journal.after(), 1);
  stop.abort();
  expect(await stopped).toEqual([]);
  journal.close();
  expect(await closed).toEqual([]);
});

test('ids grow although the clock is set back, and over a journal that was thrown away', () => {
  const folder = temporaryFolder();
  const journal = open(folder);
  onTestFinished(() => void vi.useRealTimers());
  vi.useFakeTimers({ toFake: ['Date'], now: 2_000_000_000_000 });
  journal.record({ type: 'modem', state: 'ready' });
  const before = journal.latest;
  vi.setSystemTime(1_000_000_000_000);
  journal.record({ type: 'modem', state: 'closed' });
  expect(Number(journal.latest)).toBe(Number(before) + 1);
  vi.setSystemTime(2_000_000_100_000);
  const anew = open(temporaryFolder());
  anew.record({ type: 'modem', state: 'ready' });
  expect(Number(anew.latest)).toBeGreaterThan(Number(journal.latest));
});

test('a disk that is full: nothing was accepted, and nothing is broken', () => {
  needBuild();
  const folder = temporaryFolder();
  const source = `
    const { Journal } = await import(${JSON.stringify(BUILT)});
    const journal = Journal.open(${JSON.stringify(folder)});
    const record = state => journal.record({ type: 'modem', state });
    record('ready');
    try { record('x'.repeat(5_000)); } catch (error) { console.log(error.code); }
    record('closed');`;
  // Files of at most 4 KiB: the longest way to a full disk that needs no disk.
  const limited = [
    '-c',
    'ulimit -f 4; exec "$@"',
    'bash',
    process.execPath,
    '--input-type=module',
    '-e',
    source,
  ];
  expect(spawnSync('bash', limited, { encoding: 'utf8' })).toMatchObject({
    stdout: 'EFBIG\n',
    stderr: '',
    status: 0,
  });
  const text = readFileSync(join(folder, NAME), 'utf8');
  expect([...text.matchAll(/"state":"(\w+)"/g)].map(([, state]) => state)).toEqual(['ready', 'closed']);
});

test('where it cannot be written anew it goes on as it is', () => {
  needBuild();
  const folder = temporaryFolder();
  const source = `
    const { openSync } = await import('node:fs');
    const { Journal } = await import(${JSON.stringify(BUILT)});
    const journal = Journal.open(${JSON.stringify(folder)});
    try { for (;;) openSync('/dev/null'); } catch (error) { console.log(error.code); }
    for (let n = 0; n < 50; n++) journal.record({ type: 'modem', state: 'x'.repeat(100_000) });`;
  // No file can be opened any more, which stops the new one as a full disk does.
  const limited = ['-c', 'ulimit -n 64; exec "$@"', 'bash', process.execPath, '--input-type=module', '-e'];
  expect(spawnSync('bash', [...limited, source], { encoding: 'utf8' })).toMatchObject({
    stdout: 'EMFILE\n',
    stderr: '',
    status: 0,
  });
  expect(readFileSync(join(folder, NAME), 'utf8').split('\n')).toHaveLength(52);
  expect(readdirSync(folder).sort()).toEqual([NAME, 'lock']);
});

test('20,000 events: the file stays small, no message and no last state of a kept job is lost', async () => {
  const folder = temporaryFolder();
  const journal = open(folder);
  const first = journal.latest;
  const text = 'x'.repeat(400);
  for (let n = 0; n < 100; n++) {
    const jobs = Array.from({ length: 50 }, (_, each) => job(`${n}-${each}`, { text }));
    for (const state of ['queued', 'sending', 'sent', 'delivered'] as const)
      journal.record(...jobs.map(each => ({ type: 'job', job: { ...each, state } }) as const));
  }
  expect(journal.jobs.size).toBe(5_000);
  expect(statSync(join(folder, NAME)).size).toBeLessThan(16 * 2 ** 20);
  const events = await take(journal.after(first), 5_000);
  journal.close();
  const again = open(folder);
  expect([...again.jobs.values()].filter(({ state }) => state === 'delivered')).toHaveLength(5_000);
  expect(await take(again.after(first), 5_000)).toEqual(events);
});

test('jobs that are not over, and those of today, are never thrown away', () => {
  const journal = open(temporaryFolder());
  const text = 'x'.repeat(400);
  journal.record({ type: 'job', job: job('waits', { text }) });
  for (let n = 0; n < 200; n++)
    journal.record(
      ...Array.from(
        { length: 100 },
        (_, each) => ({ type: 'job', job: job(`${n}-${each}`, { text, state: 'sent' }) }) as const,
      ),
    );
  expect(journal.jobs.has('waits')).toBe(true);
  expect(journal.jobs.size).toBeLessThan(15_000);
});

test('the last line without its end was never promised', () => {
  const folder = temporaryFolder();
  const journal = open(folder);
  journal.record({ type: 'job', job: job('a') }, { type: 'job', job: job('b') });
  journal.close();
  const file = join(folder, NAME);
  truncateSync(file, statSync(file).size - 1);
  expect([...open(folder).jobs.keys()]).toEqual(['a']);
});
