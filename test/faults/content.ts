/** Contents: random bytes among which is now and then what a modem might say. */
import { createRandom } from '../../src/util/random.ts';

const NASTY = [
  'OK',
  'ERROR',
  '\r\n',
  '> ',
  '\r\nOK\r\n',
  '\r\nERROR\r\n',
  '\r\n+CME ERROR: 3\r\n',
  '\r\n> ',
  '\x1a',
  '\x1b',
  '\r\n+SQNSH: 1\r\n',
  '\r\n+SQNSRING: 1,5\r\n',
  '\r\n+SQNSRECV: 1,7\r\n',
  '\r\n+QFWDURC: "client/close",1\r\n',
  '\r\n+QFWDURC: "client/read",1\r\n',
  '\r\n+QFWDRECV: 1,7\r\n',
  '\r\n+SYSSTART\r\n',
  '\r\nRDY\r\n',
  'AT+SQNSH=1\r',
];

/** One place in so many begins something nasty. */
const NASTY_EVERY = 20;

export function content(length: number, seed: number): Buffer {
  const random = createRandom(seed);
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    if (random(NASTY_EVERY) === 0) at += bytes.write(NASTY[random(NASTY.length)] ?? '', at, 'latin1') || 1;
    else bytes[at++] = random(256);
  }
  return bytes;
}
