/** The package: what is in it, that it loads by import and require, that its types resolve, and what loading it loads. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProgram, needProgram } from '../support/programs.ts';
import {
  dependencies,
  ENTRIES,
  type Installed,
  installPackage,
  ownCommand,
  ownPackage,
  runIn,
} from './installed.ts';

/** Compilers on a busy machine. */
const LIMIT_MS = 120_000;

let installed: Installed;

beforeAll(async () => {
  installed = await installPackage();
}, LIMIT_MS);
afterAll(() => installed?.remove());

interface Node {
  readonly node: string;
  readonly path: string | undefined;
}

/** This one, and those of other versions that the machine has: `node22` on the PATH. */
const NODES: readonly Node[] = [
  { node: 'this Node', path: process.execPath },
  ...['node20', 'node22', 'node24'].map(node => ({ node, path: findProgram(node) })),
];

for (const { node, path } of NODES) {
  if (path !== undefined) describe(`on ${node}`, () => checksOn(path));
  else test(`on ${node}`, ({ skip }) => void needProgram(skip, node));
}

function checksOn(node: string): void {
  const evaluate = (...args: string[]): Promise<string> => runIn(installed.project, node, ...args);

  test.each(ENTRIES)('%s: import and require give the same names, and no warning', async entry => {
    const imported = await evaluate(
      '--input-type=module',
      '-e',
      `const all = await import('${entry}'); console.log(Object.keys(all.default ?? all).sort().join())`,
    );
    const required = await evaluate('-e', `console.log(Object.keys(require('${entry}')).sort().join())`);
    expect(imported).not.toContain('Warning');
    expect(required).toBe(imported);
  });

  test('a datagram goes there and back, in CommonJS', async () => {
    const program = `
      const echo = require('node:dgram').createSocket('udp4').bind(0, '127.0.0.1', () => {
        const socket = require('atsock/dgram').createSocket('udp4');
        socket.send('there', echo.address().port, '127.0.0.1');
        socket.on('message', answer => { console.log(answer + ' and back'); socket.close(); echo.close(); });
      });
      echo.on('message', (message, { port, address }) => echo.send(message, port, address));`;
    expect(await evaluate('-e', program)).toBe('there and back\n');
  });

  test('the command line runs', async () => {
    expect(await evaluate('node_modules/.bin/atsock', 'info')).toContain('SEQUANS');
  });
}

test.each([
  { module: 'NodeNext', moduleResolution: 'NodeNext' },
  { module: 'ESNext', moduleResolution: 'bundler' },
])(
  'types resolve, none of them broken: $moduleResolution',
  async compilerOptions => {
    const source = ENTRIES.map((entry, index) => `import * as entry${index} from '${entry}';\n`).join('');
    const uses = `
    const open: typeof import('atsock').openModem = entry0.openModem;
    const dgram: typeof import('node:dgram').createSocket = (await import('atsock/dgram')).createSocket;
    console.log(open, dgram, ${ENTRIES.map((_, index) => `entry${index}`)});\n`;
    writeFileSync(join(installed.project, 'use.mts'), source + uses);
    const config = {
      compilerOptions: {
        ...compilerOptions,
        target: 'ES2022',
        lib: ['ES2023', 'ESNext.Disposable'],
        strict: true,
        noEmit: true,
        types: ['node'],
        typeRoots: [ownPackage('@types')],
      },
      files: ['use.mts'],
    };
    writeFileSync(join(installed.project, 'tsconfig.json'), JSON.stringify(config));
    expect(await runIn(installed.project, ownCommand('tsc'), '-p', '.')).toBe('');
  },
  LIMIT_MS,
);

test('publint finds nothing', async () => {
  expect(
    await runIn(installed.project, ownCommand('publint'), 'run', installed.tarball, '--strict'),
  ).toContain('All good!');
});

// The profile for packages of ES modules only: it leaves out resolution without `exports` (TypeScript's node10), and
// CommonJS, for which Node's require() of such modules is no difference that types could show.
test(
  'attw finds nothing',
  async () => {
    const args = [installed.tarball, '--profile', 'esm-only', '--quiet'];
    expect(await runIn(installed.project, ownCommand('attw'), ...args)).toBe('');
  },
  LIMIT_MS,
);

test('it holds what its users need, and nothing of the tests', async () => {
  const files = (await runIn(installed.project, 'tar', '-tzf', installed.tarball)).trim().split('\n');
  const folders = new Set(files.map(file => file.split('/').slice(1, -1)[0] ?? file.split('/')[1]));
  expect([...folders].sort()).toEqual(['LICENSE', 'README.md', 'dist', 'docs', 'examples', 'package.json']);
  expect(files.filter(file => /faults|\.map$/.test(file))).toEqual([]);
});

test('importing atsock loads no dependency, nor the simulator, nor what only an open modem needs', async () => {
  const seen = join(installed.project, 'seen.mjs');
  writeFileSync(seen, LOADER);
  const loaded = await runIn(
    installed.project,
    process.execPath,
    ...[
      '--import',
      seen,
      '--input-type=module',
      '-e',
      "import 'atsock'; import 'atsock/net'; import 'atsock/dns';",
    ],
  );
  expect(loaded).toContain('atsock/dist/index.js');
  for (const name of Object.keys(dependencies)) expect(loaded).not.toContain(`node_modules/${name}/`);
  expect(loaded).not.toMatch(/dist\/(sim|dialects|recovery|tools|register)\//);
});

/** Prints the address of every module that is loaded. */
const LOADER = `
  import { register } from 'node:module';
  const hooks = "import { writeSync } from 'node:fs';" +
    "export const load = (url, context, next) => (writeSync(1, url + '\\\\n'), next(url, context));";
  register('data:text/javascript,' + encodeURIComponent(hooks));`;
