/** Our server for SIM-Modem-API's clients: as the seed where it is right, and without its defects. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { listenBridge } from '../../src/bridge/server.ts';
import { createMemoryPair } from '../../src/transport/memory.ts';
import type { ByteStream } from '../../src/transport/transport.ts';
import { readBytes, within, write } from '../contract/transport-wait.ts';

interface Bridge {
  readonly port: number;
  /** The far ends of the lines, one for each client in control. */
  readonly modems: readonly ByteStream[];
}

async function startBridge(): Promise<Bridge> {
  const modems: ByteStream[] = [];
  const open = async (): Promise<ByteStream> => {
    const [line, modem] = createMemoryPair();
    modems.push(modem);
    return line;
  };
  const server = await listenBridge({ open });
  onTestFinished(() => server.close());
  return { port: server.port, modems };
}

async function join(port: number): Promise<Socket> {
  const client = connect(port, '127.0.0.1');
  onTestFinished(() => void client.on('error', () => {}).destroy());
  await within(once(client, 'connect'), 'the connection');
  return client;
}

/** All it says until it hangs up. */
async function lastWords(client: Socket): Promise<string> {
  const chunks = await within(client.toArray() as Promise<Buffer[]>, 'the end');
  return Buffer.concat(chunks).toString();
}

test('bytes both ways, without heartbeats', async () => {
  const { port, modems } = await startBridge();
  const client = await join(port);
  await write(client, Buffer.from('<heart'));
  await write(client, Buffer.from('beat>AT<heartbeat>I\r'));
  await write(client, Buffer.from([0, 255, 13]));
  const modem = await modemOf(modems);
  expect((await readBytes(modem, 7)).toString('latin1')).toBe('ATI\r\x00\xff\r');
  modem.write('\r\nOK\r\n');
  expect((await readBytes(client, 6)).toString()).toBe('\r\nOK\r\n');
});

test('a second client is told that there is one, and the first is not disturbed; then it is its turn', async () => {
  const { port, modems } = await startBridge();
  const first = await join(port);
  expect(await lastWords(await join(port))).toBe("There's already a client in control");
  first.write('AT\r');
  expect((await readBytes(await modemOf(modems), 3)).toString()).toBe('AT\r');
  const [line] = modems;
  first.destroy();
  await within(once(line?.resume() as ByteStream, 'close'), 'the line to be closed');
  const third = await join(port);
  third.write('ATZ\r');
  await within(untilCount(modems, 2), 'the second line');
  expect((await readBytes(modems[1] as ByteStream, 4)).toString()).toBe('ATZ\r');
});

test('silence: the text, then the end', { timeout: 15_000 }, async () => {
  const { port, modems } = await startBridge();
  const client = await join(port);
  const modem = await modemOf(modems);
  // What the modem says is no sign of life of the client.
  modem.write('\r\nRING\r\n');
  expect(await lastWords(client)).toBe('\r\nRING\r\nYour heartbeat timeout elapsed');
});

test('any traffic is life', { timeout: 15_000 }, async () => {
  const { port, modems } = await startBridge();
  const client = await join(port);
  const modem = await modemOf(modems);
  modem.resume();
  let ended = false;
  client.on('end', () => {
    ended = true;
  });
  for (let second = 0; second < 7; second++) {
    client.write('AT\r');
    await new Promise(resolve => setTimeout(resolve, 1_000));
  }
  expect(ended).toBe(false);
});

test('the modem is lost: the text, then the end', async () => {
  const { port, modems } = await startBridge();
  const client = await join(port);
  (await modemOf(modems)).destroy();
  expect(await lastWords(client)).toBe('Serial port is or became unavailable, shutting down');
});

test('the modem cannot be opened: the same, and the next client may try', async () => {
  const server = await listenBridge({ open: () => Promise.reject(new Error('no port')) });
  onTestFinished(() => server.close());
  const text = 'Serial port is or became unavailable, shutting down';
  expect(await lastWords(await join(server.port))).toBe(text);
  // The server has yet to see that the first has gone.
  await vi.waitFor(async () => expect(await lastWords(await join(server.port))).toBe(text));
});

async function modemOf(modems: readonly ByteStream[]): Promise<ByteStream> {
  await within(untilCount(modems, 1), 'the line');
  return modems[0] as ByteStream;
}

async function untilCount(modems: readonly ByteStream[], count: number): Promise<void> {
  while (modems.length < count) await new Promise(resolve => setImmediate(resolve));
}
