/** Which transport a modem URL stands for, under what name, and with which options. */
import { expect, test } from 'vitest';
import { parseModemUrl } from '../../src/modem-url.ts';

test.each([
  ['tcp://127.0.0.1:5000', 'tcp://127.0.0.1:5000', {}],
  ['tcp://[::1]:5000?pin=1234', 'tcp://[::1]:5000', { pin: '1234' }],
  ['telnet://localhost:23', 'telnet://localhost:23', {}],
  ['rfc2217://localhost:2217?baud=9600&flow=none', 'rfc2217://localhost:2217', { baud: 9_600, flow: 'none' }],
  ['bridge://localhost', 'bridge://localhost:8080', { encoding: 'hex' }],
  ['bridge://[::1]:81?encoding=binary', 'bridge://[::1]:81', { encoding: 'binary' }],
  ['qeth://192.168.225.1', 'qeth://192.168.225.1:1555', {}],
])('%s', async (url, name, options) => {
  const parsed = parseModemUrl(url);
  expect(parsed.options).toEqual(options);
  expect((await parsed.createTransport(parsed.options)).name).toBe(name);
});

test.each(['tcp://127.0.0.1', 'telnet://host', 'rfc2217://host', 'bridge://', 'qeth://'])('%s', url => {
  expect(() => parseModemUrl(url)).toThrow(
    expect.objectContaining({
      code: 'ERR_INVALID_ARG_VALUE',
      message: expect.stringContaining('needs host and port'),
    }),
  );
});
