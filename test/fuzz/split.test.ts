/** Split equality (reliability.md F1): however a stream is cut, the framers of both dialects make the same of it. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Framer } from '../../src/at/framer.ts';
import { createRandom, type Random } from '../../src/util/random.ts';
import { allSaid, DIALECTS, type Dialect } from './corpus.ts';
import { runs, timeLimit } from './runs.ts';

const STREAM_BYTES = 10_000_000;
/** Some of it byte by byte. */
const BYTEWISE_BYTES = 1_000_000;
const SEED = 6;

/** What a framer makes of the pieces, one word after the other. */
function frame(dialect: Dialect, pieces: Iterable<Buffer>, say: (word: string) => void): void {
  const framing = dialect.framing();
  const framer = new Framer({
    promptExpected: true,
    prompt: () => say('prompt'),
    line: text => {
      say(`line ${text}`);
      return framing.block(text);
    },
    data: (bytes, intact) => say(`${intact ? 'data' : 'broken'} ${bytes.toString('latin1')}`),
    overflow: () => say('overflow'),
  });
  for (const piece of pieces) framer.feed(piece);
}

function words(dialect: Dialect, ...pieces: Buffer[]): string[] {
  const said: string[] = [];
  frame(dialect, pieces, word => said.push(word));
  return said;
}

function* bytewise(bytes: Buffer): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1);
}

function* cut(bytes: Buffer, most: number, random: Random): Iterable<Buffer> {
  for (let at = 0, size = 0; at < bytes.length; at += size) {
    size = 1 + random(most);
    yield bytes.subarray(at, at + size);
  }
}

describe.each(DIALECTS)('$name', dialect => {
  test(`every split in two of the ${dialect.dialogues.length} dialogues, and byte by byte`, () => {
    let splits = 0;
    for (const dialogue of dialect.dialogues) {
      const bytes = allSaid(dialogue);
      const whole = words(dialect, bytes).join('\n');
      for (let at = 1; at < bytes.length; at++, splits++) {
        const halves = words(dialect, bytes.subarray(0, at), bytes.subarray(at)).join('\n');
        if (halves !== whole) expect(halves, `${dialogue.file} cut at ${at}`).toBe(whole);
      }
      expect(words(dialect, ...bytewise(bytes)).join('\n'), dialogue.file).toBe(whole);
    }
    expect(splits).toBeGreaterThan(10_000);
  });

  test(`a mixed stream of 10,000,000 bytes, seed ${SEED}`, { timeout: timeLimit(120_000) }, () => {
    const random = createRandom(SEED);
    const stream = mixedStream(dialect, random);
    const digest = (pieces: Iterable<Buffer>): { hash: string; count: number } => {
      const hash = createHash('sha256');
      let count = 0;
      frame(dialect, pieces, word => {
        hash.update(word).update('\n');
        count++;
      });
      return { hash: hash.digest('hex'), count };
    };
    const whole = digest([stream]);
    expect(whole.count).toBeGreaterThan(100_000);
    for (let run = 0; run < runs(1); run++)
      expect(digest(cut(stream, 1 + random(3_000), random))).toEqual(whole);
    const start = stream.subarray(0, BYTEWISE_BYTES);
    expect(digest(bytewise(start))).toEqual(digest([start]));
  });
});

/** Dialogues in any order, and now and then some bytes that nobody says. */
function mixedStream({ dialogues }: Dialect, random: Random): Buffer {
  const texts = dialogues.map(allSaid);
  const stream = Buffer.alloc(STREAM_BYTES);
  for (let at = 0; at < stream.length; ) {
    const text = texts[random(texts.length)] ?? Buffer.alloc(0);
    at += text.copy(stream, at);
    for (let noise = random(4) === 0 ? random(40) : 0; noise > 0 && at < stream.length; noise--)
      stream[at++] = random(256);
  }
  return stream;
}
