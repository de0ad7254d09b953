/** Mutated packets: nothing throws, nothing hangs, and nothing forged is believed or remembered. */
import type { Answer } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { knowledge } from '../../../src/dns/answers.ts';
import { DnsClient } from '../../../src/dns/client.ts';
import { DnsFailure } from '../../../src/dns/dns-failure.ts';
import { createQuestion, judge, type Question } from '../../../src/dns/message.ts';
import { otherRecords } from '../../../src/dns/other-records.ts';
import { OTHER_TYPES } from '../../../src/dns/other-types.ts';
import { parseServer } from '../../../src/dns/servers.ts';
import { QUERIES } from '../../../src/sockets/dns-records.ts';
import { createRandom, type Random } from '../../../src/util/random.ts';
import { addressOf, authority, flipped, readQuestion, response } from './name-server.ts';
import { PacketDriver } from './packet-driver.ts';

/** A million takes a minute: ATSOCK_DNS_FUZZ=1000000. */
const COUNT = Number(process.env.ATSOCK_DNS_FUZZ ?? 100_000);
const SEED = 8;
const NAME = 'host.Example.test';

const head = { name: NAME, ttl: 60 } as const;
const ANSWERS: readonly Answer[] = [
  { ...head, type: 'CNAME', data: 'alias.example.test' },
  addressOf('alias.example.test'),
  { ...head, type: 'AAAA', data: '2001:db8::1' },
  { ...head, type: 'MX', data: { preference: 1, exchange: 'mail.example.test' } },
  { ...head, type: 'TXT', data: ['one', 'two'] },
  { ...head, type: 'SRV', data: { priority: 1, weight: 2, port: 3, target: 'srv.example.test' } },
  { ...head, type: 'CAA', data: { flags: 0, tag: 'issue', value: 'ca.test' } },
  {
    ...head,
    type: 'NAPTR',
    data: { order: 1, preference: 2, flags: 'u', services: 's', regexp: 'r', replacement: '.' },
  },
  { ...head, type: 'HINFO', data: { cpu: 'cpu', os: 'os' } },
  { ...head, type: 'RP', data: { mbox: 'a.test', txt: 'b.test' } },
  { ...head, type: 'NSEC', data: { nextDomain: 'z.test', rrtypes: ['A', 'TXT'] } },
  { ...head, type: 'DS', data: { keyTag: 1, algorithm: 2, digestType: 3, digest: Buffer.alloc(20) } },
];

/** Some bytes changed, left out, put in, or the end cut off. */
function mutate(message: Buffer, random: Random): Buffer {
  let mutated = Buffer.from(message);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(Math.max(1, mutated.length));
    const [before, behind] = [mutated.subarray(0, at), mutated.subarray(at)];
    switch (random(6)) {
      case 0:
        mutated = Buffer.concat([before, behind.subarray(1 + random(8))]);
        break;
      case 1:
        mutated = Buffer.concat([
          before,
          Buffer.from(Array.from({ length: 1 + random(8) }, () => random(256))),
          behind,
        ]);
        break;
      case 2:
        mutated = Buffer.from(before);
        break;
      case 3:
        // A pointer to anywhere.
        mutated = Buffer.concat([before, Buffer.from([0xc0 | random(2), random(256)]), behind.subarray(2)]);
        break;
      default:
        if (mutated.length > 0) mutated.writeUInt8(random(256), at);
    }
  }
  return mutated;
}

describe(`${COUNT} mutated packets, seed ${SEED}`, () => {
  test('are read or refused, and what is believed answers the question', () => {
    const random = createRandom(SEED);
    const kinds = Object.values(QUERIES);
    const seen = { believed: 0, refused: 0, foreign: 0 };
    let question: Question | undefined;
    let genuine: Buffer = Buffer.alloc(0);
    for (let index = 0; index < COUNT; index++) {
      if (index % 100 === 0) {
        question = createQuestion(NAME, 'ANY', { mixedCase: index % 200 === 0, answerBytes: 1232 });
        const answers = ANSWERS.filter(() => random(3) > 0);
        const authorities = random(2) ? [authority(9, 9)] : [];
        genuine = response(readQuestion(question.message), { answers, authorities });
      }
      if (!question) throw new Error('no question');
      const message = mutate(genuine, random);
      const verdict = judge(question, message);
      if (typeof verdict === 'string') {
        seen[verdict === 'malformed' ? 'refused' : 'foreign']++;
        continue;
      }
      seen.believed++;
      expect(message.readUInt16BE(0)).toBe(question.id);
      const known = knowledge(NAME, verdict);
      if (known.failure) continue;
      const shapes = [
        ...kinds.map(
          ({ shape }) =>
            () =>
              shape(known, { ttl: true }),
        ),
        ...OTHER_TYPES.map(type => () => otherRecords(known, type)),
      ];
      const pick = shapes[index % shapes.length];
      try {
        pick?.();
      } catch (error) {
        expect(error).toBeInstanceOf(DnsFailure);
      }
    }
    // The test would prove nothing if every packet went the same way.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(COUNT / 50);
  }, 600_000);

  test('before the right one: the right one is believed, and remembered', async () => {
    const random = createRandom(SEED);
    const server = parseServer('192.0.2.1');
    if (!server) throw new Error('no server');
    const evil = '203.0.113.66';
    const lies = 10;
    const driver = new PacketDriver(sent => {
      const asked = readQuestion(sent.message);
      const lie = response(asked, { answers: [addressOf(asked.name, evil)] });
      const forged = Array.from({ length: lies }, () => {
        // What a forger cannot know: the id, the case of the letters, and where the question went.
        switch (random(4)) {
          case 0:
            return { data: lie, remote: { ...sent.to, port: 1 + random(52) } };
          case 1:
            return { data: lie, remote: { ...sent.to, address: `192.0.2.${2 + random(200)}` } };
          case 2:
            // Of the 'n' at the start of every name.
            return flipped(lie, 13, 0x20);
          default: {
            const other = Buffer.from(lie);
            other.writeUInt16BE(lie.readUInt16BE() ^ (1 + random(0xffff)));
            return Buffer.concat([other.subarray(0, 2), mutate(other.subarray(2), random)]);
          }
        }
      });
      return [...forged, response(asked, { answers: [addressOf(asked.name)] })];
    });
    const client = new DnsClient(
      async () => driver,
      () => [server],
    );
    const asking = {
      servers: undefined,
      plain: false,
      patience: { timeoutMs: 5_000, maxTimeoutMs: 0, tries: 1 },
      signal: new AbortController().signal,
    };
    for (let index = 0; index < COUNT / lies; index++) {
      const name = `n${index % 500}.${index}.test`;
      for (const time of ['asked', 'remembered'])
        expect({ time, ...(await client.ask(name, 'A', asking)) }).toMatchObject({
          records: [{ data: '192.0.2.1' }],
        });
    }
    expect(driver.sent).toHaveLength(COUNT / lies);
  }, 600_000);
});
