/** Bytes that look like everything a modem says, from a seed. */
import { createRandom } from '../../src/util/random.ts';

const NASTY = [
  '\r\nOK\r\n',
  'ERROR',
  '\r\n> ',
  '> ',
  '+SQNSRING: 1\r\n',
  '\r\n+SQNSH: 1\r\n',
  '\x1a',
  '\x1b',
  '\0',
  '+++',
  '\r',
  '\n',
];

export function nastyBytes(length: number, seed: number): Buffer {
  const random = createRandom(seed);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    if (random(4) > 0) at += bytes.write(NASTY[random(NASTY.length)] ?? '', at, 'latin1');
    else bytes[at++] = random(256);
  }
  return bytes;
}
