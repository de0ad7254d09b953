/** Status reports find their job, and only theirs. */
import { expect, test } from 'vitest';
import type { Job } from '../../src/serve/job.ts';
import { settle } from '../../src/serve/reports.ts';
import type { SmsReport } from '../../src/sms/messages.ts';

const AT = '2026-11-21T20:00:00.000Z';
const job = (id: string, changes: Partial<Job> = {}): Job => ({
  ...{
    id,
    key: id,
    by: 'me',
    to: '+43664',
    text: 'x',
    report: true,
    state: 'sent',
    acceptedAt: AT,
    changedAt: AT,
  },
  ...{ parts: 1, references: [7], tries: 1 },
  ...changes,
});
const report = (changes: Partial<SmsReport> = {}): SmsReport => ({
  ...{ reference: 7, to: '+43664', state: 'delivered', at: new Date(AT) },
  ...changes,
});
const found = (jobs: Job[], told = report()) => {
  const { job: of, change } = settle(jobs, told) ?? {};
  return of && { id: of.id, ...change };
};

test('delivered, failed, still pending', () => {
  expect(found([job('a')])).toEqual({ id: 'a', state: 'delivered', delivered: [7] });
  expect(found([job('a')], report({ state: 'failed' }))).toMatchObject({ id: 'a', state: 'failed' });
  expect(found([job('a')], report({ state: 'pending' }))).toBeUndefined();
});

test('references come round again: the newest is meant', () => {
  expect(found([job('old'), job('new')])).toMatchObject({ id: 'new' });
});

test('another number, another reference, or no report asked for: not this one', () => {
  const others = [job('a', { to: '+43665' }), job('b', { references: [8] }), job('c', { report: false })];
  expect(found(others)).toBeUndefined();
});

test('a service centre may leave the plus out', () => {
  expect(found([job('a')], report({ to: '43664' }))).toMatchObject({ id: 'a' });
});

test('all parts must be delivered, and a double is none', () => {
  const two = job('a', { parts: 2, references: [7, 8] });
  const first = found([two]);
  expect(first).toEqual({ id: 'a', state: 'sent', delivered: [7] });
  const half = { ...two, delivered: [7] };
  expect(found([half])).toBeUndefined();
  expect(found([half], report({ reference: 8 }))).toEqual({ id: 'a', state: 'delivered', delivered: [7, 8] });
});

test('a report that comes again is about the same job', () => {
  const { references: _, ...lost } = job('b', { state: 'unknown' });
  expect(found([lost, job('a', { state: 'delivered', delivered: [7] })])).toBeUndefined();
});

test('a job whose result was lost is settled by a report, if no other can be meant (F65)', () => {
  const { references: _, ...lost } = job('a', { state: 'unknown' });
  expect(found([lost])).toMatchObject({ id: 'a', state: 'delivered' });
  expect(found([lost, job('b')])).toMatchObject({ id: 'b' });
  expect(found([lost, { ...lost, id: 'b' }])).toBeUndefined();
  expect(found([{ ...lost, parts: 2 }])).toBeUndefined();
});
