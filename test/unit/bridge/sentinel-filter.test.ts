/** Heartbeats in what a client sends: none reaches the modem and no other byte is lost, however the stream is cut. */
import { expect, test } from 'vitest';
import { SentinelFilter } from '../../../src/bridge/sentinel-filter.ts';
import { createRandom } from '../../../src/util/random.ts';

const BEAT = '<heartbeat>';
const SEED = 2_211;
const ROUNDS = 2_000;

async function filtered(chunks: readonly string[]): Promise<string> {
  const filter = new SentinelFilter();
  for (const chunk of chunks) filter.write(chunk, 'latin1');
  filter.end();
  return Buffer.concat(await filter.toArray()).toString('latin1');
}

test.each([
  ['alone', [BEAT], ''],
  ['two at once', [BEAT + BEAT], ''],
  ['at the start', [`${BEAT}AT\r`], 'AT\r'],
  ['at the end', [`AT\r${BEAT}`], 'AT\r'],
  ['in the middle', [`AT+A\r${BEAT}payload`], 'AT+A\rpayload'],
  ['byte by byte', [...`A${BEAT}T`], 'AT'],
  ['behind the beginning of another', ['<heartb', `${BEAT}x`], '<heartbx'],
  ['inside another: only that one', [`<heart${BEAT}beat>`], '<heartbeat>'],
  ['almost one', ['<heartbeat', '.'], '<heartbeat.'],
  ['the beginning of one at the end', ['AT<hear'], 'AT<hear'],
])('%s', async (_name, chunks, expected) => {
  expect(await filtered(chunks)).toBe(expected);
});

test(`${ROUNDS} streams in random cuts, seed ${SEED}`, async () => {
  const random = createRandom(SEED);
  // What looks like parts of one, and cannot make a whole one together.
  const parts = ['<', '<hea', '<<', 'AT+CSQ\r', '<heartbeat', '\x00\xff', 'x'];
  for (let round = 0; round < ROUNDS; round++) {
    let sent = '';
    let expected = '';
    for (let count = random(12); count >= 0; count--) {
      const part = random(2) === 0 ? BEAT : `${parts[random(parts.length)]}.`;
      sent += part;
      if (part !== BEAT) expected += part;
    }
    const chunks: string[] = [];
    for (let at = 0; at < sent.length; ) {
      const length = 1 + random(13);
      chunks.push(sent.slice(at, at + length));
      at += length;
    }
    expect(await filtered(chunks), `round ${round}: ${JSON.stringify(chunks)}`).toBe(expected);
  }
});
