/** Programs that know nothing of modems, through `atsock socks`: curl, ssh and mosquitto_pub, on both dialects. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import * as https from 'node:https';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { freePort, needBuild, needProgram, temporaryFolder } from '../support/programs.ts';
import { start, within } from '../tools/run-cli.ts';
import { certify } from './authority.ts';
import { simUrl, TYPICAL } from './modems.ts';
import { startMosquitto } from './mosquitto.ts';
import { listen } from './streams.ts';

const SEED = 1_080;
const BODY = nastyBytes(5 << 20, SEED);
const DEADLINE_MS = 100_000;

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

interface Ended {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a program to its end. */
async function run(path: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on('data', chunk => parts.stdout.push(chunk));
  child.stderr.on('data', chunk => parts.stderr.push(chunk));
  const [code] = await within(DEADLINE_MS, `${path} ${args.join(' ')}`, once(child, 'close'));
  return { code, stdout: Buffer.concat(parts.stdout), stderr: String(Buffer.concat(parts.stderr)) };
}

describe.each(TYPICAL)('$name', { timeout: DEADLINE_MS }, ({ simOptions }) => {
  /** The command line's proxy, in a process of its own → HOST:PORT. */
  async function openProxy(...flags: string[]): Promise<string> {
    needBuild();
    const proxy = start([
      'socks',
      '-m',
      simUrl(simOptions),
      '--listen',
      '127.0.0.1:0',
      '--allow',
      '127.0.0.0/8',
      ...flags,
    ]);
    return new URL(await proxy.line(/^socks5h:/)).host;
  }

  test(`curl fetches 5 MiB over HTTP, seed ${SEED}`, async ({ skip }) => {
    const curl = needProgram(skip, 'curl');
    const { port } = await listen(createServer((_, answer) => answer.end(BODY)));
    const fetched = await run(curl, [
      '-sS',
      '--socks5-hostname',
      await openProxy(),
      `http://localhost:${port}/`,
    ]);
    expect(fetched.stderr).toBe('');
    expect(sha256(fetched.stdout)).toBe(sha256(BODY));
  });

  test(`curl fetches 5 MiB over HTTPS, seed ${SEED}`, async ({ skip }) => {
    const curl = needProgram(skip, 'curl');
    const { key, cert, caFile } = certify(needProgram(skip, 'openssl'), temporaryFolder());
    const server = https.createServer({ key, cert }, (_, answer) => answer.end(BODY));
    const { port } = await listen(server);
    const proxy = await openProxy();
    const args = ['-sS', '--cacert', caFile, '--socks5-hostname', proxy, `https://localhost:${port}/`];
    const fetched = await run(curl, args);
    expect(fetched.stderr).toBe('');
    expect(sha256(fetched.stdout)).toBe(sha256(BODY));
  });

  test('curl hears why it is refused', async ({ skip }) => {
    const curl = needProgram(skip, 'curl');
    const refused = await run(curl, [
      '-sS',
      '--socks5-hostname',
      await openProxy(),
      'http://169.254.169.254/',
    ]);
    // 97: the proxy handshake failed; the number is that of RFC 1928.
    expect(refused.code).toBe(97);
    expect(refused.stderr).toMatch(/\(2\)/);
  });

  test.for(['nc', 'ncat'])('ssh through %s runs a command', async (relay, { skip }) => {
    const ssh = needProgram(skip, 'ssh');
    const program = needProgram(skip, relay);
    const { port, options } = await startSshd(skip);
    const proxy = await openProxy();
    const command =
      relay === 'nc'
        ? `${program} -X 5 -x ${proxy} %h %p`
        : `${program} --proxy-type socks5 --proxy ${proxy} %h %p`;
    const { code, stdout, stderr } = await run(ssh, [
      ...options,
      '-o',
      `ProxyCommand=${command}`,
      '-p',
      `${port}`,
      `${userInfo().username}@127.0.0.1`,
      'echo over the modem; exit 7',
    ]);
    expect({ code, stdout: String(stdout) }, stderr).toEqual({ code: 7, stdout: 'over the modem\n' });
  });

  test('mosquitto_pub publishes', async ({ skip }) => {
    const publisher = needProgram(skip, 'mosquitto_pub');
    const port = await startMosquitto(needProgram(skip, 'mosquitto'));
    const listener = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
    onTestFinished(() => listener.endAsync(true));
    await listener.subscribeAsync('atsock/test');
    const heard = new Promise<string[]>(resolve => {
      listener.on('message', (topic, message) => resolve([topic, String(message)]));
    });
    const args = ['-h', 'localhost', '-p', `${port}`, '-q', '1', '-t', 'atsock/test', '-m', 'hello'];
    const { code, stderr } = await run(publisher, [...args, '--proxy', `socks5h://${await openProxy()}`]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await within(DEADLINE_MS, 'the message', heard)).toEqual(['atsock/test', 'hello']);
  });
});

/** An SSH server of this user on a free port, with keys and configuration of its own. */
async function startSshd(skip: TestContext['skip']): Promise<{ port: number; options: string[] }> {
  const sshd = needProgram(skip, 'sshd');
  const keygen = needProgram(skip, 'ssh-keygen');
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);
  for (const name of ['host', 'user'])
    execFileSync(keygen, ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
  execFileSync('cp', [file('user.pub'), file('authorized')]);
  const port = await freePort();
  writeFileSync(
    file('config'),
    [
      `ListenAddress 127.0.0.1:${port}`,
      `HostKey ${file('host')}`,
      `AuthorizedKeysFile ${file('authorized')}`,
      'PidFile none',
      'UsePAM no',
      // The folder is in /tmp.
      'StrictModes no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      '',
    ].join('\n'),
  );
  // Debian's sshd wants it when it is started as root, and makes it at boot.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const child = spawn(sshd, ['-D', '-e', '-f', file('config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await listening(child, port);
  const options = [
    ...['-F', 'none', '-i', file('user'), '-o', `UserKnownHostsFile=${file('known')}`],
    ...['-o', 'StrictHostKeyChecking=accept-new', '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes'],
  ];
  return { port, options };
}

/** Says on standard error that it listens. */
async function listening(child: ChildProcess, port: number): Promise<void> {
  let said = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', text => {
      said += text;
      if (said.includes(`listening on 127.0.0.1 port ${port}`)) resolve();
    });
    child.once('close', () => reject(new Error(`sshd ended: ${said}`)));
  });
  await within(DEADLINE_MS, 'sshd', ready);
}
