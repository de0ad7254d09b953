/** Texts by chance, sent in parts that arrive shuffled and doubled, are the same texts (reliability.md F70). */
import { expect, test } from 'vitest';
import { Assembly } from '../../../src/sms/codec/assembly.ts';
import { type Deliver, parsePdu } from '../../../src/sms/codec/pdu.ts';
import { formatSubmit } from '../../../src/sms/codec/submit.ts';
import { createRandom, type Random } from '../../../src/util/random.ts';
import { runs, timeLimit } from '../../fuzz/runs.ts';
import { carried } from './carried.ts';
import { randomText } from './texts.ts';

/** The 100,000 of issue 9: ATSOCK_FUZZ=20. */
const COUNT = runs(5_000);
const SEED = 70;

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(random(rest.length), 1));
}

test(
  `${COUNT} texts, seed ${SEED}`,
  () => {
    const random = createRandom(SEED);
    const seen = { gsm7: 0, ucs2: 0, several: 0 };
    for (let index = 0; index < COUNT; index++) {
      const text = randomText(random);
      const referenceBits = random(2) ? 8 : 16;
      const pdus = formatSubmit({ to: '+12345', text, reference: random(256), referenceBits });
      const parts = pdus.map(({ pdu }) => parsePdu(carried(pdu))) as Deliver[];
      const assembly = new Assembly<Deliver>();
      const arriving = shuffled(pdus.length > 1 ? [...parts, ...parts] : parts, random);
      const messages = arriving.flatMap(part => assembly.add(part, 0));
      expect(messages.map(({ body }) => body)).toEqual([text]);
      // No part cuts a character: each is a text of its own that needs no replacement.
      const alone = messages[0]?.parts
        .map(({ body }) => [...body].length)
        .reduce((sum, count) => sum + count);
      expect(alone).toBe([...text].length);
      seen[parts[0]?.alphabet === 'gsm7' ? 'gsm7' : 'ucs2']++;
      if (parts.length > 1) seen.several++;
    }
    // The test would prove nothing if every text went the same way.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(COUNT / 5);
  },
  timeLimit(60_000),
);
