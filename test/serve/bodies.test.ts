/** Bodies that are no orders: only 4xx, and nothing is sent (reliability.md S28). A long run with ATSOCK_FUZZ=10: 100,000. */
import { expect, test } from 'vitest';
import { parseJson } from '../../src/serve/http/json-body.ts';
import { createRandom, type Random } from '../../src/util/random.ts';
import { openServed } from './served.ts';

const RUNS = 10_000 * Number(process.env.ATSOCK_FUZZ ?? 0) || 1_000;
const AT_ONCE = 20;
const SEED = 28;
const GOOD = { to: '+12025550111', text: 'hello' };
const ROUTES = ['/v1/messages', '/v1/at', '/compat/sms', '/compat/custom-command'];

const pick = <T>(random: Random, values: readonly T[]): T => values[random(values.length)] as T;

function nasty(random: Random, depth = 0): unknown {
  const leaves = [
    null,
    true,
    0,
    -1,
    1e308,
    '',
    '\0',
    '\ud800',
    '__proto__',
    '+43664',
    'x'.repeat(50_000),
    [],
    {},
  ];
  if (depth > 3 || random(3) > 0) return pick(random, leaves);
  if (random(2) === 0) return Array.from({ length: random(5) }, () => nasty(random, depth + 1));
  const keys = ['to', 'text', 'recipient', 'message', 'constructor', 'toString', 'flash', ''];
  return Object.fromEntries(
    Array.from({ length: random(4) }, () => [pick(random, keys), nasty(random, depth + 1)]),
  );
}

/** Never a good one: a good order with one thing wrong, some JSON, or bytes. */
function bad(random: Random): string {
  const good = JSON.stringify(GOOD);
  const at = random(good.length);
  switch (random(7)) {
    case 0:
      return JSON.stringify({
        ...GOOD,
        [pick(random, ['validityMinutes', 'onUnknown', 'more'])]: nasty(random) ?? 0,
      });
    case 1:
      return JSON.stringify({
        ...GOOD,
        to: pick(random, ['', '+', 'x', '+1 2', '+12\r\nAT', 1, null, ['+12025550111']]),
      });
    case 2:
      return JSON.stringify(nasty(random));
    case 3:
      return good.slice(0, at);
    case 4:
      return `${good.slice(0, at)}\0${good.slice(at)}`;
    case 5:
      return '[{"a":'.repeat(1 + random(5_000));
    default:
      return good.replace('"to"', `"${pick(random, ['__proto__', 'constructor', 'TO', 'to '])}"`);
  }
}

test(`seed ${SEED}: ${RUNS} bodies, only 4xx`, { timeout: 60_000 + RUNS * 10 }, async () => {
  const served = await openServed();
  const random = createRandom(SEED);
  for (let n = 0; n < RUNS; n += AT_ONCE) {
    const asked = Array.from({ length: AT_ONCE }, () => ({ path: pick(random, ROUTES), body: bad(random) }));
    const replies = await Promise.all(asked.map(({ path, body }) => served.ask(path, { body })));
    for (const [index, { status }] of replies.entries())
      if (status < 400 || status > 499)
        expect.fail(`run ${n + index}: ${status} for ${JSON.stringify(asked[index]).slice(0, 300)}`);
  }
  expect(served.service.outbox.jobs.size).toBe(0);
  expect(served.complaints).toEqual([]);
});

test('a body of 64 KiB is read, a longer one is not', async () => {
  const served = await openServed();
  const padded = (bytes: number): string => JSON.stringify(GOOD).padEnd(bytes);
  expect(await served.ask('/v1/messages', { body: padded(65_536) })).toMatchObject({ status: 202 });
  expect(await served.ask('/v1/messages', { body: padded(65_537) })).toMatchObject({ status: 413 });
});

test.each<[string, string | Buffer, RegExp]>([
  ['what is no UTF-8', Buffer.from([0x22, 0xff, 0x22]), /UTF-8/],
  ['what is nested too deep', `${'['.repeat(9)}${']'.repeat(9)}`, /deeper than 8/],
  ['a key that reaches behind the object', '{"a":{"__proto__":{"b":1}}}', /"__proto__"/],
  ['the same, escaped', '{"__pro\\u0074o__":1}', /"__proto__"/],
  ['a string without its end', `"${'\\"'.repeat(30_000)}`, /no JSON/],
])('%s is refused', (_, body, message) => {
  expect(() => parseJson(Buffer.from(body))).toThrow(message);
});

test('brackets in a string are no depth', () => {
  expect(parseJson(Buffer.from(JSON.stringify(`\\"${'['.repeat(100)}`)))).toBe(`\\"${'['.repeat(100)}`);
});
