/** Texts by chance, of the characters that are easy to get wrong, in the lengths at which parts begin. */
import type { Random } from '../../../src/util/random.ts';

/** Written out again, from the tables of 23.038: a slip in the sources must not be repeated here by import. */
export const GSM_BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
export const GSM_EXTENDED = '\f^{}\\[~]|€';

const OTHERS = [
  '\0',
  '\x1a',
  '\x1b',
  '`',
  'ç',
  'Ω',
  'я',
  '中',
  '\u200d',
  '\ufeff',
  '\uffff',
  '😀',
  '👩‍🚀',
  '\ud800',
  '\udc00',
];
const BORDERS = [0, 1, 66, 67, 69, 70, 71, 132, 133, 134, 152, 153, 154, 160, 161, 304, 306, 307, 459, 460];

export function randomText(random: Random): string {
  const near = BORDERS[random(BORDERS.length)] ?? 0;
  const length = Math.max(0, near + random(5) - 2);
  const pools = [[...GSM_BASIC], [...GSM_BASIC, ...GSM_EXTENDED], [...GSM_BASIC, ...OTHERS], OTHERS];
  const pool = pools[random(pools.length)] ?? OTHERS;
  return Array.from({ length }, () => pool[random(pool.length)]).join('');
}
