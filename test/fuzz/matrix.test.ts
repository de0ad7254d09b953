/** The matrix of configurations (reliability.md F7): in each of the 216 the channel understands the same. */
import { expect, test } from 'vitest';
import { AtError } from '../../src/at/at-error.ts';
import { attend } from '../../src/at/attention.ts';
import type { AtChannel } from '../../src/at/channel.ts';
import { action, type Command, read } from '../../src/at/command.ts';
import { createMemoryPair } from '../../src/transport/memory.ts';
import { sliced } from '../../src/transport/sliced.ts';
import type { TransportDecorator } from '../../src/transport/transport.ts';
import { type Configuration, DATA, MatrixModem } from './matrix-modem.ts';

/** A modem that answers in numbers is not understood before it is told otherwise: half of the cells wait for that. */
const PROBE_MS = 300;

const PAYLOAD = 'OK\r\nAT\r\x1a\x1b> \0';

const CHUNKINGS: Readonly<Record<string, TransportDecorator>> = {
  whole: transport => transport,
  bytes: sliced({ seed: 1, mode: 'bytes' }),
  'seed 2': sliced({ seed: 2, mode: 'random' }),
  'seed 3': sliced({ seed: 3, mode: 'random' }),
};

const configurations = (['off', 'on', 'stuck'] as const).flatMap(echo =>
  (['\r\n', '\r', '\n'] as const).flatMap(eol =>
    [true, false].flatMap(verbose =>
      ([0, 1, 2] as const).map((errors): Configuration => ({ echo, eol, verbose, errors })),
    ),
  ),
);

const lines = (line: string, rest: Partial<Command<unknown>> = {}): Command<unknown> => ({
  line,
  parse: ({ info }) => info.map(({ text, data }) => (data ? [text, data.toString('latin1')] : text)),
  ...rest,
});

const registration = read('+CEREG', {
  accepts: params => typeof params[1] === 'number',
  parse: ({ info }): unknown => info.map(({ params }) => params),
});

const SUITE: readonly Command<unknown>[] = [
  action('+CFUN=1'),
  registration,
  lines('+CGMM', { text: true }),
  read('+TWO', { parse: ({ info }): unknown => info.map(({ params }) => params) }),
  lines('+NO'),
  lines(`+SEND=${PAYLOAD.length}`, { payload: Buffer.from(PAYLOAD, 'latin1') }),
  lines('+UNKNOWN'),
  lines('+DATA?', { prefix: '+DATA' }),
  registration,
];

const REFUSALS = [
  ['error', 'ERROR'],
  ['cme', '4'],
  ['cme', 'operation not supported'],
] as const;

const cells = configurations.flatMap(configuration =>
  Object.keys(CHUNKINGS).map(chunking => ({ ...configuration, chunking })),
);

test('there are 216', () => expect(cells).toHaveLength(216));

const name = 'echo $echo, lines end in $eol, verbose $verbose, +CMEE $errors, $chunking';

test.concurrent.for(cells)(name, async (cell, { onTestFinished }) => {
  const { at, modem } = await open(cell);
  onTestFinished(() => at.close());
  const heard: unknown[] = [];
  at.onUrc({ prefix: '+CEREG', parse: ([state]) => state }, state => heard.push(state));
  const results: unknown[] = [];
  for (const command of SUITE) {
    results.push(
      await at.execute(command).catch(error => {
        if (!(error instanceof AtError)) throw error;
        return [error.kind, error.value];
      }),
    );
  }
  expect(results).toEqual([
    undefined,
    [[1, 5]],
    ['GM02S'],
    [
      [1, 'a,b'],
      [2, '> '],
    ],
    REFUSALS[cell.errors],
    [],
    [],
    [['+DATA: 8', DATA]],
    [[1, 5]],
  ]);
  expect(heard).toEqual([5, 2, 4, 3, 5]);
  expect(modem.payloads).toEqual([PAYLOAD]);
  expect(at.stats.fences).toBe(0);
});

async function open(
  cell: Configuration & { chunking: string },
): Promise<{ at: AtChannel; modem: MatrixModem }> {
  const [near, far] = createMemoryPair();
  const modem = new MatrixModem(far, cell);
  const decorate = CHUNKINGS[cell.chunking] ?? (transport => transport);
  const stream = await decorate({ name: 'matrix', open: async () => near }).open();
  const at = await attend(stream, { probeMs: PROBE_MS });
  at.framing = {
    bootLines: [],
    block: line => (line === '+DATA: 8' ? { bytes: DATA.length, trailer: cell.eol + cell.eol } : undefined),
  };
  return { at, modem };
}
