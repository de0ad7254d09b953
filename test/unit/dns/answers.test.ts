/** What a response says about a name, and how long it may be remembered. */
import type { Answer } from 'dns-packet';
import { describe, expect, test, vi } from 'vitest';
import { type Knowledge, knowledge } from '../../../src/dns/answers.ts';
import { Cache } from '../../../src/dns/cache.ts';
import { createQuestion, judge } from '../../../src/dns/message.ts';
import { otherRecords } from '../../../src/dns/other-records.ts';
import { addressOf, authority, type ResponseParts, readQuestion, response } from './name-server.ts';

const NAME = 'x.test';

function learn(parts: ResponseParts, type = 'A'): Knowledge {
  const question = createQuestion(NAME, type, { mixedCase: false, answerBytes: undefined });
  const verdict = judge(question, response(readQuestion(question.message), parts));
  if (typeof verdict === 'string') throw new Error(verdict);
  return knowledge(NAME, verdict);
}

const alias = (name: string, data: string, ttl = 60): Answer => ({ type: 'CNAME', name, ttl, data });

const data = ({ records }: Knowledge): unknown[] => records.map(record => record.data);

describe('records', () => {
  test('of the name itself, in any case', () => {
    expect(data(learn({ answers: [addressOf('X.TEST')] }))).toEqual(['192.0.2.1']);
  });

  test('at the end of a chain, whatever the order', () => {
    const answers = [addressOf('z.test'), alias('y.test', 'Z.test'), alias('x.test', 'y.test', 7)];
    const known = learn({ answers });
    expect(data(known)).toEqual(['192.0.2.1', 'Z.test', 'y.test']);
    expect(known.ttl).toBe(7);
  });

  test('of other names are not believed', () => {
    const answers = [addressOf('bank.test', '192.0.2.66', 1), alias('y.test', 'bank.test'), addressOf(NAME)];
    const known = learn({ answers });
    expect(data(known)).toEqual(['192.0.2.1']);
    expect(known.ttl).toBe(60);
  });

  test('chains that go round or on for ever end', () => {
    expect(data(learn({ answers: [alias(NAME, 'y.test'), alias('y.test', NAME)] }))).toHaveLength(2);
    const links = Array.from({ length: 40 }, (_, index) => alias(`n${index}.test`, `n${index + 1}.test`));
    const answers = [alias(NAME, 'n0.test'), ...links, addressOf('n40.test')];
    expect(data(learn({ answers }))).not.toContain('192.0.2.1');
  });

  test('of types that Node does not have', () => {
    const answers: Answer[] = [
      { type: 'HINFO', name: NAME, ttl: 5, data: { cpu: 'a', os: 'b' } },
      {
        type: 'SSHFP',
        name: NAME,
        ttl: 5,
        data: { algorithm: 1, hash: 1, fingerprint: '0'.repeat(40) },
      } as never,
    ];
    expect(otherRecords(learn({ answers: answers.slice(0, 1) }, 'HINFO'), 'HINFO')).toEqual([
      { cpu: 'a', os: 'b' },
    ]);
    expect(() => otherRecords(learn({ answers: answers.slice(0, 1) }, 'HINFO'), 'DS')).toThrow(
      expect.objectContaining({ code: 'ENODATA' }),
    );
  });
});

describe('failures', () => {
  test.each([
    [0, 'ENODATA'],
    [1, 'EFORMERR'],
    [3, 'ENOTFOUND'],
    [9, 'ENODATA'],
  ])('code %i without records is %s', (code, expected) => {
    expect(learn({ code }).failure?.code).toBe(expected);
  });

  test.each([
    ['the smaller of the two', 3, [authority(50, 20)], 20],
    ['the smaller of the two', 3, [authority(10, 20)], 10],
    ['no records', 0, [authority(50, 20)], 20],
    ['nobody said how long', 3, [], 0],
    ['no answer at all', 9, [authority(50, 20)], 0],
  ])('are remembered: %s', (_what, code, authorities, ttl) => {
    expect(learn({ code, authorities }).ttl).toBe(ttl);
  });
});

describe('the cache', () => {
  const ofTtl = (ttl: number): Knowledge => learn({ answers: [addressOf(NAME, '192.0.2.1', ttl)] });
  const missing = (ttl: number): Knowledge => learn({ code: 3, authorities: [authority(ttl, ttl)] });

  const afterwards = (known: Knowledge, seconds: number): Knowledge | undefined => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const cache = new Cache();
    cache.set('key', known);
    vi.advanceTimersByTime(seconds * 1000);
    const found = cache.get('key');
    vi.useRealTimers();
    return found;
  };

  test.each([
    ['until its time is over', ofTtl(10), 9.9, true],
    ['no longer', ofTtl(10), 10, false],
    ['not at all without time', ofTtl(0), 0, false],
    ['an hour at most', ofTtl(100_000), 3_599, true],
    ['not longer than an hour', ofTtl(100_000), 3_601, false],
    ['not with a time that cannot be', ofTtl(2 ** 31), 0, false],
    ['what is missing', missing(30), 29, true],
    ['what is missing, a minute at most', missing(86_400), 61, false],
    ['not a failure that says nothing about the name', learn({ code: 9 }), 0, false],
  ])('keeps %s', (_what, known, seconds, kept) => {
    expect(afterwards(known, seconds) !== undefined).toBe(kept);
  });

  test('the time that is left becomes shorter', () => {
    expect(afterwards(ofTtl(10), 3.5)?.records).toMatchObject([{ ttl: 7 }]);
    expect(afterwards(ofTtl(100_000), 3.5)?.records).toMatchObject([{ ttl: 99_997 }]);
  });

  test('a thousand names and no more: the oldest goes first', () => {
    const cache = new Cache();
    for (let index = 0; index < 1_500; index++) cache.set(String(index), ofTtl(10));
    expect(cache.size).toBe(1_000);
    expect([cache.get('499'), cache.get('500') !== undefined]).toEqual([undefined, true]);
    cache.clear();
    expect(cache.size).toBe(0);
  });
});
