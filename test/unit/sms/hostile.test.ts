/** PDUs that were changed, or made up by chance, are read or refused with the PDU kept, and nothing else happens (F71). */
import { expect, test } from 'vitest';
import { Assembly } from '../../../src/sms/codec/assembly.ts';
import { type Deliver, parsePdu } from '../../../src/sms/codec/pdu.ts';
import { PduError } from '../../../src/sms/codec/pdu-reader.ts';
import { formatSubmit } from '../../../src/sms/codec/submit.ts';
import { createRandom, type Random } from '../../../src/util/random.ts';
import { runs, timeLimit } from '../../fuzz/runs.ts';
import { carried, STAMP } from './carried.ts';
import { randomText } from './texts.ts';

/** The 10,000,000 of issue 9: ATSOCK_FUZZ=20. */
const OCTETS = runs(500_000);
const SEED = 71;

const bytes = (random: Random, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, () => random(256)));

function genuine(random: Random): Buffer {
  const [submit = { pdu: '' }] = formatSubmit({
    to: '+12345678',
    text: randomText(random),
    reference: random(256),
  });
  const pdus = [submit.pdu, carried(submit.pdu), `00062A0B916407281553F8${STAMP}${STAMP}00`];
  return Buffer.from(pdus[random(pdus.length)] ?? '', 'hex');
}

/** Some octets changed, mostly among those that are lengths and types; left out; put in; or the end cut off. */
function changed(pdu: Buffer, random: Random): Buffer {
  let octets = Buffer.from(pdu);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(random(2) ? Math.min(30, octets.length + 1) : octets.length + 1);
    const kept = [octets.subarray(0, at), octets.subarray(at + random(2))] as const;
    const more = random(3) ? bytes(random, 1) : bytes(random, random(20));
    octets = random(8) ? Buffer.concat([kept[0], more, kept[1]]) : Buffer.from(kept[0]);
  }
  return octets;
}

test(
  `${OCTETS} octets, seed ${SEED}`,
  () => {
    const random = createRandom(SEED);
    const assembly = new Assembly<Deliver>();
    const seen = { deliver: 0, report: 0, submit: 0, refused: 0 };
    let count = 0;
    for (let octets = 0; octets < OCTETS; count++) {
      const pdu = random(4) ? changed(genuine(random), random) : bytes(random, random(200));
      octets += pdu.length;
      const text = pdu.toString('hex');
      try {
        const message = parsePdu(text);
        seen[message.type]++;
        if (message.type === 'deliver') assembly.add(message, count);
        if (message.type !== 'report') expect(message.body.length).toBeLessThanOrEqual(160);
      } catch (error) {
        if (!(error instanceof PduError)) throw new Error(`"${text}"`, { cause: error });
        expect(error.pdu).toBe(text);
        seen.refused++;
      }
    }
    // The test would prove nothing if every PDU went the same way.
    for (const each of Object.values(seen)) expect(each).toBeGreaterThan(count / 50);
  },
  timeLimit(60_000),
);
