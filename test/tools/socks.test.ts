/** `atsock socks` as a command: where it listens, who may come, and how it ends. */
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { SocksClient } from 'socks';
import { expect, onTestFinished, test } from 'vitest';
import { openEcho } from '../e2e/streams.ts';
import { temporaryFolder } from '../support/programs.ts';
import { type Ended, run, start } from './run-cli.ts';

const MODEM = ['socks', '-m', 'sim:sequans'];
const ANYWHERE = [...MODEM, '--listen', '0.0.0.0:0'];

function loginFile(text: string, mode = 0o600): string {
  const path = join(temporaryFolder(), 'login');
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

async function connect(url: string, login: { userId?: string; password?: string } = {}): Promise<string> {
  const { hostname, port } = new URL(url);
  const destination = await openEcho();
  const { socket } = await SocksClient.createConnection({
    proxy: { host: hostname, port: Number(port), type: 5, ...login },
    command: 'connect',
    destination: { host: destination.address, port: destination.port },
  });
  onTestFinished(() => void socket.destroy());
  socket.resume().write('hello');
  return new Promise((resolve, reject) => {
    socket.once('data', data => resolve(String(data))).once('error', reject);
  });
}

test('it prints its URL, serves, and ends with Ctrl-C', async () => {
  const proxy = start([...MODEM, '--listen', '127.0.0.1:0', '--allow', '127.0.0.1']);
  const url = await proxy.line(/^socks5h:/);
  expect(url).toMatch(/^socks5h:\/\/127\.0\.0\.1:\d+$/);
  expect(await connect(url)).toBe('hello');
  proxy.process.kill('SIGINT');
  expect(await proxy.ended).toEqual({ code: 130, stdout: `${url}\n`, stderr: '' });
  const again = createConnection(Number(new URL(url).port), '127.0.0.1');
  await expect(new Promise((_, reject) => again.once('error', reject))).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
});

test('without --allow this computer is out of reach', async () => {
  const proxy = start([...MODEM, '--listen', '127.0.0.1:0']);
  await expect(connect(await proxy.line(/^socks5h:/))).rejects.toThrow(/NotAllowed/);
});

test.each<[string, string[]]>([
  ['every address', ANYWHERE],
  ['every address of IPv6', [...MODEM, '--listen', '[::]:0']],
  ['a name of its own', [...MODEM, '--listen', 'router.example:0']],
])('%s is open to others, which needs a login', async (_, args) => {
  const { code, stdout, stderr } = await run(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^atsock: --listen \S+ is open to others: give --login-file .*\n$/);
});

test.each<[string, (secret: string) => [string[], NodeJS.ProcessEnv]]>([
  ['a file', secret => [[...ANYWHERE, '--login-file', loginFile(`${secret}\n`)], {}]],
  ['the environment', secret => [ANYWHERE, { ATSOCK_SOCKS_LOGIN: secret }]],
])('a login from %s opens it, and only to those who know it', async (_, given) => {
  const [args, env] = given('anna:se:cret');
  const proxy = start([...args, '--allow', '127.0.0.1'], env);
  const url = (await proxy.line(/^socks5h:/)).replace('0.0.0.0', '127.0.0.1');
  await proxy.line(/in the clear/);
  expect(await connect(url, { userId: 'anna', password: 'se:cret' })).toBe('hello');
  await expect(connect(url, { userId: 'anna', password: 'secret' })).rejects.toThrow(/Authentication/i);
  await expect(connect(url)).rejects.toThrow(/no accepted authentication/i);
});

const expectRefusal = ({ code, stdout, stderr }: Ended, explanation: RegExp): void => {
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(explanation);
  expect(stderr).not.toContain('secret');
};

test.each<[string, () => string, RegExp]>([
  ['others may read', () => loginFile('anna:secret', 0o640), /chmod 600/],
  ['others may write', () => loginFile('anna:secret', 0o602), /chmod 600/],
  [
    'is a link',
    () => {
      const link = join(temporaryFolder(), 'link');
      symlinkSync(loginFile('anna:secret'), link);
      return link;
    },
    /ELOOP/,
  ],
  ['is missing', () => '/no/such/file', /ENOENT/],
  ['has no password', () => loginFile('secret'), /USER:PASSWORD/],
  ['has two lines', () => loginFile('anna:secret\nberta:secret\n'), /USER:PASSWORD/],
  ['has a long password', () => loginFile(`anna:${'secret'.repeat(50)}`), /1 to 255 bytes/],
])('a login file that %s is refused', async (_, path, explanation) => {
  expectRefusal(await run([...ANYWHERE, '--login-file', path()]), explanation);
});

test('what is no subnet is wrong usage', async () => {
  expect(await run([...MODEM, '--allow', '10.0.0.0/33'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/must be a subnet/),
  });
});
