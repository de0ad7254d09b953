/** SIM-Modem-API's bridge as its C code behaves: one client, heartbeats at the ends of a read only, nothing else is life. */
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Transport } from '../../src/transport/transport.ts';
import { listenTcp, type TcpServer } from '../../src/util/tcp-server.ts';

const BEAT = '<heartbeat>';
const TIMEOUT_MS = 5_000;
const BUFFER_BYTES = 1_024;

export interface SeedBridge extends TcpServer {
  readonly beats: () => number;
  /** Reads of as many bytes as its buffer has, behind which it writes. */
  readonly overflows: () => number;
  /** What reached the modem, and ought not to have. */
  readonly leaks: () => number;
}

export async function startSeedBridge(line: Pick<Transport, 'open'>): Promise<SeedBridge> {
  let controlling: Socket | undefined;
  let beats = 0;
  let overflows = 0;
  let leaks = 0;
  const server = await listenTcp(client => {
    if (controlling) return void client.end("There's already a client in control");
    controlling = client;
    client.once('close', () => {
      controlling = undefined;
    });
    void line.open().then(modem => {
      let last = performance.now();
      const watcher = setInterval(() => {
        if (performance.now() - last >= TIMEOUT_MS)
          client.end('Your heartbeat timeout elapsed').destroySoon();
      }, TIMEOUT_MS / 2);
      client.once('close', () => {
        clearInterval(watcher);
        modem.destroy();
      });
      modem.on('error', () => {}).once('close', () => client.destroySoon());
      modem.on('data', (chunk: Buffer) => client.write(chunk));
      client.on('data', (chunk: Buffer) => {
        if (chunk.length >= BUFFER_BYTES) overflows++;
        const text = chunk.toString('latin1');
        const stripped = text.replace(/^(?:<heartbeat>)+|(?:<heartbeat>)+$/g, '');
        if (stripped !== text) {
          last = performance.now();
          beats += (text.length - stripped.length) / BEAT.length;
        }
        if (stripped.includes(BEAT)) leaks++;
        if (stripped !== '') modem.write(Buffer.from(stripped, 'latin1'));
      });
    });
  });
  onTestFinished(() => server.close());
  return { ...server, beats: () => beats, overflows: () => overflows, leaks: () => leaks };
}
