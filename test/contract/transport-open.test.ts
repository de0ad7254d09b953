/** What opening a transport says when it cannot be done, and that it can be given up. */
import { type SpawnSyncOptions, spawn, spawnSync } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import { realpathSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createSerialTransport } from '../../src/transport/serial.ts';
import { sliced } from '../../src/transport/sliced.ts';
import { createTcpTransport } from '../../src/transport/tcp.ts';
import { traced } from '../../src/transport/traced.ts';
import { compileTransports } from './transport-compile.ts';
import { linkKinds, openPseudoTerminal } from './transport-links.ts';
import { within } from './transport-wait.ts';

const has = (program: string): boolean => spawnSync('which', [program]).status === 0;
const unixOnly = test.skipIf(process.platform === 'win32');

async function closedPort(): Promise<number> {
  const server = net.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('tcp: nobody listens', async () => {
  const port = await closedPort();
  await expect(createTcpTransport({ host: '127.0.0.1', port }).open()).rejects.toMatchObject({
    code: 'ECONNREFUSED',
    message: `Cannot connect to tcp://127.0.0.1:${port}: nothing listens there`,
  });
});

test('tcp: an IPv6 address stands in brackets', () => {
  expect(createTcpTransport({ host: '::1', port: 2000 }).name).toBe('tcp://[::1]:2000');
});

test('tcp: the builtin functions are used even after somebody has replaced them', async () => {
  const server = net.createServer(socket => void socket.end('RING'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as net.AddressInfo;
  const kept = { connect: net.connect, createConnection: net.createConnection, Socket: net.Socket };
  const { lookup } = dns;
  const refuse = (): never => {
    throw new Error('the line to the modem goes through the modem');
  };
  Object.assign(net, { connect: refuse, createConnection: refuse, Socket: refuse });
  Object.assign(dns, { lookup: refuse });
  syncBuiltinESMExports();
  try {
    const stream = await within(createTcpTransport({ host: 'localhost', port }).open(), 'open()');
    const [chunk] = await within(once(stream, 'data'), 'data');
    expect(String(chunk)).toBe('RING');
    stream.destroy();
  } finally {
    Object.assign(net, kept);
    Object.assign(dns, { lookup });
    syncBuiltinESMExports();
    server.close();
  }
});

test('tcp: aborted while it connects', async () => {
  const server = net.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as net.AddressInfo;
  const controller = new AbortController();
  const opening = createTcpTransport({ host: '127.0.0.1', port }).open(controller.signal);
  controller.abort();
  await expect(opening).rejects.toMatchObject({ name: 'AbortError', code: 'ABORT_ERR' });
  server.close();
});

for (const kind of linkKinds.filter(({ name }) => name !== 'memory')) {
  test.skipIf(kind.missing !== undefined)(`${kind.name}: aborted before it starts`, async () => {
    const link = await kind.connect();
    const transport = traced(() => {})(sliced({ seed: 1, mode: 'random' })(link.transport));
    await expect(transport.open(AbortSignal.abort('enough'))).rejects.toMatchObject({
      name: 'AbortError',
      code: 'ABORT_ERR',
      message: `Opening ${link.transport.name} was aborted`,
      cause: 'enough',
    });
    await link.dispose();
  });
}

const file = join(tmpdir(), `atsock-no-port-${process.pid}`);
writeFileSync(file, '');
afterAll(() => rmSync(file));

unixOnly.each([
  ['a missing port', '/dev/ttyNOWHERE7', 'ENOENT', 'There is no serial port /dev/ttyNOWHERE7'],
  ['a device of another kind', '/dev/null', 'ENOTTY', '/dev/null is not a serial port'],
  ['a folder', tmpdir(), 'ENOTTY', `${tmpdir()} is not a serial port`],
  ['a file', file, 'ENOTTY', `${file} is not a serial port`],
])('serial: %s', async (_title, path, code, message) => {
  await expect(createSerialTransport({ path }).open()).rejects.toMatchObject({ code, message });
});

test.skipIf(!has('socat'))('serial: opened twice in one process (needs socat)', async () => {
  const pty = await openPseudoTerminal();
  const transport = createSerialTransport({ path: pty.path });
  const first = await transport.open();
  await expect(transport.open()).rejects.toMatchObject({
    code: 'EBUSY',
    message: expect.stringMatching(/ is held by this process itself$/),
  });
  first.destroy();
  await within(once(first, 'close'), "'close'");
  const second = await transport.open();
  second.destroy();
  await within(once(second, 'close'), "'close'");
  await pty.dispose();
});

test.skipIf(!has('socat') || !has('flock'))('serial: locked elsewhere (needs socat, flock)', async () => {
  const pty = await openPseudoTerminal();
  const locker = spawn('flock', ['--no-fork', '-x', pty.path, 'sh', '-c', 'echo locked; exec sleep 60']);
  await within(once(locker.stdout, 'data'), 'flock');
  await expect(createSerialTransport({ path: pty.path }).open()).rejects.toMatchObject({
    code: 'EBUSY',
    message: expect.stringMatching(`is held by process ${locker.pid} \\((sh|sleep)\\)$`),
  });
  locker.kill('SIGKILL');
  await within(once(locker, 'exit'), 'flock to exit');
  await pty.dispose();
});

const asRoot = process.getuid?.() === 0;

test.skipIf(!has('socat') || !asRoot)('serial: no permission (needs socat, root)', async () => {
  const pty = await openPseudoTerminal();
  const path = realpathSync(pty.path);
  expect(failureIn(compileTransports(true), path, { uid: 65_534, gid: 65_534 })).toMatch(
    new RegExp(`^EACCES No permission to open the serial port ${path} .*dialout`),
  );
  await pty.dispose();
});

unixOnly('serial: without the package serialport', () => {
  expect(failureIn(compileTransports(false), '/dev/null')).toMatch(
    /^ERR_MODULE_NOT_FOUND Serial ports need the package serialport, which cannot be loaded: .*'serialport'/,
  );
});

/** Code and message of opening the port in a process of its own. */
function failureIn(folder: string, path: string, options: SpawnSyncOptions = {}): string {
  try {
    writeFileSync(
      join(folder, 'open.js'),
      `import { createSerialTransport } from './transport/serial.js';
       createSerialTransport({ path: '${path}' }).open()
         .then(() => console.log('opened'), ({ code, message }) => console.log(code, message))
         .finally(() => process.exit());`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'open.js')], {
      ...options,
      encoding: 'utf8',
      timeout: 20_000,
    });
    return stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
