/** A hostile modem's volume (reliability.md F18, S14): memory stays bounded, and the channel works again when it is over. */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AtChannel } from '../../src/at/channel.ts';
import type { Command } from '../../src/at/command.ts';
import { createMemoryPair } from '../../src/transport/memory.ts';
import { takeSample } from '../soak/sample.ts';
import { FarEnd } from '../support/far-end.ts';
import { DIALECTS } from './corpus.ts';
import { runs, timeLimit } from './runs.ts';

/** 200 MB: ATSOCK_FUZZ=10. */
const FLOOD_BYTES = runs(20_000_000);
const GROWTH_BYTES = 32 << 20;
const PIECE_BYTES = 65_536;
const T_MS = 1_000;
/** A probe whose answer the last header of the flood swallows is followed by another. */
const FENCE_MS = 4_000;

const repeated = (text: string): (() => Buffer) => {
  const piece = Buffer.from(text.repeat(Math.ceil(PIECE_BYTES / text.length)), 'latin1');
  return () => piece;
};

/** Each line another one. */
function distinct(): Buffer {
  const lines = Array.from({ length: 4_000 }, () => `\r\n+U${count++}: ${count},"x"\r\n`);
  return Buffer.from(lines.join(''), 'latin1');
}
let count = 0;

const SHAPES = ['"', '(', ')', ',', '\\', '\\2', ' ', '\0', '0', '>', '+', ':', 'A', '\xff', '+CME ERROR: '];

const FLOODS: Readonly<Record<string, () => Buffer>> = {
  'unsolicited lines': repeated('\r\n+SQNSRING: 1,5\r\n\r\n+QFWDURC: "client/read",100\r\n\r\n+CEREG: 1\r\n'),
  'no end of a line': repeated('x'),
  'headers of data': repeated('\r\n+SQNSRECV: 1,1500\r\n\r\n+QFWDRECV: 100,1024\r\n'),
  'headers of too much': repeated('\r\n+SQNSRECV: 1,2147483648\r\n\r\n+QFWDRECV: 100,2147483648\r\n'),
  'lines all different': distinct,
  'hostile lines': repeated(
    SHAPES.map(shape => `\r\n+SQNSRING: ${shape.repeat(4_000 / shape.length)}`).join(''),
  ),
  prompts: repeated('\r\n> '),
};

const PING: Command<string> = {
  line: '+PING',
  prefix: '+PING',
  timeoutMs: T_MS,
  parse: ({ result }) => result,
};

describe.each(DIALECTS)('$name', dialect => {
  test.each(Object.entries(FLOODS))('%s', { timeout: timeLimit(60_000) }, async (_, piece) => {
    const [near, far] = createMemoryPair();
    const modem = new FarEnd(far);
    const at = new AtChannel(near, { timeoutMs: T_MS, fenceTimeoutMs: FENCE_MS });
    onTestFinished(() => at.close());
    at.framing = dialect.framing();
    for (const prefix of ['+SQNSRING', '+QFWDURC', '+CEREG'])
      at.onUrc({ prefix, parse: () => true }, () => {});
    const before = await takeSample();
    await flood(far, piece, FLOOD_BYTES / 2);
    // The other half with a command in flight.
    const inFlight = at.execute(PING).then(
      () => 'answered',
      error => error.kind,
    );
    await flood(far, piece, FLOOD_BYTES / 2);
    const after = await takeSample();
    expect(after.heapBytes + after.externalBytes - before.heapBytes - before.externalBytes).toBeLessThan(
      GROWTH_BYTES,
    );
    modem.raw('\r\n');
    // It is itself again, and answers everything.
    const next = at.execute({ ...PING, timeoutMs: 20_000 });
    let served = false;
    void next.finally(() => {
      served = true;
    });
    while (!served) await Promise.race([next, answerOne(modem)]);
    expect(await next).toBe('OK');
    expect(['answered', 'timeout', 'reply']).toContain(await inFlight);
  });
});

async function answerOne(modem: FarEnd): Promise<void> {
  const nonce = /S10=(\d+)S10\?$/.exec(await modem.hearLine())?.[1];
  modem.say(...(nonce ? ['000', nonce.padStart(3, '0')] : []), 'OK');
}

async function flood(far: Duplex, piece: () => Buffer, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes; ) {
    const chunk = piece();
    sent += chunk.length;
    if (!far.write(chunk)) await once(far, 'drain');
  }
}
