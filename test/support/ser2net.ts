/** Debian's ser2net in front of a serial port, on loopback, until the test has ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { needProgram, temporaryFolder } from './programs.ts';

const DEADLINE_MS = 10_000;
const POLL_MS = 20;

/** How ser2net names them. */
export type Accepter = 'tcp' | 'telnet,tcp' | 'telnet(rfc2217),tcp';

/** @returns the number of its TCP port on 127.0.0.1 */
export async function startSer2net(
  skip: TestContext['skip'],
  device: string,
  accepter: Accepter,
): Promise<number> {
  const program = needProgram(skip, 'ser2net');
  const port = await freeTcpPort();
  const file = join(temporaryFolder(), 'ser2net.yaml');
  writeFileSync(
    file,
    `connection: &modem
  accepter: ${accepter},127.0.0.1,${port}
  connector: serialdev(nouucplock=true),${device},115200n81,local
  options:
    kickolduser: true
`,
  );
  const server = spawn(program, ['-n', '-c', file], { stdio: 'ignore' });
  const ended = once(server, 'close');
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await ended;
  });
  await untilListening(server, port);
  return port;
}

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(server: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await accepts(port))) {
    if (server.exitCode !== null) throw new Error(`ser2net ended with ${server.exitCode}`);
    if (performance.now() > deadline) throw new Error(`ser2net is not ready after ${DEADLINE_MS} ms`);
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
