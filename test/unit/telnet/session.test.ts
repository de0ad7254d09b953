/** What a telnet client says and what comes of it (RFC 854 to 858): both modes, prompts, and 10,000,000 bytes of nonsense. */
import { describe, expect, test } from 'vitest';
import { LineEndReader, LineEndWriter } from '../../../src/telnet/line-ends.ts';
import { TelnetSession } from '../../../src/telnet/session.ts';
import { createRandom, type Random } from '../../../src/util/random.ts';
import { runs, timeLimit } from '../../fuzz/runs.ts';

const SEED = 854;

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

const [WILL, WONT, DO, DONT] = ['\xff\xfb', '\xff\xfc', '\xff\xfd', '\xff\xfe'];
const [ECHO, SGA] = ['\x01', '\x03'];
const OFFER = WILL + SGA + WILL + ECHO;

function open() {
  const said = { input: '', output: '' };
  const session = new TelnetSession({
    input: bytes => {
      said.input += bytes.toString('latin1');
    },
    output: bytes => {
      said.output += bytes.toString('latin1');
    },
  });
  const take = (name: keyof typeof said): string => {
    const text = said[name];
    said[name] = '';
    return text;
  };
  return {
    session,
    receive: (text: string) => session.receive(latin1(text)),
    input: () => take('input'),
    output: () => take('output'),
  };
}

function openInCharacterMode() {
  const client = open();
  client.receive(DO + SGA + DO + ECHO);
  expect(client.output()).toBe(OFFER);
  return client;
}

describe('options', () => {
  test.each([
    ['both, as Debian and PuTTY ask', DO + SGA + DO + ECHO],
    ['SGA alone', DO + SGA],
  ])('character mode is offered to who asks for %s', (_, asked) => {
    const { receive, output } = open();
    receive(asked);
    expect(output()).toBe(OFFER);
  });

  test('and not to a client that does not ask', () => {
    const { receive, output, input } = open();
    receive(`${WILL}\x1f\x00\xff\xf1ATI\r\n`);
    expect(output()).toBe(`${DONT}\x1f`);
    expect(input()).toBe('\x00ATI\r');
  });

  test('it is offered once', () => {
    const { receive, output } = open();
    receive(DO + SGA + DONT + ECHO);
    expect(output()).toBe(OFFER);
    receive((DONT + SGA + DO + SGA).repeat(3));
    expect(output()).toBe((WONT + SGA + WILL + SGA).repeat(3));
  });

  test('a timing mark is refused each time, since Debian shows nothing until it is answered', () => {
    const { receive, output } = open();
    receive(`\xff\xf4${DO}\x06`.repeat(2));
    expect(output()).toBe(`${WONT}\x06`.repeat(2));
  });
});

describe('line mode', () => {
  test('all ends of lines are one CR', () => {
    const { receive, input } = open();
    receive('A\rB\r\nC\r\0D\nE\r\r\n\0F');
    expect(input()).toBe('A\rB\rC\rD\rE\r\r\0F');
  });

  test('nothing is edited or shown, IAC is undoubled, BRK and IP are nothing', () => {
    const { receive, input, output } = open();
    receive('A\x7f\x1b\x1a\x03\xff\xf3\xff\xf4\xff\xff\r\n');
    expect(input()).toBe('A\x7f\x1b\x1a\x03\xff\r');
    expect(output()).toBe('');
  });

  test('what is sent has IAC doubled and CR NUL where no LF follows', () => {
    const { session, output } = open();
    for (const text of ['\r\nOK\r\n', '\xff', '0\r', '1\r', '\n', '\r', '', '\r\0'])
      session.send(latin1(text));
    expect(output()).toBe('\r\nOK\r\n\xff\xff0\r\x001\r\n\r\0\r\0\0');
  });
});

describe('character mode', () => {
  test('what is typed is shown, and passed on by the line', () => {
    const { receive, input, output } = openInCharacterMode();
    receive('ATX');
    expect([input(), output()]).toEqual(['', 'ATX']);
    receive('\x7fI\r\0');
    expect([input(), output()]).toEqual(['ATI\r', '\b \bI\r\n']);
  });

  test('a line in work goes on behind what the daemon says', () => {
    const { session, receive, output } = openInCharacterMode();
    receive('AT');
    output();
    session.send(latin1('\r\n+CREG: 1\r\n'));
    expect(output()).toBe('\b\b  \b\b\r\n+CREG: 1\r\nAT');
  });

  test('at a prompt everything is passed on at once', () => {
    const { session, receive, input, output } = openInCharacterMode();
    session.send(latin1('\r\n> '));
    session.atPrompt = true;
    output();
    receive('hi\x7f\xe4\r\0\x1b[A\x03\x1a');
    expect(input()).toBe('hi\x08\xe4\r\x1b[A\x03\x1a');
    expect(output()).toBe('hi\b \b\xe4[A');
    session.atPrompt = false;
    receive('\x1aATI\r\0');
    expect(input()).toBe('ATI\r');
  });

  test('what was typed before the prompt came belongs to the payload', () => {
    const { session, receive, input, output } = openInCharacterMode();
    receive('hel');
    session.send(latin1('\r\n> '));
    session.atPrompt = true;
    expect(input()).toBe('hel');
    expect(output()).toBe('hel\b\b\b   \b\b\b\r\n> hel');
    receive('lo\x1a');
    expect(input()).toBe('lo\x1a');
  });

  test('a client that goes back to line mode loses nothing', () => {
    const { receive, input, output } = openInCharacterMode();
    receive(`AT${DONT}${ECHO}I\r\n`);
    expect(input()).toBe('ATI\r');
    expect(output()).toBe(`AT${WONT}${ECHO}`);
  });
});

