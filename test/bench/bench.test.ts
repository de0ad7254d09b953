/** The bench itself: its short form ends well, every datagram costs exactly what the formulas say, and a stream hardly more. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';

const BENCH = new URL('bench.mjs', import.meta.url).pathname;
const DEADLINE_MS = 120_000;

interface Cost {
  readonly commands: number;
  readonly written: number;
  readonly read: number;
}

interface Case {
  readonly datagrams: number;
  readonly minimum: Cost;
  readonly look: Cost;
  readonly measured: Cost;
}

interface ByteRow {
  readonly generation: 1 | 2;
  readonly encoding: 'binary' | 'hex';
  readonly bytes: number;
  readonly out: Case;
  readonly inAlone: Case;
  readonly inBurst: Case;
}

interface StreamBytesRow {
  readonly way: 'out' | 'in' | 'both';
  readonly minimum: Cost;
  readonly measured: Cost;
}

interface FairnessRow {
  readonly way: 'out' | 'in' | 'both';
  readonly outIndex?: number;
  readonly inIndex?: number;
}

interface GoodputRow {
  readonly baud: number;
  readonly bytes: number;
  readonly direction: 'out' | 'in';
  readonly limit: number;
  readonly share: number;
}

interface StreamRow {
  readonly baud: number;
  readonly goodput: number;
  readonly share?: number;
}

interface Result {
  readonly machine: { readonly node: string; readonly cpu: string; readonly cores: number };
  readonly lineBytes: readonly ByteRow[];
  readonly goodput: readonly GoodputRow[];
  readonly parsing: readonly { readonly ratio: number }[];
  readonly cpu: readonly { readonly ratio: number }[];
  readonly streamBytes: readonly StreamBytesRow[];
  readonly streamGoodput: readonly StreamRow[];
  readonly fairness: readonly FairnessRow[];
  readonly streamCpu: readonly { readonly ratio: number }[];
  readonly importTime: readonly { readonly ratio: number }[];
  readonly firstByte: readonly (Cost & { readonly byteMs: number })[];
  readonly qfwdGoodput: readonly GoodputRow[];
  readonly qfwdStreamBytes: readonly StreamBytesRow[];
  readonly qfwdStreamGoodput: readonly StreamRow[];
  readonly qfwdFairness: readonly FairnessRow[];
}

async function runBench(...given: string[]): Promise<{ readonly printed: string; readonly result: Result }> {
  const folder = await mkdtemp(join(tmpdir(), 'atsock-bench-'));
  try {
    const file = join(folder, 'result.json');
    const args = [BENCH, '--quick', '--json', file, ...given];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: DEADLINE_MS });
    return { printed: stdout, result: JSON.parse(await readFile(file, 'utf8')) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const digits = ({ bytes }: { readonly bytes: number }): number => String(bytes).length;

const payload = ({ encoding, bytes }: ByteRow): number => (encoding === 'hex' ? 2 * bytes : bytes);

const times = (count: number, { commands, written, read }: Cost): Cost => ({
  commands: count * commands,
  written: count * written,
  read: count * read,
});

const sum = (a: Cost, b: Cost): Cost => ({
  commands: a.commands + b.commands,
  written: a.written + b.written,
  read: a.read + b.read,
});

/** @throws Error if one is missing */
function byWay(rows: readonly StreamBytesRow[]): Record<'out' | 'in', StreamBytesRow> {
  const find = (way: string): StreamBytesRow => {
    const row = rows.find(one => one.way === way);
    if (!row) throw new Error(`no row ${way}`);
    return row;
  };
  return { out: find('out'), in: find('in') };
}

/** Commands and bytes of each way, beside the least. */
function expectNear(most: number, rows: readonly StreamBytesRow[]): void {
  expect(rows.map(({ way }) => way)).toEqual(['out', 'in', 'both']);
  for (const { way, minimum, measured } of rows) {
    expect(measured.commands / minimum.commands, way).toBeLessThan(most);
    expect((measured.written + measured.read) / (minimum.written + minimum.read), way).toBeLessThan(most);
  }
}

