/** The client of RFC 2217: what it asks for, what it believes, and that data pass whatever they are. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createRfc2217Transport } from '../../../src/transport/rfc2217.ts';
import { listenTcp } from '../../../src/util/tcp-server.ts';
import { manyTurns, readBytes, within } from '../../contract/transport-wait.ts';
import { type ComPortServer, serveComPort } from '../../support/com-port-server.ts';

async function listen(serve: (client: Socket) => void): Promise<{ host: string; port: number }> {
  const server = await listenTcp(serve);
  onTestFinished(() => server.close());
  return { host: server.address, port: server.port };
}

async function openPair(): Promise<{ server: ComPortServer; stream: Awaited<ReturnType<typeof openTo>> }> {
  let serving: Promise<ComPortServer> | undefined;
  const place = await listen(client => {
    serving = serveComPort(client);
  });
  const stream = await openTo(place);
  return { server: await (serving as Promise<ComPortServer>), stream };
}

async function openTo(place: {
  host: string;
  port: number;
}): ReturnType<ReturnType<typeof createRfc2217Transport>['open']> {
  const stream = await within(
    createRfc2217Transport({ ...place, baud: 57_600, flow: 'none' }).open(),
    'open()',
  );
  onTestFinished(() => void stream.destroy());
  return stream;
}

test('it asks for 8N1 at its speed, without flow control, and has both buffers emptied', async () => {
  const { server } = await openPair();
  expect(server.heard).toEqual(['010000e100', '0208', '0301', '0401', '0501', '0c03']);
});

test('speed and wires', async () => {
  const { server, stream } = await openPair();
  server.heard.length = 0;
  expect(stream.lineControl?.baudRate).toBe(57_600);
  // Has a byte 255, which is doubled on its way.
  await stream.lineControl?.setBaudRate(0xff00);
  await stream.lineControl?.setSignals({ dtr: false, rts: true });
  expect(stream.lineControl?.baudRate).toBe(0xff00);
  expect(server.heard).toEqual(['010000ff00', '0509', '050b']);
});

test('while the server is full nothing is written; then all of it', async () => {
  const { server, stream } = await openPair();
  server.tell(Buffer.of(108));
  server.port.write('stop');
  await readBytes(stream, 4);
  stream.write('AT\r');
  await manyTurns();
  expect(server.port.readableLength).toBe(0);
  server.tell(Buffer.of(109));
  expect((await readBytes(server.port, 3)).toString()).toBe('AT\r');
});

test('options nobody asked for are refused once each', async () => {
  const said: Buffer[] = [];
  let closed: Promise<unknown> | undefined;
  const place = await listen(client => {
    client.on('data', (chunk: Buffer) => said.push(chunk));
    closed = once(client, 'close');
    client.write(Buffer.of(255, 251, 1, 255, 253, 24, 255, 254, 44));
  });
  await expect(openTo(place)).rejects.toMatchObject({
    code: 'EPROTONOSUPPORT',
    message: `rfc2217://${place.host}:${place.port} does not speak RFC 2217; use telnet:// or tcp://`,
  });
  await within(closed ?? Promise.reject(new Error('no client')), "'close' at the server");
  const hex = Buffer.concat(said).toString('hex');
  expect([...hex.matchAll(/fffe01/g)].length).toBe(1);
  expect([...hex.matchAll(/fffc18/g)].length).toBe(1);
});

test('a server that says nothing', { timeout: 15_000 }, async () => {
  const place = await listen(() => {});
  await expect(openTo(place)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
});

test('a server that hangs up', async () => {
  const place = await listen(client => void client.end());
  await expect(openTo(place)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('given up while it waits', async () => {
  const abort = new AbortController();
  const place = await listen(() => abort.abort());
  const opening = createRfc2217Transport(place).open(abort.signal);
  await expect(within(opening, 'open()')).rejects.toMatchObject({ code: 'ABORT_ERR' });
});

test('the connection ends as that of any stream', async () => {
  const { server, stream } = await openPair();
  server.port.end();
  await within(once(stream.resume(), 'close'), "'close'");
});
