/** traced: dialogue steps out of chunks, byte-exact, in an order that can be replayed, without secrets. */
import { describe, expect, test } from 'vitest';
import { TraceWriter } from '../../../src/transport/trace-writer.ts';
import { unquote } from '../../../src/util/quote.ts';
import { createRandom } from '../../../src/util/random.ts';

type Pass = readonly [side: 'dte' | 'dce', text: string];

function trace(passes: readonly Pass[], lost = false): string[] {
  const lines: string[] = [];
  const writer = new TraceWriter(line => lines.push(line));
  for (const [side, text] of passes) {
    const chunk = Buffer.from(text, 'latin1');
    if (side === 'dte') writer.sent(chunk);
    else writer.received(chunk);
  }
  writer.closed(lost);
  return lines;
}

/** The bytes of one side that a player makes of the steps (architecture 7.1). */
function replay(lines: readonly string[], side: 'dte' | 'dce'): string {
  const [line, bytes] = side === 'dte' ? ['> ', '>>'] : ['< ', '<<'];
  return lines
    .map(step => {
      const text = unquote(step.slice(3)).toString('latin1');
      if (step.startsWith(bytes)) return text;
      if (!step.startsWith(line)) return '';
      return side === 'dte' ? `${text}\r` : `\r\n${text}\r\n`;
    })
    .join('');
}

const said = (passes: readonly Pass[], side: 'dte' | 'dce'): string =>
  passes.flatMap(([who, text]) => (who === side ? text : [])).join('');

const inBytes = (passes: readonly Pass[]): Pass[] =>
  passes.flatMap(([side, text]) => [...text].map((character): Pass => [side, character]));

const udp: readonly Pass[] = [
  ['dte', 'AT+SQNSSENDEXT=1,3\r'],
  ['dce', 'AT+SQNSSENDEXT=1,3\r\r\n> '],
  ['dte', '\x01\r\x03'],
  ['dce', '\r\nOK\r\n\r\n+SQNSRING: 1,4\r\n'],
  ['dte', 'AT+SQNSRECV=1,1500\r'],
  ['dce', 'AT+SQNSRECV=1,1500\r'],
  ['dce', '\r\n+SQNSRECV: 1,4\r\n\r\n{ \r\n\r\nOK\r\n'],
];

test('the steps of a datagram out and one in', () => {
  expect(trace(udp)).toEqual([
    '>  AT+SQNSSENDEXT=1,3',
    '<< AT+SQNSSENDEXT=1,3\\r',
    '<< \\r\\n>\\x20',
    '>> \\x01\\r\\x03',
    '<  OK',
    '<  +SQNSRING: 1,4',
    '>  AT+SQNSRECV=1,1500',
    '<< AT+SQNSRECV=1,1500\\r',
    '<  +SQNSRECV: 1,4',
    '<  \\x7b\\x20',
    '<  OK',
  ]);
});

test.each([
  ['an answer without the first CR LF', [['dce', 'OK\r\n']], ['<< OK\\r\\n']],
  ['numeric answers', [['dce', '0\r']], ['<< 0\\r']],
  [
    'a CR first, a command, then its LF',
    [
      ['dce', '\r\nOK\r'],
      ['dte', 'AT\r'],
      ['dce', '\n'],
    ],
    ['<< \\r\\nOK\\r', '>  AT', '<< \\n'],
  ],
  [
    'only line ends',
    [['dce', '\r\n\r\n\n\r\r\n']],
    ['<< \\r\\n', '<< \\r\\n', '<< \\n', '<< \\r', '<< \\r\\n'],
  ],
  ['an empty command line', [['dte', '\r']], ['>> \\r']],
  ['CR LF after a command', [['dte', 'AT\r\nATI\r\n']], ['>  AT', '>  \\nATI', '>> \\n']],
  [
    'ESC at a late prompt',
    [
      ['dte', '\x1b'],
      ['dce', '\r\nOK\r\n'],
    ],
    ['>> \\x1b', '<  OK'],
  ],
  [
    'two commands and a split one',
    [
      ['dte', 'AT\rATE0\rAT'],
      ['dte', 'I\r'],
    ],
    ['>  AT', '>  ATE0', '>  ATI'],
  ],
  [
    'a prompt in two chunks, answered between',
    [
      ['dce', '\r\n>'],
      ['dte', 'x'],
      ['dce', ' \r\nOK\r\n'],
    ],
    ['<< \\r\\n>', '>> x', '<< \\x20\\r\\n', '<< OK\\r\\n'],
  ],
  [
    'payload that looks like a command',
    [
      ['dce', '\r\n> '],
      ['dte', 'AT'],
      ['dce', '\r\nOK\r\n'],
    ],
    ['<< \\r\\n>\\x20', '>> AT', '<  OK'],
  ],
  [
    'bytes before the end',
    [
      ['dte', 'AT+'],
      ['dce', '\r\nO'],
    ],
    ['>> AT+', '<< \\r\\nO'],
  ],
] as [string, Pass[], string[]][])('%s', (_title, passes, steps) => {
  expect(trace(passes)).toEqual(steps);
  for (const side of ['dte', 'dce'] as const) expect(replay(trace(passes), side)).toBe(said(passes, side));
});

test('the DCE hangs up', () => {
  expect(trace([['dte', 'AT\r']], true)).toEqual(['>  AT', '!']);
});