describe('npm run bench -- --quick', () => {
  let printed: string;
  let result: Result;

  beforeAll(async () => {
    ({ printed, result } = await runBench());
  }, DEADLINE_MS);

  const name = ({ generation, encoding, bytes }: ByteRow): string =>
    `${bytes} bytes in ${encoding}, generation ${generation}`;

  test('covers each generation, encoding and size', () => {
    const sizes = [16, 64, 256, 512, 1024, 1500];
    const kinds = ['1 binary', '1 hex', '2 binary', '2 hex'];
    expect(
      result.lineBytes.map(({ generation, encoding, bytes }) => `${generation} ${encoding} ${bytes}`),
    ).toEqual(kinds.flatMap(kind => sizes.map(bytes => `${kind} ${bytes}`)));
  });

  test('a datagram out is one command and 28 + digits + n bytes, 2n in hex', () => {
    for (const row of result.lineBytes) {
      const { datagrams, minimum, measured } = row.out;
      const least = { commands: 1, written: 18 + digits(row) + payload(row), read: 10 };
      expect(minimum, name(row)).toEqual(least);
      expect(measured, name(row)).toEqual(times(datagrams, least));
    }
  });

  test('the least in is a ring, a read and its reply: 61 + 2 digits + n bytes, 2n in hex, and the sender', () => {
    for (const row of result.lineBytes) {
      const { commands, written, read } = row.inAlone.minimum;
      const sender = written + read - (61 + 2 * digits(row) + payload(row));
      expect(commands, name(row)).toBe(1);
      if (row.generation === 1) expect(sender, name(row)).toBe(0);
      else expect(sender, name(row)).toBeGreaterThanOrEqual(',"127.0.0.1",1024'.length);
    }
  });

  test('a burst in is one read for each datagram, and one look', () => {
    for (const row of result.lineBytes) {
      for (const { datagrams, minimum, look, measured } of [row.inAlone, row.inBurst]) {
        expect(measured, `${datagrams} of ${name(row)}`).toEqual(sum(times(datagrams, minimum), look));
        expect(measured.commands, `${datagrams} of ${name(row)}`).toBe(datagrams + 1);
      }
    }
  });

  test('the least for a MiB is 700 commands: pieces of 1500 bytes, 1532 out and 1548 in, and a rest of 76', () => {
    const { out, in: incoming } = byWay(result.streamBytes);
    expect(out.minimum).toEqual({ commands: 700, written: 699 * 1522 + 96, read: 7000 });
    expect(incoming.minimum).toEqual({ commands: 700, written: 13_300, read: 699 * 1529 + 103 });
  });

  test('a MiB out is a send for each piece of each 64 KiB that were written, and nothing else', () => {
    // 43 pieces and a rest of 1036 bytes, sixteen times.
    expect(byWay(result.streamBytes).out.measured.commands).toBe(16 * 44);
  });

  test('a MiB in, and both ways at once, take at most 1 % more commands and bytes than the least', () => {
    expectNear(1.01, result.streamBytes);
  });

  test('six busy connections take turns', () => {
    for (const rows of [result.fairness, result.qfwdFairness]) {
      expect(rows.map(({ way }) => way)).toEqual(['out', 'in', 'both']);
      const indices = rows.flatMap(({ outIndex, inIndex }) => [outIndex, inIndex]);
      const known = indices.filter(index => index !== undefined);
      expect(known).toHaveLength(4);
      for (const index of known) expect(index).toBeGreaterThanOrEqual(0.99);
    }
  });

  test('quectel-qfwd: the least for a datagram is 44 + 2 digits + n bytes out, 44 + digits + n in', () => {
    for (const { baud, bytes, direction, limit } of result.qfwdGoodput) {
      const least = 44 + (direction === 'out' ? 2 : 1) * digits({ bytes }) + bytes;
      expect(limit, `${bytes} bytes ${direction}`).toBeCloseTo((bytes * baud) / 10 / least);
    }
  });

  test('quectel-qfwd: the least for a MiB is 1024 commands, 1076 bytes out and 1072 in, and 102 questions for credit out', () => {
    const { out, in: incoming } = byWay(result.qfwdStreamBytes);
    expect(out.minimum).toEqual({
      commands: 1024 + 102,
      written: 1024 * 1045 + 102 * 13,
      read: 1024 * 31 + 102 * 49,
    });
    expect(incoming.minimum).toEqual({ commands: 1024, written: 1024 * 19, read: 1024 * 1053 });
  });

  test('quectel-qfwd: a MiB out is full pieces, and one question when what the modem had room for is used up', () => {
    const { commands } = byWay(result.qfwdStreamBytes).out.measured;
    // An answer can come before the last piece has left the buffer, which then has room for nine.
    expect(commands - 1024).toBeLessThanOrEqual(Math.ceil(1024 / 9));
    expect(commands - 1024).toBeGreaterThanOrEqual(102);
  });

  test('quectel-qfwd: a MiB in, and both ways at once, take at most 1.2 % more commands and bytes than the least', () => {
    expectNear(1.012, result.qfwdStreamBytes);
  });

  test('from a closed line to the first byte are 25 commands, whatever the pace', () => {
    expect(result.firstByte.map(({ commands }) => commands)).toEqual([25, 25, 25]);
    for (const { written, read } of result.firstByte) expect(written + read).toBeLessThan(1500);
  });

  test('measures the rest, and names the machine', () => {
    expect(result.machine).toMatchObject({ node: process.version, cores: expect.any(Number) });
    for (const rows of [result.goodput, result.qfwdGoodput]) {
      expect(rows).toHaveLength(2 * 3 * 2);
      for (const { share } of rows) expect(share).toBeGreaterThan(0);
    }
    for (const rows of [result.streamGoodput, result.qfwdStreamGoodput]) {
      expect(rows).toHaveLength(3 * 5);
      for (const { baud, goodput, share } of rows) expect(baud > 0 ? share : goodput).toBeGreaterThan(0);
    }
    for (const { ratio } of [...result.parsing, ...result.cpu, ...result.streamCpu, ...result.importTime])
      expect(ratio).toBeGreaterThan(0);
  });

  test('prints the formulas', () => {
    expect(printed).toContain('28 + digits(n) + k·n');
    expect(printed).toContain('nothing overlaps');
  });
});

describe('npm run bench -- --only', () => {
  test(
    'runs the parts whose names begin so',
    async () => {
      const { result } = await runBench('--only', 'line', '--only', 'qfwdStreamB');
      const parts = Object.entries(result).filter(([, value]) => Array.isArray(value));
      expect(parts.map(([name]) => name)).toEqual(['lineBytes', 'qfwdStreamBytes']);
    },
    DEADLINE_MS,
  );

  test('says which there are when none begins so', async () => {
    await expect(runBench('--only', 'nonsense')).rejects.toThrow(/qfwdStreamGoodput/);
  });
});
