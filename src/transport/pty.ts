/** A line behind a pseudo-terminal: a real serial port for every program, through socat. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Transport } from './transport.ts';

/** A pseudo-terminal that is open. */
export interface Pty {
  /** The link if there is one, else the device. */
  readonly path: string;
  /** Ends socat, and with it the port. */
  close(): Promise<void>;
}

/**
 * The port outlives the programs that open and close it, as a real one does. It keeps the process alive.
 * @throws Error that says how to get socat if it is missing, or what socat said
 */
export async function openPty(transport: Pick<Transport, 'open'>, link?: string): Promise<Pty> {
  // socat cuts addresses at commas and undoes quotes.
  if (link !== undefined && !/^[\w./@+-]+$/.test(link))
    throw new Error(`${link} cannot be the name of a link`);
  const socat = spawn('socat', ['-d', '-d', `PTY,rawer${link === undefined ? '' : `,link=${link}`}`, '-']);
  const exited = new Promise<void>(resolve => socat.once('close', () => resolve()));
  const device = await deviceOf(socat);
  // Without an open end socat would stop when the first program closes the port.
  const end = await open(device, constants.O_RDWR | constants.O_NOCTTY);
  const line = await transport.open();
  line.on('error', () => {});
  line.pipe(socat.stdin);
  socat.stdout.pipe(line);
  socat.once('close', () => line.destroy());
  const close = async (): Promise<void> => {
    line.destroy();
    socat.kill();
    await exited;
    await closeQuietly(end);
  };
  return { path: link ?? device, close };
}

/** socat tells the name of the device on standard error: "… N PTY is /dev/pts/5". */
function deviceOf(socat: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    socat.stdin.on('error', () => {});
    socat.once('error', (error: NodeJS.ErrnoException) => {
      const missing = 'a pseudo-terminal needs the program socat, which is not installed (apt install socat)';
      reject(error.code === 'ENOENT' ? new Error(missing, { cause: error }) : error);
    });
    socat.once('close', () => reject(new Error(`socat made no pseudo-terminal: ${said.trim()}`)));
    socat.stderr.setEncoding('latin1').on('data', (text: string) => {
      said = `${said}${text}`.slice(-4096);
      const device = /PTY is (\S+)/.exec(said)?.[1];
      // The link exists by the time the transfer loop starts.
      if (device && said.includes('starting data transfer loop')) resolve(device);
    });
  });
}

async function closeQuietly(handle: FileHandle): Promise<void> {
  await handle.close().catch(() => {});
}
