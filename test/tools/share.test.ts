/** `atsock share` as a command: where it listens, who may come, what else it opens, and how it ends. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { certify } from '../e2e/authority.ts';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { run, start } from './run-cli.ts';

const MODEM = ['share', '-m', 'sim:sequans'];
const HERE = ['--listen', '127.0.0.1:0'];
const ANYWHERE = ['--listen', '0.0.0.0:0'];

/** What is heard from the first line on, up to and with OK or ERROR. */
async function ask(url: string, line: string): Promise<string> {
  const { hostname, port } = new URL(url.replace(/^\w+:/, 'http:'));
  const socket = createConnection(Number(port), hostname.replace(/[[\]]/g, ''));
  onTestFinished(() => void socket.destroy());
  socket.setEncoding('latin1').write(line);
  let heard = '';
  for await (const text of socket) {
    heard += text;
    if (/(OK|ERROR)\r\n$/.test(heard)) break;
  }
  return heard;
}

test('it prints its URLs, serves both families, and ends with SIGTERM', async () => {
  const share = start([...MODEM, ...HERE, '--listen', '[::1]:0']);
  const urls = [await share.line(/^tcp:\/\/127/), await share.line(/^tcp:\/\/\[/)];
  expect(urls[0]).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
  expect(urls[1]).toBe(urls[0]?.replace('127.0.0.1', '[::1]'));
  for (const url of urls) expect(await ask(url, 'AT+CGMM\r')).toBe('\r\nGM02S\r\n\r\nOK\r\n');
  share.process.kill('SIGTERM');
  expect(await share.ended).toEqual({ code: 0, stdout: `${urls.join('\n')}\n`, stderr: '' });
});

/** reliability.md S1: others are let in by a token over TLS only. */
const COMBINATIONS = [HERE, ANYWHERE].flatMap(place =>
  [false, true].flatMap(token => [false, true].map(tls => ({ place, token, tls }))),
);

test.for(COMBINATIONS)('$place, token: $token, TLS: $tls', async ({ place, token, tls }, { skip }) => {
  const folder = temporaryFolder();
  const args = [...MODEM, ...place];
  if (token) args.push('--token-file', join(folder, 'tokens'));
  if (tls) {
    certify(needProgram(skip, 'openssl'), folder);
    args.push('--tls-cert', join(folder, 'cert.pem'), '--tls-key', join(folder, 'key.pem'));
  }
  if (place === ANYWHERE && !(token && tls)) {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^atsock: 0\.0\.0\.0:0 is open to others: give --token-file, .*\n$/);
    expect(existsSync(join(folder, 'tokens'))).toBe(false);
    return;
  }
  const share = start(args);
  const url = await share.line(/^(tcp|tls):/);
  expect(url.startsWith(tls ? 'tls:' : 'tcp:')).toBe(true);
  if (token) expect(statSync(join(folder, 'tokens')).mode & 0o777).toBe(0o600);
  const heard = await ask(url.replace('0.0.0.0', '127.0.0.1'), 'AT+CGMM\r');
  expect(heard).toBe(tls ? '' : token ? '\r\nERROR\r\n' : '\r\nGM02S\r\n\r\nOK\r\n');
});

test('the bridge is for this computer only', async () => {
  const { code, stderr } = await run([...MODEM, ...HERE, '--bridge', '0.0.0.0:0']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^atsock: --bridge 0\.0\.0\.0:0 is open to others, .*\n$/);
});

test('a bridge and two serial ports are clients like the others', async ({ skip }) => {
  needProgram(skip, 'socat');
  const links = ['one', 'two'].map(name => join(temporaryFolder(), name));
  const ports = links.flatMap(link => ['--pty', link]);
  const share = start([...MODEM, ...HERE, ...ports, '--bridge', '127.0.0.1:0']);
  const bridge = await share.line(/^bridge:/);
  const serial = [await share.line(/^serial:.*one$/), await share.line(/^serial:.*two$/)];
  expect(serial).toEqual(links.map(link => `serial:${link}`));
  const models = [bridge, ...serial].map(url => run(['at', '-m', url, 'AT+CGMM']));
  for (const { stdout } of await Promise.all(models)) expect(stdout).toBe('GM02S\nOK\n');
  share.process.kill('SIGTERM');
  expect((await share.ended).code).toBe(0);
  for (const link of links) expect(existsSync(link)).toBe(false);
});

test('the command of the unit file serves, and tells systemd that it is ready, and that it stops', async ({
  skip,
}) => {
  needProgram(skip, 'systemd-notify');
  const unit = readFileSync(new URL('../../docs/systemd/atsock-share.service', import.meta.url), 'utf8');
  const [, command = ''] = /^ExecStart=\/usr\/bin\/atsock (.*)$/m.exec(unit) ?? [];
  const path = join(temporaryFolder(), 'notify');
  const manager = spawn(needProgram(skip, 'socat'), ['-u', `UNIX-RECV:${path}`, '-']);
  onTestFinished(() => void manager.kill('SIGKILL'));
  await vi.waitUntil(() => existsSync(path), 10_000);
  let told = '';
  manager.stdout.on('data', text => {
    told += text;
  });
  const hears = (state: string): Promise<unknown> => vi.waitUntil(() => told.includes(state), 10_000);
  // Its usual ports may be taken here.
  const env = { ATSOCK_MODEM: 'sim:sequans', NOTIFY_SOCKET: path };
  const share = start([...command.split(' '), ...HERE], env);
  const url = await share.line(/^tcp:/);
  await hears('READY=1');
  expect(await ask(url, 'AT+CGMM\r')).toContain('GM02S');
  share.process.kill('SIGTERM');
  await hears('STOPPING=1');
  expect((await share.ended).code).toBe(0);
});
