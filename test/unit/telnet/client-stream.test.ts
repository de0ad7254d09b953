/** A client's connection, on real sockets: told by its first byte, and never filling our memory. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { ClientStream, type ClientStreamOptions } from '../../../src/telnet/client-stream.ts';
import { openPeers } from '../../e2e/streams.ts';
import { nastyBytes } from '../../support/nasty-bytes.ts';
import { within } from '../../tools/run-cli.ts';

const SEED = 23;
const DEADLINE_MS = 20_000;
const DO_BOTH = Buffer.from([255, 253, 3, 255, 253, 1]);

async function open(
  options?: ClientStreamOptions,
): Promise<{ client: Socket; served: Socket; stream: ClientStream }> {
  const peers = await openPeers();
  const client = connect({ host: peers.to.address, port: peers.to.port, noDelay: true });
  onTestFinished(() => void client.destroy());
  client.on('error', () => {});
  const served = await peers.next();
  const stream = new ClientStream(served, options);
  stream.on('error', () => {});
  return { client, served, stream };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

/** Reads until it has that many bytes. */
async function read(stream: Socket | ClientStream, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let had = 0;
  const enough = (async () => {
    while (had < length) {
      const chunk: Buffer | null = stream.read();
      if (chunk) had += chunks.push(chunk) && chunk.length;
      else await once(stream, 'readable');
    }
  })();
  await within(DEADLINE_MS, `${length} bytes`, enough);
  return Buffer.concat(chunks);
}

test(`a client that does not start with IAC is raw: 1 MiB each way unchanged, seed ${SEED}`, async () => {
  const bytes = Buffer.concat([Buffer.from('A'), DO_BOTH, nastyBytes(1 << 20, SEED)]);
  const { client, stream } = await open({ greeting: 'hello' });
  client.write(bytes);
  expect((await read(stream, bytes.length)).equals(bytes)).toBe(true);
  expect(stream.speaksTelnet).toBe(false);
  stream.expects = 'data';
  stream.write(bytes);
  expect((await read(client, bytes.length)).equals(bytes)).toBe(true);
});

test('a client that starts with IAC speaks telnet, and is greeted', async () => {
  const { client, stream } = await open({ greeting: 'hello\r\n' });
  client.write(DO_BOTH);
  stream.read(0);
  const greeting = '\xff\xfb\x03\xff\xfb\x01hello\r\n';
  expect((await read(client, greeting.length)).toString('latin1')).toBe(greeting);
  client.write('ATX\x7fI\r\0');
  expect(String(await read(stream, 4))).toBe('ATI\r');
  expect(stream.speaksTelnet).toBe(true);
  stream.end('\r\nOK\r\n');
  const shown = 'ATX\b \bI\r\n\r\nOK\r\n';
  expect((await read(client, shown.length)).toString('latin1')).toBe(shown);
});

test('a client that goes on typing after the goodbye is no error', async () => {
  const { client, stream } = await open();
  client.resume();
  client.write(DO_BOTH);
  await within(
    DEADLINE_MS,
    'the offer',
    until(() => stream.read(0) === null && stream.speaksTelnet),
  );
  stream.end('bye\r\n');
  client.end('ATI\r\0');
  expect(await within(DEADLINE_MS, 'its end', text(stream))).toBe('ATI\r');
});

test('what a client said before it went is read, then the end, and it is still answered', async () => {
  const { client, stream } = await open();
  const answer = text(client);
  client.end('ATI\r');
  expect(String(await read(stream, 4))).toBe('ATI\r');
  const ended = once(stream, 'end');
  stream.resume();
  await within(DEADLINE_MS, 'its end', ended);
  const closed = once(stream, 'close');
  stream.end('OK');
  expect(await within(DEADLINE_MS, 'the answer', answer)).toBe('OK');
  await within(DEADLINE_MS, 'its close', closed);
});

test('a client that breaks off is an error and a close', async () => {
  const { client, stream } = await open();
  stream.resume();
  const error = once(stream, 'error');
  client.resetAndDestroy();
  const [{ code }] = await within(DEADLINE_MS, 'its error', error);
  expect(code).toBe('ECONNRESET');
});

test('destroying the stream closes the connection', async () => {
  const { client, stream } = await open();
  client.resume();
  stream.destroy();
  await within(DEADLINE_MS, 'the close', once(client, 'close'));
});

test('a client that types and does not read its echo is not listened to for ever', async () => {
  const { client, served, stream } = await open();
  stream.resume();
  client.pause();
  client.write(DO_BOTH);
  // Two lines of 4000 characters, one after the other out of the history: each key paints a whole line.
  client.write(`${'A'.repeat(4_000)}\r\0${'B'.repeat(4_000)}\r\0`);
  client.write('\x1b[A\x1b[A\x1b[B\x1b[B'.repeat(1_000));
  await within(
    DEADLINE_MS,
    'the pause',
    until(() => served.isPaused() && served.writableNeedDrain),
  );
  expect(served.writableLength).toBeLessThan(256 << 10);
  client.resume();
  client.end('\x03ATI\r\0');
  await within(DEADLINE_MS, 'all of it', once(stream, 'end'));
});

test('our reader that does not read stops the client, and loses nothing', async () => {
  const lines = 1 << 20;
  const { client, served, stream } = await open();
  client.resume();
  client.write(DO_BOTH.subarray(0, 3));
  client.write('\xff\xfe\x01', 'latin1');
  client.end('AT\r\n'.repeat(lines));
  stream.read(0);
  await within(
    DEADLINE_MS,
    'the pause',
    until(() => served.isPaused()),
  );
  expect(stream.readableLength).toBeLessThan(256 << 10);
  let length = 0;
  for await (const chunk of stream) length += chunk.length;
  expect(length).toBe('AT\r'.length * lines);
});

/** IAC SUSP IAC DO TIMING-MARK: Ctrl-Z in Debian's telnet, which has said no word of telnet until then. */
const CTRL_Z_IN_LINE_MODE = Buffer.from('\xff\xed\xff\xfd\x06', 'latin1');

test('telnet that shows itself late is answered, greeted and told that its last line is lost', async () => {
  const { client, stream } = await open({ greeting: 'hello\r\n' });
  client.write('AT+CMGS="1"\r\n');
  expect(String(await read(stream, 13))).toBe('AT+CMGS="1"\r\n');
  stream.expects = 'text';
  client.write(Buffer.concat([Buffer.from('one\r\n'), CTRL_Z_IN_LINE_MODE]));
  expect(String(await read(stream, 5))).toBe('one\r\n');
  const offer = '\xff\xfb\x01\xff\xfb\x03\xff\xfc\x06';
  const told = `${offer}hello\r\n\r\ntelnet has thrown away`;
  expect((await read(client, told.length)).subarray(0, told.length).toString('latin1')).toBe(told);
  expect(stream.speaksTelnet).toBe(true);
  client.write('\xff\xfd\x01\xff\xfd\x03two\x1a', 'latin1');
  expect(String(await read(stream, 4))).toBe('two\x1a');
});

test('in counted data the same bytes are data', async () => {
  const { client, stream } = await open();
  client.write('AT\r\n');
  await read(stream, 4);
  stream.expects = 'data';
  client.write(CTRL_Z_IN_LINE_MODE);
  expect(await read(stream, 5)).toEqual(CTRL_Z_IN_LINE_MODE);
  expect(stream.speaksTelnet).toBe(false);
});
