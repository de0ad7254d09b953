/** IPv4 in the dress of IPv6: which addresses are meant, and what becomes of a second port that is only being opened. */
import { expect, test } from 'vitest';
import { DualUdpPort, unmapped } from '../../../src/driver/mapped-ports.ts';
import type { Endpoint, PortEvents, UdpPort } from '../../../src/driver/port.ts';
import { SocketFailure } from '../../../src/driver/socket-failure.ts';

const at6 = (address: string): Endpoint => ({ address, port: 7, family: 6 });

test.each([
  ['::ffff:192.0.2.1', { address: '192.0.2.1', port: 7, family: 4 }],
  ['::FFFF:c000:201', { address: '192.0.2.1', port: 7, family: 4 }],
  ['2001:db8:ffff:1::1', undefined],
  ['64:ff9b::192.0.2.1', undefined],
])('%s', (address, inside) => {
  expect(unmapped(at6(address))).toEqual(inside);
});

test('an IPv4 address is no mapped one', () => {
  expect(unmapped({ address: '192.0.2.1', port: 7, family: 4 })).toBeUndefined();
});

test('closed while the second port is being opened, which then fails: the first one is closed', async () => {
  let closed = 0;
  let fail = (_error: Error): void => {};
  const first: UdpPort = {
    local: at6('::1'),
    send: async () => {},
    receive: async () => undefined,
    close: async () => void closed++,
  };
  const dual = await DualUdpPort.open(
    ({ family }) => (family === 6 ? Promise.resolve(first) : new Promise((_, reject) => (fail = reject))),
    { family: 6, port: 0 },
    { readable: () => {}, closed: () => {} },
  );
  const sent = expect(dual.send(Buffer.from('hello'), at6('::ffff:192.0.2.1'))).rejects.toMatchObject({
    code: 'ENETUNREACH',
  });
  const closing = dual.close();
  fail(new SocketFailure('ENETUNREACH', 'no IPv4'));
  await Promise.all([sent, closing]);
  expect(closed).toBe(1);
});

test('closed in order by the modem: its owner hears that once, and nothing else is done', async () => {
  const heard: unknown[] = [];
  let events: PortEvents = { readable: () => {}, closed: () => {} };
  const port: UdpPort = {
    local: at6('::1'),
    send: async () => {},
    receive: async () => undefined,
    close: () => Promise.reject(new Error('closed again')),
  };
  await DualUdpPort.open(
    async (_, given) => {
      events = given;
      return port;
    },
    { family: 6, port: 0 },
    { readable: () => {}, closed: error => heard.push(error) },
  );
  events.closed();
  events.closed();
  await new Promise(setImmediate);
  expect(heard).toEqual([undefined]);
});
