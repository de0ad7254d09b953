/** A hostile modem's volume (reliability.md F18, S14): memory stays bounded, and the channel is back 3 T after it ends. */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { AtChannel } from '../../src/at/channel.ts';
import { action, type Command } from '../../src/at/command.ts';
import * as qfwd from '../../src/dialects/quectel-qfwd/commands.ts';
import * as sequans from '../../src/dialects/sequans/commands.ts';
import { createMemoryPair } from '../../src/transport/memory.ts';
import { VirtualTime } from '../faults/virtual-time.ts';
import { type Sample, takeSample } from '../soak/sample.ts';
import { DIALECTS, type Dialect } from './corpus.ts';
import { MatrixModem } from './matrix-modem.ts';
import { runs, timeLimit } from './runs.ts';

/** 200 MB: ATSOCK_FUZZ=10. */
const FLOOD_BYTES = runs(20_000_000);
const GROWTH_BYTES = 32 << 20;
const PIECE_BYTES = 65_536;
/** The channel's own time-out of a command. */
const T_MS = 10_000;

const repeated = (text: string, bytes = PIECE_BYTES): Buffer =>
  Buffer.from(text.repeat(Math.ceil(bytes / text.length)), 'latin1');

const again = (text: string): (() => Buffer) => {
  const piece = repeated(text);
  return () => piece;
};

/** Each line another one: more than a million of them. */
function distinct(): Buffer {
  const lines = Array.from({ length: 4_000 }, () => `\r\n+U${count++}: ${count}\r\n`);
  return Buffer.from(lines.join(''), 'latin1');
}
let count = 0;

const FLOODS: Readonly<Record<string, () => Buffer>> = {
  'unsolicited lines': again('\r\n+SQNSRING: 1,5\r\n\r\n+QFWDURC: "client/read",100\r\n\r\n+CEREG: 1\r\n'),
  'no end of a line': again('x'),
  'headers of data': again('\r\n+SQNSRECV: 1,1500\r\n\r\n+QFWDRECV: 100,1024\r\n'),
  'headers of too much': again('\r\n+SQNSRECV: 1,2147483648\r\n\r\n+QFWDRECV: 100,2147483648\r\n'),
  'lines all different': distinct,
  prompts: again('\r\n> '),
};

const SHAPES = [
  ...['"', '(', ')', ',', '\\', '\\2', ' ', '\0', '0', '>', '+', ':', 'A', '\xff', '-', '.', '="', '1,'],
  ...['+CME ERROR: ', 'OK'],
];

/** 40 lines, under the limit of a line and far beyond it. */
const LINES = ['', '+SQNSRING: '].flatMap(head =>
  SHAPES.flatMap(shape => [4_000, 1 << 20].map(bytes => ({ head, shape, bytes }))),
);

/** What may stand for a length. */
const LENGTHS = ['2147483648', '4294967295', '-1', '-2147483648', '1501', '65536', '9'.repeat(40), '1e9', ''];

/** Reads from connection 1, and how their replies begin. */
const READS: Readonly<Record<string, { readonly receive: Command<unknown>; readonly header: string }>> = {
  sequans: { receive: sequans.receive(1, false), header: '+SQNSRECV: 1,' },
  'quectel-qfwd': { receive: qfwd.receive('+QFWDRECV', 1, qfwd.MAX_BYTES), header: '+QFWDRECV: 1,' },
};

const TRICKLES = [
  'x'.repeat(30),
  '\r\n+SQNSRECV: 1,1500\r\n0123456789',
  '\r\n+QFWDRECV: 1,1024\r\n01',
  '\r\n> '.repeat(8),
];

const PING = action('+PING');

let time: VirtualTime;
beforeEach(() => {
  time = new VirtualTime(1);
  time.install();
});
afterEach(() => time.uninstall());

