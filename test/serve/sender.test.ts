/** What becomes of a job, in virtual time: refusals, lost results, a modem that is away (reliability.md F65, F66). */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Job, Order } from '../../src/serve/job.ts';
import { Journal } from '../../src/serve/journal.ts';
import { Outbox } from '../../src/serve/outbox.ts';
import { Service } from '../../src/serve/service.ts';
import type { SimOptions } from '../../src/sim/index.ts';
import { Clinic, DIALECTS, MINUTE_MS } from '../recovery/clinic.ts';
import { temporaryFolder } from '../support/programs.ts';
import { EASY } from './served.ts';

const ORDER: Order = { to: '+12025550111', text: 'hello' };

class Bench {
  readonly clinic: Clinic;
  readonly service: Service;

  private constructor(clinic: Clinic, service: Service) {
    this.clinic = clinic;
    this.service = service;
  }

  static async open(simOptions: SimOptions = {}, gapMs = 0): Promise<Bench> {
    const folder = join(temporaryFolder(), 'serve');
    const clinic = new Clinic(simOptions);
    await clinic.open();
    return new Bench(clinic, new Service(clinic.modem, { ...EASY, folder, gapMs }));
  }

  /** @returns the jobs when they are over */
  async send(...orders: readonly Order[]): Promise<Job[]> {
    const ids = orders.map((order, n) => this.service.outbox.accept(order, { key: `${n}`, by: 'me' }).job.id);
    return this.clinic.during('sending', Promise.all(ids.map(id => this.#over(id))));
  }

  async #over(id: string): Promise<Job> {
    for await (const event of this.service.journal.after())
      if (event.type === 'job' && event.job.id === id && !['queued', 'sending'].includes(event.job.state))
        return event.job;
    throw new Error('the journal was closed');
  }

  get texts(): string[] {
    return this.clinic.sim.sms.sent.map(({ text }) => text);
  }

  close(): Promise<void> {
    return this.clinic.during('closing', this.service.close());
  }
}

test.each([38, 41, 42, 331, 332, 500])('%i passes: repeated three times at most', async number => {
  const bench = await Bench.open();
  bench.clinic.sim.sms.refusals.push(number, number, number);
  expect(await bench.send(ORDER)).toMatchObject([{ state: 'sent', tries: 4 }]);
  await bench.close();
});

test.each([38, 331])('%i four times: failed', async number => {
  const bench = await Bench.open();
  bench.clinic.sim.sms.refusals.push(number, number, number, number);
  expect(await bench.send(ORDER)).toMatchObject([
    { state: 'failed', tries: 4, error: expect.stringContaining(`${number}`) },
  ]);
  expect(bench.texts).toEqual([]);
  await bench.close();
});

test.each([304, 310, 311, 330, 21])('%i does not pass: failed at once', async number => {
  const bench = await Bench.open();
  bench.clinic.sim.sms.refusals.push(number);
  expect(await bench.send(ORDER)).toMatchObject([{ state: 'failed', tries: 1 }]);
  await bench.close();
});

test('one that waits for its next try does not hold up the others', async () => {
  const bench = await Bench.open();
  bench.clinic.sim.sms.refusals.push(38);
  await bench.send({ ...ORDER, text: 'first' }, { ...ORDER, text: 'second' });
  expect(bench.texts).toEqual(['second', 'first']);
  await bench.close();
});

test.each(DIALECTS)('%s: results that are lost: unknown, and none goes out twice', async commandSet => {
  const bench = await Bench.open({ commandSet, faults: ['sms-result-lost'], seed: 65 });
  const orders = Array.from({ length: 12 }, (_, n) => ({ ...ORDER, text: `${n}` }));
  const states = (await bench.send(...orders)).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(['sent', 'unknown']));
  expect(bench.texts.sort()).toEqual(orders.map(({ text }) => text).sort());
  await bench.close();
});

test('with onUnknown: resend it goes out until it is known, twice perhaps', async () => {
  const bench = await Bench.open({ faults: ['sms-result-lost'], seed: 65 });
  const orders = Array.from(
    { length: 12 },
    (_, n): Order => ({ ...ORDER, text: `${n}`, onUnknown: 'resend' }),
  );
  const states = (await bench.send(...orders)).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(['sent']));
  expect(bench.texts.length).toBeGreaterThan(12);
  await bench.close();
});

test('a gap between two messages', async () => {
  const bench = await Bench.open({}, MINUTE_MS);
  const from = bench.clinic.time.now;
  await bench.send(ORDER, { ...ORDER, text: '2' }, { ...ORDER, text: '3' });
  expect(bench.clinic.time.now - from).toBeGreaterThanOrEqual(2 * MINUTE_MS);
  await bench.close();
});

test('a modem that is away is waited for, and that is no failure of the message', async () => {
  const bench = await Bench.open();
  bench.clinic.portError = 'ENOENT';
  bench.clinic.sim.restart();
  await bench.clinic.until('recovering');
  const sending = bench.send(ORDER);
  await bench.clinic.pass(10 * MINUTE_MS);
  expect(bench.service.outbox.next(Date.now())).toMatchObject({ state: 'queued', tries: 0 });
  bench.clinic.portError = undefined;
  expect(await sending).toMatchObject([{ state: 'sent', tries: 1 }]);
  expect(bench.texts).toEqual(['hello']);
  await bench.close();
});

test.each([
  [1, 'queued'],
  [3, 'queued'],
  [4, 'unknown'],
])('with onUnknown: resend, killed while it was sent the %d. time: %s', (tries, state) => {
  const journal = Journal.open(temporaryFolder());
  const at = new Date().toISOString();
  const times = { acceptedAt: at, changedAt: at };
  const known = { id: 'a', key: 'a', by: 'me', parts: 1, state: 'sending', onUnknown: 'resend' } as const;
  journal.record({ type: 'job', job: { ...ORDER, ...known, ...times, tries } });
  expect(new Outbox(journal, EASY).jobs.get('a')).toMatchObject({ state });
  journal.close();
});
