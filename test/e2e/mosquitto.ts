/** An MQTT broker of its own for a test: mosquitto on loopback, without a trace on the machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/programs.ts';

const DEADLINE_MS = 10_000;
const POLL_MS = 20;

/**
 * Resolves with its port when it answers; it is killed when the test has ended.
 * @throws Error with what it said, if it ends or is not ready in time
 */
export async function startMosquitto(path: string, address = '127.0.0.1'): Promise<number> {
  const port = await freePort(address);
  await runMosquitto(path, port, 'persistence false\n', address);
  return port;
}

/** The same on this port, with more lines of configuration. */
export async function runMosquitto(
  path: string,
  port: number,
  lines: string,
  address = '127.0.0.1',
): Promise<ChildProcess> {
  const config = join(temporaryFolder(), 'mosquitto.conf');
  writeFileSync(config, `listener ${port} ${address}\nallow_anonymous true\n${lines}`);
  const child = spawn(path, ['-c', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      said += text;
    });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const giveUp = performance.now() + DEADLINE_MS;
  while (!(await answers(port, address))) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}: ${said}`);
    if (performance.now() > giveUp)
      throw new Error(`mosquitto is not ready after ${DEADLINE_MS} ms: ${said}`);
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
  return child;
}

/** It cannot choose one itself. Nobody else is likely to get this one so soon. */
export async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function answers(port: number, address: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection(port, address);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
