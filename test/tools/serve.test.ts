/** `atsock serve` as a command: where it listens, its tokens, a modem that comes late, and how it ends. */
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSim, listenSim } from '../../src/sim/index.ts';
import { certify } from '../e2e/authority.ts';
import { needBuild, needProgram, temporaryFolder } from '../support/programs.ts';
import { run, start } from './run-cli.ts';

const HERE = ['--listen', '127.0.0.1:0'];
const serve = (...more: string[]): string[] => ['serve', '-m', 'sim:sequans', ...more];
const tokenIn = (file: string, scope: string): string =>
  new RegExp(`^${scope} (\\S+)$`, 'm').exec(readFileSync(file, 'utf8'))?.[1] ?? '';
const ask = (url: string, token: string): Promise<Response> =>
  fetch(`${url}v1/modem`, { headers: { authorization: `Bearer ${token}` } });

test('it prints its URL, makes its tokens, serves, and ends with Ctrl-C', async () => {
  needBuild();
  const folder = join(temporaryFolder(), 'serve');
  const running = start(serve(...HERE, '--dir', folder));
  const url = await running.line(/^http:/);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const file = join(folder, 'tokens');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const scopes = ['read', 'sms-send', 'sms-read', 'admin', 'read,sms-send,sms-read,admin'];
  const tokens = scopes.map(scope => tokenIn(file, scope));
  expect(new Set(tokens).size).toBe(5);
  // 128 bits in letters of 6.
  for (const token of tokens) expect(token.length).toBeGreaterThanOrEqual(22);
  const statuses = await Promise.all(tokens.map(async token => (await ask(url, token)).status));
  expect(statuses).toEqual([200, 403, 403, 403, 200]);
  running.process.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  expect([code, stdout]).toEqual([0, `${url}\n`]);
  for (const token of tokens) expect(stderr).not.toContain(token);
  const again = start(serve(...HERE, '--dir', folder));
  expect((await ask(await again.line(/^http:/), tokens[0] ?? '')).status).toBe(200);
});

const certificate = ['--tls-cert', '/no/such/cert', '--tls-key', '/no/such/key'];

test.each<[string, string[]]>([
  ['every address', ['--listen', '0.0.0.0:0']],
  ['every address of IPv6', ['--listen', '[::]:0']],
  ['a name', ['--listen', 'gateway.example:0']],
  ['a certificate without its key', [...HERE, '--tls-cert', 'x']],
  ['a key without its certificate', [...HERE, '--tls-key', 'x']],
  ['a place without a port', ['--listen', '127.0.0.1']],
  ['half a second of quota', [...HERE, '--per-hour', '1.5']],
])('%s is wrong usage (S1)', async (_, args) => {
  needBuild();
  const { code, stdout, stderr } = await run(serve(...args, '--dir', join(temporaryFolder(), 'serve')));
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^atsock: [^\n]+\n$/);
});

test.each<[string, (file: string) => string[], RegExp]>([
  ['a certificate that is missing', () => [...HERE, ...certificate], /ENOENT/],
  ['an address of somebody else', () => ['--listen', '192.0.2.1:0', ...certificate], /ENOENT/],
  [
    'tokens that others may read',
    file => {
      chmodSync(file, 0o644);
      return [...HERE, '--token-file', file];
    },
    /chmod 600/,
  ],
  [
    'a link to tokens',
    file => {
      symlinkSync(file, `${file}.link`);
      return [...HERE, '--token-file', `${file}.link`];
    },
    /ELOOP/,
  ],
  [
    'a token that is short',
    file => {
      writeFileSync(file, 'read abc\n');
      return [...HERE, '--token-file', file];
    },
    /line 1: write read,/,
  ],
  [
    'a scope that is none',
    file => {
      writeFileSync(file, `root ${'x'.repeat(22)}\n`);
      return [...HERE, '--token-file', file];
    },
    /there are only read,/,
  ],
])('%s is a failure in one line', async (_, args, message) => {
  needBuild();
  const folder = temporaryFolder();
  const file = join(folder, 'tokens');
  writeFileSync(file, `read ${'x'.repeat(22)}\n`, { mode: 0o600 });
  const { code, stderr } = await run(serve('--dir', join(folder, 'serve'), ...args(file)));
  expect(code).toBe(1);
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(message);
  expect(stderr).not.toContain('x'.repeat(22));
});

test('a second one for the same journal is told who has it', async () => {
  needBuild();
  const folder = join(temporaryFolder(), 'serve');
  const first = start(serve(...HERE, '--dir', folder));
  await first.line(/^http:/);
  expect(await run(serve(...HERE, '--dir', folder))).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`is in use by process ${first.process.pid}$`, 'm')),
  });
});

test('elsewhere with TLS, under the name that was given', async ({ skip }) => {
  needBuild();
  const { key, cert, ca } = certify(needProgram(skip, 'openssl'), temporaryFolder());
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'key'), key, { mode: 0o600 });
  writeFileSync(join(folder, 'cert'), cert);
  const tls = ['--tls-cert', join(folder, 'cert'), '--tls-key', join(folder, 'key'), '--name', 'localhost'];
  const running = start(serve('--listen', '0.0.0.0:0', ...tls, '--dir', join(folder, 'serve')));
  const { port } = new URL(await running.line(/^https:\/\/0\.0\.0\.0:/));
  const status = (options: object): Promise<number | string> =>
    new Promise(resolve => {
      request(
        { host: '127.0.0.1', port, path: '/openapi.json', ca, servername: 'localhost', ...options },
        response => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      )
        .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
        .end();
    });
  expect(await status({ headers: { host: `localhost:${port}` } })).toBe(200);
  expect(await status({ headers: { host: `gateway.example:${port}` } })).toBe(421);
  expect(await status({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).not.toBe(200);
  const plain = await fetch(`http://127.0.0.1:${port}/healthz`).then(
    () => 'answered',
    () => 'closed',
  );
  expect(plain).toBe('closed');
});

test('a modem that comes late is waited for, and what was accepted meanwhile goes out', async () => {
  needBuild();
  const sim = createSim();
  const first = await listenSim(sim);
  await first.close();
  onTestFinished(() => sim.close());
  const folder = join(temporaryFolder(), 'serve');
  const running = start([
    'serve',
    '-m',
    `tcp://127.0.0.1:${first.port}`,
    '--dir',
    folder,
    ...HERE,
    '--gap',
    '0',
  ]);
  const url = await running.line(/^http:/);
  const authorization = `Bearer ${tokenIn(join(folder, 'tokens'), 'read,sms-send,sms-read,admin')}`;
  expect((await fetch(`${url}healthz`)).status).toBe(503);
  const post = await fetch(`${url}v1/messages`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ to: '+12025550111', text: 'patience' }),
  });
  expect(post.status).toBe(202);
  sim.sms.deliver({ from: '+12025550122', text: 'at last' });
  const server = await listenSim(sim, { port: first.port });
  onTestFinished(() => server.close());
  const events = await fetch(`${url}v1/events`, { headers: { authorization, 'last-event-id': '0' } });
  let text = '';
  for await (const chunk of events.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes('at last') && text.includes('"state":"sent"')) break;
  }
  expect(sim.sms.sent.map(sent => sent.text)).toEqual(['patience']);
});
