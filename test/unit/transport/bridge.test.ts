/** The client of SIM-Modem-API's bridge: its heartbeat, its pace, and what the bridge's last words mean. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createBridgeTransport } from '../../../src/transport/bridge.ts';
import { createMemoryPair } from '../../../src/transport/memory.ts';
import type { ByteStream } from '../../../src/transport/transport.ts';
import { listenTcp } from '../../../src/util/tcp-server.ts';
import { readBytes, within } from '../../contract/transport-wait.ts';
import { startSeedBridge } from '../../support/seed-bridge.ts';

interface Served {
  readonly stream: ByteStream;
  readonly name: string;
  readonly clients: readonly Socket[];
}

/** A server that does this to each client, and our stream to it. */
async function openTo(serve: (client: Socket, before: number) => void): Promise<Served> {
  const clients: Socket[] = [];
  const server = await listenTcp(client => {
    clients.push(client);
    client.on('data', () => {});
    serve(client, clients.length - 1);
  });
  onTestFinished(() => server.close());
  const transport = createBridgeTransport({ host: '127.0.0.1', port: server.port });
  const stream = await within(transport.open(), 'open()');
  onTestFinished(() => void stream.on('error', () => {}).destroy());
  return { stream, name: transport.name, clients };
}

const failure = async (stream: ByteStream): Promise<unknown> => {
  stream.resume();
  const [error] = await within(once(stream, 'error'), "'error'");
  return error;
};

test('busy at first: it comes again and is served', async () => {
  const { clients, stream } = await openTo((client, before) => {
    if (before < 2) client.end("There's already a client in control");
    else client.write('RING');
  });
  expect(clients.length).toBe(3);
  expect((await readBytes(stream, 4)).toString()).toBe('RING');
});

test('busy for good: EBUSY, after five attempts', { timeout: 30_000 }, async () => {
  let attempts = 0;
  const server = await listenTcp(client => {
    attempts++;
    client.end("There's already a client in control");
  });
  onTestFinished(() => server.close());
  const transport = createBridgeTransport({ host: '127.0.0.1', port: server.port });
  await expect(within(transport.open(), 'open()')).rejects.toMatchObject({
    code: 'EBUSY',
    message: `bridge://127.0.0.1:${server.port} has another client in control`,
  });
  expect(attempts).toBe(5);
});

test('given up while it waits for its turn', async () => {
  const abort = new AbortController();
  const server = await listenTcp(client => {
    client.end("There's already a client in control", () => abort.abort());
  });
  onTestFinished(() => server.close());
  const transport = createBridgeTransport({ host: '127.0.0.1', port: server.port });
  await expect(within(transport.open(abort.signal), 'open()')).rejects.toMatchObject({ code: 'ABORT_ERR' });
});

test.each([
  ['Your heartbeat timeout elapsed', 'ETIMEDOUT'],
  ['Serial port is or became unavailable, shutting down', 'ENODEV'],
])('"%s", byte by byte behind other bytes: %s', async (text, code) => {
  const { stream, clients } = await openTo(() => {});
  const failed = failure(stream);
  for (const byte of Buffer.from(`\r\nOK\r\n${text}`)) {
    clients[0]?.write(Buffer.of(byte));
    await new Promise(resolve => setImmediate(resolve));
  }
  clients[0]?.end();
  expect(await failed).toMatchObject({ code });
});

test('the same text among others means nothing', async () => {
  const { stream, clients } = await openTo(() => {});
  clients[0]?.end('Your heartbeat timeout elapsed\r\n');
  await within(once(stream.resume(), 'end'), "'end'");
});

test('it beats while nothing is written, and long commands make no difference', async () => {
  const { clients } = await openTo(() => {});
  const said: string[] = [];
  for (let beat = 0; beat < 2; beat++) {
    const [chunk] = await within(once(clients[0] as Socket, 'data'), 'a heartbeat');
    said.push(String(chunk));
  }
  expect(said).toEqual(['<heartbeat>', '<heartbeat>']);
});

test('the text of the heartbeat is refused before anything of it is written, in whatever pieces', async () => {
  const { stream } = await openTo(() => {});
  const failed = failure(stream);
  stream.write('AT+X="<heart');
  stream.write('beat>"\r');
  expect(await failed).toMatchObject({ code: 'EILSEQ' });
});

test('a server as the seed finds every heartbeat, and its buffer suffices', async () => {
  const [line, modem] = createMemoryPair();
  const bridge = await startSeedBridge({ open: async () => line });
  const stream = await createBridgeTransport({ host: '127.0.0.1', port: bridge.port }).open();
  onTestFinished(() => void stream.destroy());
  // As long as it takes for a heartbeat to fall among it.
  const sent = Buffer.alloc(300_000, 'AT+LINE\r');
  stream.write(sent);
  expect((await readBytes(modem, sent.length)).equals(sent)).toBe(true);
  expect(bridge.beats()).toBeGreaterThan(0);
  expect([bridge.leaks(), bridge.overflows()]).toEqual([0, 0]);
});
