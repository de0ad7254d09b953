/** The simulator behind a TCP port and behind a pseudo-terminal. */
import { spawnSync } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSim, listenSim, openPty } from '../../src/sim/index.ts';
import { OK, Terminal, within } from './terminal.ts';

describe('listenSim', () => {
  it('serves one client after the other on loopback', async () => {
    const sim = createSim();
    const server = await listenSim(sim);
    expect(server.address).toBe('127.0.0.1');
    const first = new Terminal(connect(server.port, server.address));
    await first.command('ATE0', `ATE0\r${OK}`);
    const gone = new Promise(resolve => first.stream.once('close', resolve));
    const second = new Terminal(connect(server.port, server.address));
    await second.command('AT', OK);
    await within('the first client is let go', gone);
    second.stream.destroy();
    const third = new Terminal(connect(server.port, server.address));
    await third.command('AT', OK);
    await server.close();
    await sim.close();
  });

  it('says why it cannot listen', async () => {
    const server = await listenSim(createSim(), { port: 0 });
    await expect(listenSim(createSim(), { port: server.port })).rejects.toThrow(/EADDRINUSE/);
    await server.close();
  });

  it('hangs up when the modem was closed', async () => {
    const sim = createSim();
    const server = await listenSim(sim);
    const client = connect(server.port, server.address);
    const gone = new Promise(resolve => client.once('close', resolve));
    await sim.close();
    client.resume();
    await within('the hang-up', gone);
    await server.close();
  });
});

const hasSocat = spawnSync('socat', ['-V']).error === undefined;

/** The device as a terminal: programs open it, close it, and the next one finds the same modem. */
async function openDevice(
  path: string,
): Promise<{ handle: FileHandle; hear: (text: string) => Promise<void> }> {
  const handle = await open(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  let heard = '';
  const read = async (): Promise<void> => {
    const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(4096) }).catch(async cause => {
      if (cause.code !== 'EAGAIN') throw cause;
      await new Promise(setImmediate);
      return { bytesRead: 0, buffer: Buffer.alloc(0) };
    });
    heard += buffer.toString('latin1', 0, bytesRead);
  };
  const hear = (text: string): Promise<void> =>
    within(
      JSON.stringify(text),
      (async () => {
        while (heard.length < text.length) await read();
        expect(heard).toBe(text);
        heard = '';
      })(),
    );
  return { handle, hear };
}

describe.skipIf(!hasSocat)('openPty (needs socat)', () => {
  it('is a raw serial port that survives its users, under a link', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'atsock-pty-'));
    const link = join(folder, 'modem');
    const sim = createSim();
    const pty = await openPty(sim, link);
    expect(pty.path).toBe(link);
    for (const [command, reply] of [
      ['ATE0\r', `ATE0\r${OK}`],
      ['AT+CFUN?\r', `\r\n+CFUN: 1\r\n${OK}`],
    ] as const) {
      const { handle, hear } = await openDevice(link);
      await handle.write(command);
      await hear(reply);
      await handle.close();
    }
    await pty.close();
    expect(existsSync(link)).toBe(false);
    await sim.close();
    await rm(folder, { recursive: true });
  });

  it('refuses a link that socat would take for options', async () => {
    await expect(openPty(createSim(), '/tmp/x,exec=true')).rejects.toThrow(/cannot be the name of a link/);
  });

  it('passes on what socat says', async () => {
    await expect(openPty(createSim(), '/nowhere/at/all')).rejects.toThrow(
      /socat made no pseudo-terminal: .*nowhere/s,
    );
  });
});

it('openPty without socat says how to get it', async () => {
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    await expect(openPty(createSim())).rejects.toThrow(/apt install socat/);
  } finally {
    process.env.PATH = path;
  }
});