describe('replayed, a trace gives the very bytes', () => {
  test('byte by byte', () => {
    const passes = inBytes(udp);
    for (const side of ['dte', 'dce'] as const) expect(replay(trace(passes), side)).toBe(said(udp, side));
  });

  test.each(Array.from({ length: 40 }, (_, seed) => seed))('of noise, seed %i', seed => {
    const random = createRandom(seed);
    const alphabet = '\r\n> AT+OK{}\\\0\x1a\xff';
    const passes = Array.from({ length: 300 }, (): Pass => {
      const text = Array.from({ length: random(9) }, () => alphabet.charAt(random(alphabet.length))).join('');
      return [random(2) === 0 ? 'dte' : 'dce', text];
    });
    for (const side of ['dte', 'dce'] as const) expect(replay(trace(passes), side)).toBe(said(passes, side));
  });

  test('of a line longer than any modem line: its digits are hidden, its length is kept', () => {
    const passes: Pass[] = [['dce', `${'x'.repeat(5000)}356938035643809`]];
    expect(replay(trace(passes), 'dce')).toBe(`${'x'.repeat(5000)}${'*'.repeat(15)}`);
  });
});

describe('no secret escapes', () => {
  const digits = (seed: number, length: number): string => {
    const random = createRandom(seed);
    return Array.from({ length }, () => 1 + random(9)).join('');
  };
  /** What is written, what is answered, and the secrets in it; 60 seeded ones of each kind. */
  const dialogues: Readonly<
    Record<string, (seed: number) => readonly [command: string, answer: string, secret: string]>
  > = {
    PIN: seed => [`AT+CPIN="${digits(seed, 8)}"`, 'OK', digits(seed, 8)],
    'bare PIN': seed => [`at+cpin=${digits(seed, 8)}`, 'OK', digits(seed, 8)],
    'facility lock': seed => [`AT+CLCK="SC",1,"${digits(seed, 8)}"`, 'OK', digits(seed, 8)],
    'new password': seed => [`AT+CPWD="SC","0","${digits(seed, 8)}"`, 'OK', digits(seed, 8)],
    'APN user': seed => [`AT+CGAUTH=1,2,"u${digits(seed, 8)}","p"`, 'OK', digits(seed, 8)],
    'APN password': seed => [`AT+CGAUTH=1,2,"u","p${digits(seed, 8)},;"`, 'OK', digits(seed, 8)],
    IMEI: seed => ['AT+CGSN', digits(seed, 15), digits(seed, 15)],
    'named IMEI': seed => ['AT+CGSN=1', `+CGSN: "${digits(seed, 15)}"`, digits(seed, 15)],
    IMSI: seed => ['AT+CIMI', digits(seed, 15), digits(seed, 15)],
    ICCID: seed => [
      'AT+SQNCCID',
      `+SQNCCID: "${digits(seed, 19)}","${digits(seed + 1, 32)}"`,
      digits(seed, 19),
    ],
    EID: seed => [
      'AT+SQNCCID',
      `+SQNCCID: "${digits(seed + 1, 19)}","${digits(seed, 32)}"`,
      digits(seed, 32),
    ],
    'number dialled': seed => [`ATD+43${digits(seed, 10)};`, 'OK', digits(seed, 10)],
    'number of a message': seed => [`AT+CMGS="${digits(seed, 10)}"`, '+CMGS: 1', digits(seed, 10)],
    'number of a caller': seed => ['AT', `+CLIP: "+43${digits(seed, 10)}",145`, digits(seed, 10)],
  };
  const cuts: Readonly<Record<string, (text: string, seed: number) => string[]>> = {
    whole: text => [text],
    bytes: text => [...text],
    random: (text, seed) => {
      const random = createRandom(seed);
      const pieces: string[] = [];
      for (let at = 0; at < text.length; ) {
        const end = at + 1 + random(7);
        pieces.push(text.slice(at, end));
        at = end;
      }
      return pieces;
    },
  };

  for (const [name, dialogue] of Object.entries(dialogues)) {
    for (const [cutName, cut] of Object.entries(cuts)) {
      for (const echo of [false, true]) {
        for (const before of ['', '\r\n', '\x1b', '\0\r\n ']) {
          const title = `${name}, cut: ${cutName}, echo: ${echo}, before it: ${JSON.stringify(before)}`;
          test(`${title}, seeds 1 to 60`, () => {
            for (let seed = 1; seed <= 60; seed++) {
              const [command, answer, secret] = dialogue(seed);
              const passes: Pass[] = [];
              // Echoed piece by piece, so that both sides are in the middle of the secret at the same time.
              for (const piece of cut(`${before}${command}\r`, seed)) {
                passes.push(['dte', piece]);
                if (echo) passes.push(['dce', piece]);
              }
              for (const piece of cut(`\r\n${answer}\r\n`, seed)) passes.push(['dce', piece]);
              for (let length = 0; length <= passes.length; length++) {
                if (length % 7 !== seed % 7 && length !== passes.length) continue;
                expectHidden(
                  trace(passes.slice(0, length)),
                  secret,
                  `${title}, seed ${seed}, ${length} pieces`,
                );
              }
            }
          });
        }
      }
    }
  }

  /** No four of its digits in a row, anywhere: two may stay of a telephone number. */
  function expectHidden(lines: readonly string[], secret: string, what: string): void {
    const text = [replay(lines, 'dte'), replay(lines, 'dce'), lines.join('\n')].join('\n');
    for (let at = 0; at + 4 <= secret.length; at++) {
      if (text.includes(secret.slice(at, at + 4))) expect.fail(`${what}: ${lines.join(' | ')}`);
    }
  }
});