describe.each(DIALECTS)('$name', dialect => {
  test.for(Object.entries(FLOODS))('%s', { timeout: timeLimit(60_000) }, async ([, piece], { annotate }) => {
    const { at, far } = open(dialect);
    for (const prefix of ['+SQNSRING', '+QFWDURC', '+CEREG'])
      at.onUrc({ prefix, parse: () => true }, () => {});
    const before = await takeSample();
    await flood(far, piece, FLOOD_BYTES / 2);
    // The other half with a command in flight.
    const inFlight = outcome(at, PING);
    await flood(far, piece, FLOOD_BYTES / 2);
    const grown = expectBounded(before, await takeSample());
    const from = time.now;
    await expectBack(at);
    await annotate(`${FLOOD_BYTES} bytes, ${grown} more held, back after ${(time.now - from) / T_MS} T`);
    expect(['OK', 'timeout', 'reply']).toContain(await inFlight);
  });

  test(`${LINES.length / 2} hostile lines, short of the limit and of 1 MiB`, async () => {
    const { at, far } = open(dialect);
    for (const prefix of ['+SQNSRING', '+CEREG']) at.onUrc({ prefix, parse: () => true }, () => {});
    const before = await takeSample();
    for (const { head, shape, bytes } of LINES) {
      far.write(Buffer.concat([Buffer.from(`\r\n${head}`), repeated(shape, bytes), Buffer.from('\r\n')]));
      await expectBack(at);
    }
    expectBounded(before, await takeSample());
  });

  test.each(LENGTHS)('a reply that announces %s bytes', async length => {
    const { receive, header } = READS[dialect.name] ?? {};
    if (!receive) throw new Error(`no read of ${dialect.name}`);
    const before = await takeSample();
    for (const behind of ['', 'abc\r\n', `${'abc'.repeat(1_000)}\r\n`]) {
      const { at, far } = open(dialect, false);
      const read = outcome(at, receive);
      far.write(Buffer.from(`\r\n${header}${length}\r\n${behind}`, 'latin1'));
      answer(far);
      far.write('\r\nOK\r\n');
      // The time-out of that command, and 3 T.
      await expectBack(at, 4 * T_MS);
      expect(['timeout', 'reply']).toContain(await read);
    }
    expectBounded(before, await takeSample());
  });

  test.each(TRICKLES)('one byte each 0.9 T among the answers: %j', async text => {
    const { at, far } = open(dialect);
    const over = trickle(far, text);
    let isOver = false;
    void over.then(() => {
      isOver = true;
    });
    const talk = async (): Promise<void> => {
      for (let number = 0; !isOver; number++) {
        await outcome(at, PING);
        await pause(number % 7 === 0 ? 3_000 : 1_100);
      }
    };
    await time.run('the talk', (text.length + 3) * T_MS, talk());
    await expectBack(at);
  });

  test('an answer of one byte each 0.9 T does not put the time-out off, and the line is given up', async () => {
    const { at, far } = open(dialect, false);
    const from = time.now;
    void trickle(far, `\r\n+PING: ${'1'.repeat(100)}\r\n\r\nOK\r\n`);
    expect(await time.run('the command', 2 * T_MS, outcome(at, PING))).toBe('timeout');
    expect(time.now - from).toBe(T_MS);
    expect(await time.run('the fence', 3 * T_MS, at.closed)).toMatchObject({ kind: 'timeout' });
  });
});

/** @param answers without it the modem is silent until `answer()` */
function open(dialect: Dialect, answers = true): { at: AtChannel; far: Duplex } {
  const [near, far] = createMemoryPair();
  far.on('error', () => {});
  if (answers) answer(far);
  else far.resume();
  const at = new AtChannel(near);
  onTestFinished(() => at.close());
  at.framing = dialect.framing();
  return { at, far };
}

function answer(far: Duplex): void {
  new MatrixModem(far, { echo: 'off', eol: '\r\n', verbose: true, errors: 1 });
}

const outcome = (at: AtChannel, command: Command<unknown>): Promise<string> =>
  at.execute(command).then(
    () => 'OK',
    error => error.kind,
  );

/** It is the same channel, and answers everything again. */
async function expectBack(at: AtChannel, limitMs = 3 * T_MS): Promise<void> {
  const untilAnswered = async (): Promise<string> => {
    let heard = await outcome(at, PING);
    while (heard !== 'OK' && heard !== 'closed') heard = await outcome(at, PING);
    return heard;
  };
  expect(await time.run('the way back', limitMs, untilAnswered())).toBe('OK');
}

function expectBounded(before: Sample, after: Sample): number {
  const held = ({ heapBytes, externalBytes }: Sample): number => heapBytes + externalBytes;
  const grown = held(after) - held(before);
  expect(grown).toBeLessThan(GROWTH_BYTES);
  return grown;
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

async function trickle(far: Duplex, text: string): Promise<void> {
  for (const byte of text) {
    if (far.destroyed) return;
    far.write(byte, 'latin1');
    await pause(0.9 * T_MS);
  }
}

/** In no time at all: the clock stands. */
async function flood(far: Duplex, piece: () => Buffer, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes; ) {
    const chunk = piece();
    sent += chunk.length;
    if (!far.write(chunk)) await once(far, 'drain');
  }
}