/** All that means something, often, and everything else. */
const WORDS = [
  ...[
    'AT',
    'I',
    '\r',
    '\r\n',
    '\r\0',
    '\n',
    '\x7f',
    '\x08',
    '\x15',
    '\x17',
    '\x03',
    '\x1a',
    '\x1b',
    '\x1b[A',
    '\x1b[B',
    '\x1b[D',
    '\x1b[3',
  ],
  ...['\xff', '\xff\xff', '\xff\xf4', '\xff\xfa', '\xff\xf0', '\xff\xfa\x1f\0\xff\xff\xff\xf0'],
  ...[WILL, WONT, DO + ECHO, DO + SGA, DO + SGA, DONT, DO],
];

function nonsense(length: number, random: Random): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; )
    if (random(5) > 0) at += bytes.write(WORDS[random(WORDS.length)] ?? '', at, 'latin1');
    else bytes[at++] = random(256);
  return bytes;
}

interface Sum {
  count: number;
  hash: number;
}

const add = (sum: Sum, bytes: Buffer): void => {
  for (let at = 0; at < bytes.length; at++) sum.hash = (Math.imul(sum.hash, 31) + (bytes[at] ?? 0)) | 0;
  sum.count += bytes.length;
};

/** What comes of it, with a prompt after every third line until Ctrl-Z or ESC. */
function sumsOf(pieces: Iterable<Buffer>): { readonly input: Sum; readonly output: Sum } {
  const sums = { input: { count: 0, hash: 0 }, output: { count: 0, hash: 0 } };
  let lines = 0;
  const session = new TelnetSession({
    output: bytes => add(sums.output, bytes),
    input: bytes => {
      add(sums.input, bytes);
      for (const byte of bytes)
        if (byte === 13) session.atPrompt = ++lines % 3 === 0;
        else if (byte === 26 || byte === 27) session.atPrompt = false;
    },
  });
  for (const piece of pieces) session.receive(piece);
  return sums;
}

function* cut(bytes: Buffer, most: number, random: Random): Iterable<Buffer> {
  for (let at = 0, size = 0; at < bytes.length; at += size) {
    size = 1 + random(most);
    yield bytes.subarray(at, at + size);
  }
}

test(`10,000,000 bytes of nonsense, in any pieces, seed ${SEED}`, { timeout: timeLimit(120_000) }, () => {
  const random = createRandom(SEED);
  for (let run = 0; run < runs(1); run++) {
    const bytes = nonsense(10_000_000, random);
    const whole = sumsOf([bytes]);
    expect(whole.input.count).toBeGreaterThan(1_000_000);
    expect(whole.output.count).toBeGreaterThan(1_000_000);
    expect(sumsOf(cut(bytes, 20, random))).toEqual(whole);
    const start = bytes.subarray(0, 1_000_000);
    expect(sumsOf(cut(start, 1, random))).toEqual(sumsOf([start]));
  }
});

test(`every cut in two of 400 short ones, seed ${SEED}`, () => {
  const random = createRandom(SEED);
  for (let run = 0; run < 400; run++) {
    const bytes = nonsense(60, random);
    const whole = sumsOf([bytes]);
    for (let at = 1; at < bytes.length; at++)
      expect(sumsOf([bytes.subarray(0, at), bytes.subarray(at)]), `run ${run}, cut at ${at}`).toEqual(whole);
  }
});

test(`what the writer writes, a reader reads, in any pieces, seed ${SEED}`, () => {
  const random = createRandom(SEED);
  const bytes = nonsense(100_000, random);
  const writer = new LineEndWriter();
  const whole = new LineEndWriter().write(bytes.toString('latin1'));
  const pieces = [...cut(bytes, 9, random)].map(piece => writer.write(piece.toString('latin1')));
  // A CR at the very end waits for what follows.
  expect(Buffer.concat(pieces).equals(whole)).toBe(true);
  const reader = new LineEndReader();
  const read = Buffer.concat([...cut(bytes, 9, random)].map(piece => reader.read(piece)));
  expect(read.equals(new LineEndReader().read(bytes))).toBe(true);
  expect(read.includes('\n')).toBe(false);
});
