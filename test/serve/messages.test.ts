/** Short messages by HTTP: accepted once, sent once, and their states told; the inbox. */
import { expect, test } from 'vitest';
import type { Job } from '../../src/serve/job.ts';
import { openServed } from './served.ts';

const TO = '+12025550111';
const listOf = (body: unknown) => body as { items: Job[]; next?: string };
const jobOf = (body: unknown) => body as Job;

test('accepted, sent, delivered; the network has it once', async () => {
  const served = await openServed();
  const { status, headers, body } = await served.send(TO, 'grüß dich 😀', { more: { report: true } });
  expect(status).toBe(202);
  const { id } = jobOf(body);
  expect(headers.location).toBe(`/v1/messages/${id}`);
  await served.reaches(id, 'delivered');
  expect(jobOf((await served.ask(`/v1/messages/${id}`)).body)).toMatchObject({
    state: 'delivered',
    parts: 1,
    tries: 1,
  });
  expect(served.sim.sms.sent.map(({ to, text }) => [to, text])).toEqual([[TO, 'grüß dich 😀']]);
});

test('the same key and body is the same message; another body is refused', async () => {
  const served = await openServed();
  const again = { headers: { 'idempotency-key': 'order-1' } };
  const replies = await Promise.all([1, 2, 3].map(() => served.send(TO, 'once', again)));
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 202]);
  expect(new Set(replies.map(({ body }) => jobOf(body).id)).size).toBe(1);
  const { id } = jobOf(replies[0]?.body);
  await served.reaches(id, 'sent');
  expect(await served.send(TO, 'once', { ...again, more: { flash: false } })).toMatchObject({ status: 200 });
  expect(await served.send(TO, 'twice', again)).toMatchObject({ status: 422 });
  expect(served.sim.sms.sent).toHaveLength(1);
});

test('each token has keys of its own', async () => {
  const served = await openServed();
  const headers = { 'idempotency-key': 'alarm' };
  const mine = await served.send(TO, 'mine', { headers });
  const other = await served.send(TO, 'not mine', { headers, token: served.tokens['sms-send'] });
  expect([mine.status, other.status]).toEqual([202, 202]);
  await served.reaches(jobOf(other.body).id, 'sent');
  expect(served.sim.sms.sent.map(({ text }) => text)).toEqual(['mine', 'not mine']);
});

test.each(['', ' ', 'with blank', 'ü', 'x'.repeat(129)])('%j is no key', async key => {
  const served = await openServed();
  const headers = { 'idempotency-key': Buffer.from(key).toString('latin1') };
  expect(await served.send(TO, 'x', { headers })).toMatchObject({ status: 400 });
  expect(served.service.outbox.jobs.size).toBe(0);
});

test('a queued message can be cancelled, once', async () => {
  const served = await openServed({ gapMs: 600_000 });
  const first = jobOf((await served.send(TO, 'first')).body);
  await served.reaches(first.id, 'sent');
  const { id } = jobOf((await served.send(TO, 'second')).body);
  const cancel = () => served.ask(`/v1/messages/${id}`, { method: 'DELETE' });
  expect(await cancel()).toMatchObject({ status: 200, body: { state: 'failed', error: 'cancelled' } });
  expect(await cancel()).toMatchObject({ status: 409 });
  expect(served.sim.sms.sent).toHaveLength(1);
});

test('the outbox, page by page, by state, and of whom', async () => {
  const served = await openServed({ gapMs: 600_000 });
  const token = served.tokens['sms-send'];
  for (const text of ['1', '2', '3', '4', '5']) await served.send(TO, text, { token });
  await served.send(TO, 'of another');
  const texts = async (query: string, reader = served.tokens['sms-read']) => {
    const { items, next } = listOf((await served.ask(`/v1/messages${query}`, { token: reader })).body);
    return [items.map(({ text }) => text).join(' '), next] as const;
  };
  const [first, next] = await texts('?limit=4');
  expect(first).toBe('of another 5 4 3');
  expect(await texts(`?limit=4&before=${next}`)).toEqual(['2 1', undefined]);
  expect(await texts('', token)).toEqual(['5 4 3 2 1', undefined]);
  const id = [...served.service.outbox.jobs.values()].at(-1)?.id ?? '';
  expect(await served.ask(`/v1/messages/${id}`, { token })).toMatchObject({ status: 404 });
  expect(await served.ask(`/v1/messages/${id}`, { method: 'DELETE', token })).toMatchObject({ status: 404 });
  await served.reaches([...served.service.outbox.jobs.keys()][0] ?? '', 'sent');
  expect(await texts('?state=sent')).toEqual(['1', undefined]);
});

test.each([
  '?limit=0',
  '?limit=501',
  '?limit=x',
  '?before=nobody',
  '?state=nice',
  '?foo=1',
  '?limit=1&limit=2',
  '?__proto__=1',
])('what %s asks for cannot be had', async query => {
  const served = await openServed();
  expect(await served.ask(`/v1/messages${query}`)).toMatchObject({ status: 400 });
});

test('a message that comes is in the inbox, and the card is empty', async () => {
  const served = await openServed();
  served.sim.sms.deliver({ from: '+12025550122', text: 'hello 😀' });
  for await (const event of served.service.journal.after()) if (event.type === 'message') break;
  expect((await served.ask('/v1/inbox')).body).toMatchObject({
    items: [{ from: '+12025550122', text: 'hello 😀', parts: 1 }],
  });
});

test('quota: 1,000 at once, exactly as many as it has (S20)', async () => {
  const served = await openServed({ gapMs: 600_000, quota: { perHour: 30, perDay: 200 } });
  const replies = await Promise.all(Array.from({ length: 1_000 }, (_, n) => served.send(TO, `${n}`)));
  const statuses = replies.map(({ status }) => status);
  expect([
    statuses.filter(each => each === 202).length,
    statuses.filter(each => each === 429).length,
  ]).toEqual([30, 970]);
  expect(served.service.outbox.jobs.size).toBe(30);
  const refused = replies.find(({ status }) => status === 429);
  expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(3_500);
  // Another client has its own.
  expect(await served.send(TO, 'x', { token: served.tokens['sms-send'] })).toMatchObject({ status: 202 });
});

test.each(['12345', '0664123456', '+', '*100#'])(
  '%s is no number to send to without being asked for',
  async to => {
    const served = await openServed({ prefixes: ['+12'] });
    expect((await served.send(to, 'x')).status).toBeGreaterThanOrEqual(400);
    expect(served.service.outbox.jobs.size).toBe(0);
  },
);
