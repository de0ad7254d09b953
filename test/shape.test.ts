/** The shape of the sources: imports go down only, no cycles, small files, a sentence at the head of each. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = new URL('../src/', import.meta.url).pathname;
const LINE_LIMIT = 400;

/** What a folder may import besides itself. `src/README.md` draws the same table. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  util: [],
  // Telnet is the ground of RFC 2217.
  transport: ['telnet', 'util'],
  at: ['util'],
  driver: ['at', 'util'],
  threegpp: ['driver', 'at', 'util'],
  dialects: ['threegpp', 'driver', 'at', 'util'],
  // Name servers are asked over ports of the driver.
  dns: ['driver', 'util'],
  // Short messages; its folder codec/ imports nothing of ours.
  sms: ['threegpp', 'at', 'util'],
  // The socket layer does not know that AT exists.
  sockets: ['dns', 'driver', 'util'],
  // Looks after a channel, whatever its dialect.
  recovery: ['threegpp', 'at', 'util'],
  // Never dialects, driver or sockets: driver and simulator share no knowledge of a modem.
  sim: ['transport', 'at/params.ts', 'util'],
  // Node's modules, with a modem's behind them.
  register: ['sockets', 'util'],
  // Between a person at a terminal and plain command lines; knows no modem.
  telnet: ['util'],
  // `openModem` and the entry points. The simulator only where a `sim:` URL is read.
  '.': ['register', 'sockets', 'sms', 'recovery', 'dns', 'dialects', 'driver', 'at', 'transport', 'util'],
  // A recording for people; knows the waists and nothing between them.
  trace: ['driver', 'at', 'transport', 'util'],
  // A server of its own in front of a modem.
  socks: ['.', 'util'],
  // One modem for many programs: knows lines and connections, no sockets.
  share: ['telnet', 'recovery', 'dialects', 'at', 'transport', 'util'],
  // Serial bridges as servers.
  bridge: ['transport', 'util'],
  // A service of its own around a modem: journal, REST, page.
  serve: ['.', 'recovery', 'sms', 'at', 'util'],
  // Events of the service to others; knows no modem.
  outgoing: ['serve/events.ts', 'serve/job.ts', 'util'],
  // `doctor` asks layer by layer, so the command line knows them all.
  tools: [
    '.',
    'register',
    'trace',
    'socks',
    'share',
    'bridge',
    'serve',
    'outgoing',
    'sockets',
    'recovery',
    'sms',
    'dns',
    'dialects',
    'threegpp',
    'driver',
    'at',
    'transport',
    'util',
  ],
};

const EXTRA: Readonly<Record<string, readonly string[]>> = {
  'modem-url.ts': ['sim'],
  'tools/commands/sim.ts': ['sim'],
};

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .sort();
const sources = new Map(files.map(file => [file, readFileSync(join(SRC, file), 'utf8')]));

/** Files of ours that a file imports, dynamic imports too. */
function imports(file: string): string[] {
  const found = sources.get(file)?.matchAll(/(?:from|import\(|^import)\s*'(\.[^']+)'/gm) ?? [];
  return [...found].map(([, path = '']) => normalize(join(dirname(file), path)));
}

const folder = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : '.');

function allowed(from: string, to: string): boolean {
  if (folder(from) === folder(to)) return true;
  const may = [...(MAY_IMPORT[folder(from)] ?? []), ...(EXTRA[from] ?? [])];
  return may.includes(folder(to)) || may.includes(to);
}

test('every folder stands in the table', () => {
  expect(files.map(folder).filter(name => !(name in MAY_IMPORT))).toEqual([]);
});

test('imports go down only', () => {
  const wrong = files.flatMap(from =>
    imports(from).flatMap(to => (allowed(from, to) ? [] : [`${from} → ${to}`])),
  );
  expect(wrong).toEqual([]);
});

test('every import exists', () => {
  expect(
    files.flatMap(from =>
      imports(from)
        .filter(to => !sources.has(to))
        .map(to => `${from} → ${to}`),
    ),
  ).toEqual([]);
});

test('no cycles', () => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file))
      throw new Error(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
    if (done.has(file)) return;
    for (const next of imports(file)) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

test('no dialect imports another', () => {
  const dialect = (file: string): string | undefined => /^dialects\/([^/]+)\//.exec(file)?.[1];
  const wrong = files.flatMap(from =>
    imports(from)
      .filter(to => dialect(from) && dialect(to) && dialect(from) !== dialect(to))
      .map(to => `${from} → ${to}`),
  );
  expect(wrong).toEqual([]);
});

describe.each(files)('%s', file => {
  const source = sources.get(file) ?? '';

  test('is small', () => {
    expect(source.split('\n').length).toBeLessThanOrEqual(LINE_LIMIT);
  });

  test('opens with a sentence that says what it is', () => {
    expect(source.replace(/^#!.*\n/, '')).toMatch(/^\/\*\* [^\n]{10,}/);
  });
});
