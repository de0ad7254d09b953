/** An open stream, idle or with something read, keeps no process alive: each transport in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileTransports } from './transport-compile.ts';
import { certificate, type Link, linkKinds } from './transport-links.ts';
import { within } from './transport-wait.ts';

/** `makes` is an expression for the transport. */
const program = (makes: string, then: string): string => `
  import { createMemoryPair } from './transport/memory.js';
  import { createQethTransport } from './transport/qeth.js';
  import { createRfc2217Transport } from './transport/rfc2217.js';
  import { createSerialTransport } from './transport/serial.js';
  import { createTcpTransport } from './transport/tcp.js';
  import { createTlsTransport } from './transport/tls.js';
  import { sliced } from './transport/sliced.js';
  import { traced } from './transport/traced.js';
  const stream = await traced(() => {})(sliced({ seed: 1, mode: 'random' })(${makes})).open();
  process.on('exit', () => console.log('ended while open:', !stream.destroyed));
  ${then}
`;

const makers: Readonly<Record<string, (link: Link) => string>> = {
  memory: () => `{ name: 'memory:', open: async () => createMemoryPair()[0] }`,
  tcp: overTcp('createTcpTransport'),
  tls: overTcp('createTlsTransport', `ca: ${JSON.stringify(certificate?.cert.toString())}`),
  qeth: overTcp('createQethTransport'),
  rfc2217: overTcp('createRfc2217Transport'),
  serial: ({ transport }) => `createSerialTransport({ path: '${transport.name.replace('serial:', '')}' })`,
};

function overTcp(create: string, more = ''): (link: Link) => string {
  return ({ transport }) => {
    const { hostname, port } = new URL(transport.name);
    return `${create}({ host: '${hostname}', port: ${port}, ${more} })`;
  };
}

describe('an open stream does not keep the process alive', () => {
  let folder: string;

  beforeAll(() => {
    folder = compileTransports(true);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const kind of linkKinds) {
    const title = kind.missing ? `${kind.name} (skipped: no ${kind.missing} here)` : kind.name;
    const make = makers[kind.name];

    test.skipIf(kind.missing !== undefined || !make).each([
      ['idle', ''],
      ['reading', 'stream.resume();'],
      ['reading, with a command written', `stream.resume(); stream.write('AT\\r');`],
    ])(`${title}, %s`, async (name, then) => {
      const link = await kind.connect();
      try {
        const file = join(folder, `${kind.name}-${name.length}.js`);
        writeFileSync(file, program(make?.(link) ?? '', then));
        expect(await output(file)).toBe('ended while open: true\n');
      } finally {
        await link.dispose();
      }
    });
  }
});

/** What the program prints until it ends by itself; one that does not is killed, and its output says so. */
async function output(file: string): Promise<string> {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', chunk => {
    text += chunk;
  });
  try {
    await within(once(child, 'close'), `${file} to end`);
    return text;
  } finally {
    child.kill('SIGKILL');
  }
}
