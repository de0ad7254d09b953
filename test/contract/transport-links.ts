/** Connected pairs for the contract of transports: our transport, and the other end of its line. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { createMemoryPair } from '../../src/transport/memory.ts';
import { createQethTransport } from '../../src/transport/qeth.ts';
import { createRfc2217Transport } from '../../src/transport/rfc2217.ts';
import { createSerialTransport } from '../../src/transport/serial.ts';
import { createTcpTransport } from '../../src/transport/tcp.ts';
import { createTlsTransport } from '../../src/transport/tls.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { type Certificate, createCertificate } from '../conformance/net-certificate.ts';
import { serveComPort } from '../support/com-port-server.ts';
import { qethAccepted } from '../support/qeth-server.ts';
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
  /** It has the wires and the speed of a serial port, here or far away. */
  readonly wires: boolean;
  connect(): Promise<Link>;
}

const MIB = 2 ** 20;
/** For `localhost`. */
export const certificate = createCertificate();
const hasSocat = spawnSync('socat', ['-V']).status === 0;

export const linkKinds: readonly LinkKind[] = [
  { name: 'memory', kernelBytes: 0, wire: false, wires: false, connect: connectMemory },
  {
    name: 'tcp',
    kernelBytes: 12 * MIB,
    wire: false,
    wires: false,
    connect: () => connectTcp(createTcpTransport),
  },
  {
    name: 'tls',
    kernelBytes: 12 * MIB,
    wire: false,
    wires: false,
    ...(certificate
      ? { connect: () => connectTls(certificate) }
      : { connect: connectMemory, missing: 'openssl' }),
  },
  {
    name: 'qeth',
    kernelBytes: 12 * MIB,
    wire: false,
    wires: false,
    connect: () =>
      connectTcp(createQethTransport, socket =>
        qethAccepted({ name: 'modem', open: async () => socket }).open(),
      ),
  },
  {
    name: 'rfc2217',
    kernelBytes: 12 * MIB,
    wire: false,
    wires: true,
    connect: () => connectTcp(createRfc2217Transport, async socket => (await serveComPort(socket)).port),
  },
  {
    name: 'serial',
    kernelBytes: MIB,
    wire: true,
    wires: true,
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

/** @param createFar what the bytes of the accepted socket are to the DCE */
async function connectTcp(
  create: (place: { readonly host: string; readonly port: number }) => Transport,
  createFar: (socket: Socket) => Promise<Duplex> = async socket => socket,
): Promise<Link> {
  const server = createServer();
  const accepted = once(server, 'connection').then(([socket]: Socket[]) => createFar(socket as Socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    transport: create({ host: '127.0.0.1', port: address.port }),
    far: () => within(accepted, 'the connection at the server'),
    hangUp: async () => void (await accepted).end(),
    dispose: async () => {
      server.close();
      void accepted.then(socket => socket.destroy());
    },
  };
}

const connectTls = ({ key, cert }: Certificate): Promise<Link> =>
  connectTcp(
    ({ port }) => createTlsTransport({ host: 'localhost', port, ca: cert.toString() }),
    async socket => new TLSSocket(socket, { isServer: true, key, cert }),
  );

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
