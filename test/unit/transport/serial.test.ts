/** serial over stand-ins of the binding: settings, reading through the binding, signals, closing. */
import { once } from 'node:events';
import { SerialPortMock } from 'serialport';
import { afterEach, expect, test } from 'vitest';
import { createSerialTransport } from '../../../src/transport/serial.ts';
import type { SerialBinding, SerialPortBinding } from '../../../src/transport/serial-binding.ts';

// @serialport/binding-mock, as `serialport` gives it: its own types are not found by ES modules.
const MockBinding = SerialPortMock.binding;
type MockPortBinding = Awaited<ReturnType<typeof MockBinding.open>>;

const PATH = '/dev/ttyMOCK';

afterEach(() => MockBinding.reset());

/** The mock, and the port that it opens. */
function mock(echo = false): { binding: SerialBinding; opened: () => MockPortBinding } {
  MockBinding.createPort(PATH, { echo, record: true });
  let port: MockPortBinding | undefined;
  return {
    binding: {
      open: async settings => {
        port = await MockBinding.open(settings);
        return port;
      },
    },
    opened: () => {
      if (!port) throw new Error('not open');
      return port;
    },
  };
}

test.each([
  [{}, { baudRate: 115_200, rtscts: true, lock: true }],
  [
    { baud: 921_600, flow: 'none' as const },
    { baudRate: 921_600, rtscts: false, lock: true },
  ],
  [{ flow: 'hardware' as const }, { baudRate: 115_200, rtscts: true, lock: true }],
])('%j opens with %j', async (options, settings) => {
  const { binding, opened } = mock();
  const stream = await createSerialTransport({ path: PATH, binding, ...options }).open();
  expect(opened().openOptions).toMatchObject({ path: PATH, ...settings });
  stream.destroy();
  await once(stream, 'close');
  expect(opened().isOpen).toBe(false);
});

test('what is written reaches the port, what the port says is read', async () => {
  const { binding, opened } = mock(true);
  const stream = await createSerialTransport({ path: PATH, binding }).open();
  stream.write('AT\r');
  const [chunk] = await once(stream, 'data');
  expect(String(chunk)).toBe('AT\r');
  expect(String(opened().recording)).toBe('AT\r');
  stream.destroy();
  await once(stream, 'close');
});

test('a paused reader leaves the bytes at the port', async () => {
  const { binding, opened } = mock();
  const stream = await createSerialTransport({ path: PATH, binding }).open();
  const text = 'x'.repeat(500_000);
  opened().emitData(text);
  await once(stream, 'readable');
  for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve));
  expect(stream.readableLength).toBeLessThan(100_000);
  let read = 0;
  stream.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read === text.length) stream.destroy();
  });
  await once(stream, 'close');
  expect(read).toBe(text.length);
});

test('errors of the mock have codes too', async () => {
  const { binding } = mock();
  const transport = createSerialTransport({ path: PATH, binding });
  const stream = await transport.open();
  await expect(transport.open()).rejects.toMatchObject({ code: 'EBUSY' });
  stream.destroy();
  await once(stream, 'close');
  MockBinding.reset();
  await expect(transport.open()).rejects.toMatchObject({
    code: 'ENOENT',
    message: `There is no serial port ${PATH}`,
  });
});

/** A port of which each call can be replaced. */
function port(calls: Partial<SerialPortBinding>): SerialBinding {
  const never = new Promise<never>(() => {});
  const done = async (): Promise<void> => {};
  const base = {
    read: () => never,
    write: done,
    update: done,
    set: done,
    flush: done,
    close: done,
  };
  return { open: async () => ({ ...base, ...calls }) };
}

