/** What is asked, and what is believed. */
import { type Answer, decode, encode } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { createQuestion, judge, type Question, type Response } from '../../../src/dns/message.ts';
import { addressOf, flipped, rawResponse, readQuestion, response } from './name-server.ts';

const NAME = 'Some.Example.test';

const ask = (options = { mixedCase: true, answerBytes: 1232 as number | undefined }): Question =>
  createQuestion(NAME, 'A', options);

const asked = (question: Question) => readQuestion(question.message);

function accepted(question: Question, message: Buffer): Response {
  const verdict = judge(question, message);
  if (typeof verdict === 'string') throw new Error(`judged as ${verdict}`);
  return verdict;
}

describe('questions', () => {
  test('ask for recursion, announce room, and have the name in random case', () => {
    const { packet, name, type } = asked(ask());
    expect(packet.flag_rd).toBe(true);
    expect(type).toBe('A');
    expect(name.toLowerCase()).toBe(NAME.toLowerCase());
    expect(packet.additionals).toMatchObject([{ type: 'OPT', name: '.', udpPayloadSize: 1232 }]);
  });

  test('are plain if a server wants that', () => {
    const { packet, name } = asked(ask({ mixedCase: false, answerBytes: undefined }));
    expect(name).toBe(NAME);
    expect(packet.additionals).toEqual([]);
  });

  test('ids come by chance', () => {
    const ids = new Set(Array.from({ length: 200 }, () => ask().id));
    expect(ids.size).toBeGreaterThan(190);
    expect(Math.max(...ids)).toBeGreaterThan(0x8000);
  });
});

describe('believed', () => {
  test('an answer, with names spelled as the program spelled them', () => {
    const question = ask();
    const { name } = asked(question);
    const message = response(asked(question), { answers: [addressOf(name)] });
    expect(accepted(question, message)).toMatchObject({
      code: 0,
      truncated: false,
      answers: [{ name: name, type: 'A', ttl: 60, data: '192.0.2.1' }],
    });
    // The owner as a pointer to the question, as real servers write it.
    const pointing = rawResponse(
      asked(question),
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4]),
    );
    expect(accepted(question, pointing).answers).toEqual([
      { name: NAME, type: 'A', ttl: 60, data: '1.2.3.4' },
    ]);
  });

  test('any case of letters where the question was plain', () => {
    const question = ask({ mixedCase: false, answerBytes: undefined });
    const message = response(asked(question));
    message.write('sOME', 13, 'latin1');
    expect(accepted(question, message).code).toBe(0);
  });

  test('truncation without a look at what there is', () => {
    const question = ask();
    const message = response(asked(question), { truncated: true, answers: [addressOf(NAME)] });
    expect(accepted(question, message.subarray(0, -3))).toMatchObject({ truncated: true, answers: [] });
  });

  test('that a server does not know EDNS0, with or without the question', () => {
    const question = ask();
    const whole = response(asked(question), { code: 1 });
    const bare = Buffer.from(whole.subarray(0, 12));
    bare.writeUInt16BE(0, 4);
    expect(accepted(question, whole).code).toBe(1);
    expect(accepted(question, bare).code).toBe(1);
    const plain = ask({ mixedCase: true, answerBytes: undefined });
    bare.writeUInt16BE(plain.id);
    expect(judge(plain, bare)).toBe('foreign');
  });

  test('the upper bits of the code in the OPT record', () => {
    const question = ask();
    const packet = decode(response(asked(question)));
    const message = encode({
      ...packet,
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 512,
          extendedRcode: 1,
          ednsVersion: 0,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ],
    });
    expect(accepted(question, message).code).toBe(16);
  });
});

describe('not believed', () => {
  const question = ask();
  const right = response(asked(question), { answers: [addressOf(NAME)] });
  const behindName = 12 + NAME.length + 2;

  test.each([
    ['another id', flipped(right, 1, 1), 'foreign'],
    ['a question', flipped(right, 2, 0x80), 'foreign'],
    ['another operation', flipped(right, 2, 0x10), 'foreign'],
    ['another name', flipped(right, 13, 1), 'foreign'],
    ['another type', flipped(right, behindName + 1, 0x1d), 'foreign'],
    ['another class', flipped(right, behindName + 3, 2), 'foreign'],
    ['two questions', flipped(right, 5, 3), 'foreign'],
    ['no question', flipped(right, 5, 1), 'foreign'],
    ['the name in another case', flipped(right, 13, 0x20), 'other-case'],
    ['no header', right.subarray(0, 11), 'garbage'],
    ['nothing', Buffer.alloc(0), 'garbage'],
    ['a question cut short', right.subarray(0, 20), 'garbage'],
    ['an answer cut short', right.subarray(0, -1), 'malformed'],
    ['more answers than there are', flipped(right, 7, 6), 'malformed'],
    [
      '65535 answers',
      (() => {
        const message = Buffer.from(right);
        message.writeUInt16BE(0xffff, 6);
        return message;
      })(),
      'malformed',
    ],
  ])('%s', (_what, message, verdict) => {
    expect(judge(question, message)).toBe(verdict);
  });

  test('names without end: each is refused, at once', () => {
    const here = response(asked(question)).length;
    const at = (offset: number): number[] => [0xc0 | (offset >> 8), offset & 0xff];
    const rest = [0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4];
    const label = [1, 0x61];
    const names: readonly (readonly number[])[] = [
      at(here),
      at(here + 2),
      at(0x3fff),
      [...label, ...at(here)],
      [...label, ...label, ...at(here + 2)],
      [0x40, 0],
      [0x80, 0],
      [63],
      // 255 bytes and one more.
      [...Array.from({ length: 127 }, () => label).flat(), ...label, 0],
    ];
    for (const name of names)
      expect(judge(question, rawResponse(asked(question), Buffer.from([...name, ...rest])))).toBe(
        'malformed',
      );
  });

  test('a chain of pointers, each to the one before, is not followed to its end', () => {
    const head = response(asked(question));
    // Inside the data of a record of an unknown type.
    const pointers = Buffer.alloc(2 * 500);
    const start = head.length + 12;
    for (let index = 0; index < 500; index++)
      pointers.writeUInt16BE(0xc000 | (index === 0 ? 12 : start + 2 * (index - 1)), 2 * index);
    const carrier = Buffer.from([
      0xc0,
      12,
      0xff,
      0xf0,
      0,
      1,
      0,
      0,
      0,
      60,
      pointers.length >> 8,
      pointers.length & 0xff,
    ]);
    const last = start + pointers.length - 2;
    const user = Buffer.from([0xc0 | (last >> 8), last & 0xff, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4]);
    expect(
      judge(question, rawResponse(asked(question), Buffer.concat([carrier, pointers]), 1)),
    ).toMatchObject({ code: 0 });
    expect(judge(question, rawResponse(asked(question), Buffer.concat([carrier, pointers, user]), 2))).toBe(
      'malformed',
    );
  });
});

