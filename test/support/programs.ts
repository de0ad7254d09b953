/** Debian programs for the tests: found, started as servers on loopback, and killed at the end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { accessSync, constants, existsSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';

const DEADLINE_MS = 10_000;
const POLL_MS = 20;

/** Where Debian puts servers; a user's PATH often lacks these. */
const SERVER_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

/** The package of a program, where it has another name. */
const PACKAGES: Readonly<Record<string, string>> = {
  'coap-server-notls': 'libcoap3-bin',
  chronyd: 'chrony',
  flock: 'util-linux',
  mosquitto_pub: 'mosquitto-clients',
  nc: 'netcat-openbsd',
  plink: 'putty-tools',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  sshd: 'openssh-server',
  'systemd-analyze': 'systemd',
  'systemd-notify': 'systemd',
  telnet: 'inetutils-telnet',
};

/** Below the range of ports that the kernel gives to sockets bound to port 0. */
const FIRST_PORT = 20_000;
const PORT_BEHIND = 32_000;

export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SERVER_FOLDERS];
  return folders.map(folder => join(folder, name)).find(isExecutable);
}

/**
 * The path of a program; the test is skipped, with a message, where it is missing. With ATSOCK_NO_SKIP set it
 * fails: CI must not be green because it tested nothing.
 */
export function needProgram(skip: (note: string) => never, name: string): string {
  const found = findProgram(name);
  if (found !== undefined) return found;
  const message = `needs the program ${name} (apt install ${PACKAGES[name] ?? name})`;
  if (process.env.ATSOCK_NO_SKIP) throw new Error(message);
  return skip(message);
}

/** The built package, which `npm run build` makes. Child processes run it. */
export function needBuild(): void {
  const built = new URL('../../dist/tools/cli.js', import.meta.url);
  if (!existsSync(built)) throw new Error('dist/ is missing: run "npm run build" first');
}

/** A folder that is gone when the test has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'atsock-'));
  // What is being closed may still make a file in it.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** A UDP port number that nobody on this machine has, for servers that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, PORT_BEHIND);
    if ((await isFree('udp4', port)) && (await isFree('udp6', port))) return port;
  }
}

/**
 * Starts a server in the foreground and resolves when its UDP port is taken; it is killed when the test has ended.
 * @throws Error with what it said, if it ends or is not ready in time
 */
export async function startServer(
  path: string,
  args: readonly string[],
  { type, port }: { readonly type: 'udp4' | 'udp6'; readonly port: number },
): Promise<void> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      said += text;
    });
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await started(child, path);
  const deadline = performance.now() + DEADLINE_MS;
  while (await isFree(type, port)) {
    if (child.exitCode !== null) throw new Error(`${path} ended with ${child.exitCode}: ${said}`);
    if (performance.now() > deadline)
      throw new Error(`${path} is not ready after ${DEADLINE_MS} ms: ${said}`);
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}

function started(child: ChildProcess, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', cause => reject(new Error(`${path} cannot be started`, { cause })));
  });
}

function isFree(type: 'udp4' | 'udp6', port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createSocket(type);
    socket.once('error', () => socket.close(() => resolve(false)));
    socket.bind({ port, address: type === 'udp4' ? '127.0.0.1' : '::1', exclusive: true }, () =>
      socket.close(() => resolve(true)),
    );
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
