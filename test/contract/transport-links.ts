/** Connected pairs for the contract of transports: our transport, and the other end of its line. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { createMemoryPair } from '../../src/transport/memory.ts';
import { createSerialTransport } from '../../src/transport/serial.ts';
import { createTcpTransport } from '../../src/transport/tcp.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { within } from './transport-wait.ts';

export interface Link {
  readonly transport: Transport;
  /** The end of the DCE. There once the transport has been opened. */
  far(): Promise<Duplex>;
  /** The DCE goes away. */
  hangUp(): Promise<void>;
  dispose(): Promise<void>;
}

export interface LinkKind {
  readonly name: string;
  /** The Debian program it needs and that is missing. */
  readonly missing?: string;
  /** What the kernel may keep on its way, so that back-pressure needs more than this to show. */
  readonly kernelBytes: number;
  /** A wire knows no orderly end: a DCE that goes away is an error, and the DCE does not see that we went. */
  readonly wire: boolean;
  connect(): Promise<Link>;
}

const MIB = 2 ** 20;
const hasSocat = spawnSync('socat', ['-V']).status === 0;

export const linkKinds: readonly LinkKind[] = [
  { name: 'memory', kernelBytes: 0, wire: false, connect: connectMemory },
  { name: 'tcp', kernelBytes: 12 * MIB, wire: false, connect: connectTcp },
  {
    name: 'serial',
    kernelBytes: MIB,
    wire: true,
    connect: connectPseudoTerminal,
    ...(hasSocat ? {} : { missing: 'socat' }),
  },
];

async function connectMemory(): Promise<Link> {
  const [near, far] = createMemoryPair();
  return {
    transport: { name: 'memory:', open: async () => near },
    far: async () => far,
    hangUp: async () => void far.destroy(),
    dispose: async () => void far.destroy(),
  };
}

async function connectTcp(): Promise<Link> {
  const server = createServer();
  const accepted = once(server, 'connection').then(([socket]: Socket[]) => socket as Socket);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    transport: createTcpTransport({ host: '127.0.0.1', port: address.port }),
    far: () => within(accepted, 'the connection at the server'),
    hangUp: async () => void (await accepted).end(),
    dispose: async () => {
      server.close();
      void accepted.then(socket => socket.destroy());
    },
  };
}

/** socat holds the master of the pseudo-terminal; its standard input and output are the far end. */
async function connectPseudoTerminal(): Promise<Link> {
  const pty = await openPseudoTerminal();
  return {
    transport: createSerialTransport({ path: pty.path }),
    far: async () => pty.far,
    hangUp: pty.dispose,
    dispose: pty.dispose,
  };
}

export interface PseudoTerminal {
  readonly path: string;
  readonly far: Duplex;
  dispose(): Promise<void>;
}

export async function openPseudoTerminal(): Promise<PseudoTerminal> {
  const folder = mkdtempSync(join(tmpdir(), 'atsock-pty-'));
  const path = join(folder, 'modem');
  const socat = spawn('socat', ['-b', '65536', '-', `pty,raw,echo=0,link=${path}`]);
  const exited = once(socat, 'exit');
  socat.stdin.on('error', () => {});
  await within(untilExists(path), `socat to make ${path}`);
  return {
    path,
    far: Duplex.from({ readable: socat.stdout, writable: socat.stdin }).on('error', () => {}),
    dispose: async () => {
      if (socat.exitCode === null && socat.signalCode === null) socat.kill('SIGKILL');
      await within(exited, 'socat to exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilExists(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise(resolve => setImmediate(resolve));
}