describe('records', () => {
  const read = (answers: readonly Answer[]): unknown => {
    const question = createQuestion('x.test', 'ANY', { mixedCase: false, answerBytes: undefined });
    return accepted(question, response(asked(question), { answers })).answers.map(({ data }) => data);
  };
  const head = { name: 'x.test', ttl: 1 } as const;

  test('of every type that Node has', () => {
    expect(
      read([
        { ...head, type: 'A', data: '192.0.2.255' },
        { ...head, type: 'AAAA', data: '2001:db8:0:0:1::1' },
        { ...head, type: 'AAAA', data: '::ffff:192.0.2.1' },
        { ...head, type: 'CAA', data: { flags: 128, tag: 'issue', value: 'ca.test; x=1' } },
        { ...head, type: 'CNAME', data: 'y.test' },
        { ...head, type: 'MX', data: { preference: 10, exchange: 'mail.test' } },
        {
          ...head,
          type: 'NAPTR',
          data: {
            order: 1,
            preference: 2,
            flags: 'u',
            services: 'E2U+sip',
            regexp: '!x!y!',
            replacement: '.',
          },
        },
        { ...head, type: 'NS', data: 'ns.test' },
        { ...head, type: 'PTR', data: 'x.test' },
        {
          ...head,
          type: 'SOA',
          data: {
            mname: 'ns.test',
            rname: 'a.test',
            serial: 2 ** 32 - 1,
            refresh: 2,
            retry: 3,
            expire: 4,
            minimum: 5,
          },
        },
        { ...head, type: 'SRV', data: { priority: 1, weight: 2, port: 65535, target: 'host.test' } },
        { ...head, type: 'TXT', data: [Buffer.from([0x67, 0xfc]), 'two', ''] },
      ]),
    ).toEqual([
      '192.0.2.255',
      '2001:db8::1:0:0:1',
      '::ffff:192.0.2.1',
      { critical: 128, issue: 'ca.test; x=1' },
      'y.test',
      { exchange: 'mail.test', priority: 10 },
      { flags: 'u', service: 'E2U+sip', regexp: '!x!y!', replacement: '', order: 1, preference: 2 },
      'ns.test',
      'x.test',
      {
        nsname: 'ns.test',
        hostmaster: 'a.test',
        serial: 2 ** 32 - 1,
        refresh: 2,
        retry: 3,
        expire: 4,
        minttl: 5,
      },
      { name: 'host.test', port: 65535, priority: 1, weight: 2 },
      ['gü', 'two', ''],
    ]);
  });

  test('TLSA', () => {
    const data = { usage: 3, selector: 1, matchingType: 2, certificate: Buffer.from('abcd') };
    expect(read([{ ...head, type: 'TLSA', data }])).toEqual([
      { certUsage: 3, selector: 1, match: 2, data: new Uint8Array([97, 98, 99, 100]).buffer },
    ]);
  });

  test('a dot or a control character inside a label does not pass for anything else (CVE-2021-3672)', () => {
    const question = createQuestion('x.test', 'PTR', { mixedCase: false, answerBytes: undefined });
    const name = [3, 0x61, 0x2e, 0x62, 4, 0x74, 0x00, 0xe9, 0x20, 2, 0x5c, 0x40, 0];
    const bytes = Buffer.from([0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 5, 0, name.length, ...name]);
    const { answers } = accepted(question, rawResponse(asked(question), bytes));
    expect(answers.map(({ data }) => data)).toEqual(['a\\.b.t\\000\\233 .\\\\\\@']);
  });

  test('of other classes and types are passed over', () => {
    expect(
      read([
        { ...head, type: 'A', class: 'CH', data: '192.0.2.1' },
        { ...head, type: 'HINFO', data: { cpu: 'a', os: 'b' } },
        { ...head, type: 'A', data: '192.0.2.2' },
      ]),
    ).toEqual(['192.0.2.2']);
  });
});