test('signals not named keep what they had; a port without wires ignores them', async () => {
  const sets: object[] = [];
  const binding = port({ set: async options => void sets.push(options) });
  const { lineControl } = await createSerialTransport({ path: PATH, binding }).open();
  await lineControl?.setSignals({ dtr: false });
  await lineControl?.setSignals({ rts: false });
  await lineControl?.setSignals({ dtr: true });
  expect(sets).toMatchObject([
    { dtr: false, rts: true },
    { dtr: false, rts: false },
    { dtr: true, rts: false },
  ]);
  const wireless = port({
    set: () => Promise.reject(new Error('Error: Inappropriate ioctl for device, cannot set')),
  });
  await (await createSerialTransport({ path: PATH, binding: wireless }).open()).lineControl?.setSignals({
    dtr: false,
  });
  const broken = port({ set: () => Promise.reject(new Error('Error: Input/output error, cannot set')) });
  const stream = await createSerialTransport({ path: PATH, binding: broken }).open();
  await expect(stream.lineControl?.setSignals({ dtr: false })).rejects.toThrow('Input/output');
});

test('the baud rate is changed on the open port, and is that of the next one', async () => {
  const rates: number[] = [];
  const { open } = port({ update: async ({ baudRate }) => void rates.push(baudRate) });
  const binding: SerialBinding = {
    open: settings => {
      rates.push(settings.baudRate);
      return open(settings);
    },
  };
  const transport = createSerialTransport({ path: PATH, binding });
  const { lineControl } = await transport.open();
  await lineControl?.setBaudRate(921_600);
  expect(lineControl?.baudRate).toBe(921_600);
  await transport.open();
  expect(rates).toEqual([115_200, 921_600, 921_600]);
});

test.each([
  ['read', Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' }), 'EIO'],
  ['read', new Error('Reading from COM port'), 'EIO'],
  ['write', Object.assign(new Error('ENXIO: no such device or address, write'), { code: 'ENXIO' }), 'ENXIO'],
])('a port lost during a %s: error with a code, then close', async (call, failure, code) => {
  const binding = port({ [call]: () => Promise.reject(failure) });
  const stream = await createSerialTransport({ path: PATH, binding }).open();
  const closed = new Promise(resolve => stream.once('close', resolve));
  const lost = once(stream, 'error');
  stream.resume();
  stream.write('AT\r', () => {});
  const [error] = await lost;
  expect(error).toMatchObject({
    code,
    message: `The serial port ${PATH} is gone (${code})`,
    cause: failure,
  });
  await closed;
});

test('output that flow control holds back for ever is thrown away, and closing goes on', async () => {
  const calls: string[] = [];
  const binding = port({
    write: () => {
      calls.push('write');
      return new Promise<never>(() => {});
    },
    flush: async () => void calls.push('flush'),
    close: async () => void calls.push('close'),
  });
  const stream = await createSerialTransport({ path: PATH, binding }).open();
  stream.write('AT\r');
  stream.destroy();
  await once(stream, 'close');
  expect(calls).toEqual(['write', 'flush', 'close']);
});

test('what the system has taken has the time to go out', async () => {
  const binding = port({});
  const stream = await createSerialTransport({ path: PATH, binding, baud: 9_600 }).open();
  await new Promise(resolve => stream.write(Buffer.alloc(96), resolve));
  const written = performance.now();
  stream.destroy();
  await once(stream, 'close');
  // 96 bytes of 10 bits; timers may be a millisecond early.
  expect(performance.now() - written).toBeGreaterThan(98);
});

test('a close that never comes back does not hold the stream', async () => {
  const binding = port({ close: () => new Promise<never>(() => {}) });
  const stream = await createSerialTransport({ path: PATH, binding }).open();
  stream.destroy();
  await once(stream, 'close');
});

test('aborted while the port opens: closed again', async () => {
  const controller = new AbortController();
  let closed = 0;
  const binding = port({ close: async () => void closed++ });
  const transport = createSerialTransport({
    path: PATH,
    binding: {
      open: settings => {
        controller.abort();
        return binding.open(settings);
      },
    },
  });
  await expect(transport.open(controller.signal)).rejects.toMatchObject({ code: 'ABORT_ERR' });
  await new Promise(resolve => setImmediate(resolve));
  expect(closed).toBe(1);
});
