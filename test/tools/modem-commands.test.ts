/** info, status, resolve and at, against a simulator in another process. */
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, start, startSim, startSimOf } from './run-cli.ts';

test.each([
  ['sequans', ['--connections', '5'], { connections: 5, model: 'GM02S' }],
  ['quectel-qfwd', [], { connections: 64, model: 'EC25' }],
] as const)('info says who it is, for people and for programs: %s', async (dialect, options, itself) => {
  const { url } = await startSimOf(dialect, ...options);
  const json = await run(['info', '-m', url, '--json']);
  expect(json).toMatchObject({ code: 0, stderr: '' });
  const info = JSON.parse(json.stdout);
  expect(info).toMatchObject({ dialect, ...itself });
  const text = await run(['info', '-m', url]);
  expect(text.stdout).toBe(
    Object.entries(info)
      .map(([name, value]) => `${name.padEnd(12)}  ${value}\n`)
      .join(''),
  );
});

test('status says what it waits for, then where it is', async () => {
  const { url } = await startSim('--cfun', '4', '--searching', '200');
  const { code, stdout, stderr } = await run(['status', '-m', url, '--json']);
  expect(code).toBe(0);
  expect(stderr).toBe('atsock: registration: searching\natsock: registration: home\n');
  const status = JSON.parse(stdout);
  expect(status.registration).toBe('home');
  expect(status.rssiDbm).toBeLessThan(0);
  expect(status.addresses).toHaveLength(2);
  const text = await run(['status', '-m', url]);
  expect(text).toEqual({
    code: 0,
    stderr: '',
    stdout: `registration  home\nsignal        ${status.rssiDbm} dBm\naddresses     ${status.addresses.join(', ')}\nnetwork       IPv4 and IPv6\n`,
  });
});

test.each([
  [['--pdp', 'ip'], '', 'IPv4 only', undefined],
  [['--pdp', 'ipv6'], '', 'IPv6 only, no NAT64', undefined],
  [
    ['--pdp', 'ipv6', '--host', 'ipv4only.arpa=64:ff9b::c000:aa'],
    '',
    'IPv6 only, NAT64 prefix 64:ff9b::/96',
    '64:ff9b::/96',
  ],
  [['--pdp', 'ipv6'], '?nat64=2001:DB8::/32', 'IPv6 only, NAT64 prefix 2001:db8::/32', '2001:db8::/32'],
] as const)('status on a network with %j %s: %s', async (flags, parameters, network, nat64) => {
  const { url } = await startSim(...flags);
  expect((await run(['status', '-m', `${url}${parameters}`])).stdout).toContain(`network       ${network}\n`);
  const { stdout } = await run(['status', '-m', `${url}${parameters}`, '--json']);
  expect(JSON.parse(stdout).nat64).toBe(nat64);
});

test('resolve prints addresses, of one family if wanted', async () => {
  const { url } = await startSim('--host', 'both.test=127.0.0.1,::1', '--host', 'four.test=127.0.0.2');
  const resolve = (...args: string[]) => run(['resolve', '-m', url, ...args]);
  expect(await resolve('both.test')).toEqual({ code: 0, stdout: '::1\n127.0.0.1\n', stderr: '' });
  expect(await resolve('-6', 'both.test')).toMatchObject({ code: 0, stdout: '::1\n' });
  expect(JSON.parse((await resolve('-4', '--json', 'both.test')).stdout)).toEqual({
    name: 'both.test',
    addresses: [{ address: '127.0.0.1', family: 4 }],
  });
  expect(await resolve('four.test')).toMatchObject({ code: 0, stdout: '127.0.0.2\n' });
  expect(await resolve('no.invalid')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^atsock: getaddrinfo ENOTFOUND no\.invalid: .*the modem answered [^\n]*\n$/,
    ),
  });
});

test('at prints information lines and the final result, and stops at a refusal', async () => {
  const { url } = await startSim();
  const { code, stdout, stderr } = await run(['at', '-m', url, 'AT+CGMM', '+csq', 'AT+NOPE', 'AT+CGMI']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^GM02S\nOK\n\+CSQ: \d+,99\nOK\n(\+CME )?ERROR.*\n$/);
  expect(stderr).toMatch(/^atsock: AT\+NOPE: the modem answered .*ERROR.*\n$/);
});

test('at prints JSON', async () => {
  const { url } = await startSim();
  const { code, stdout } = await run(['at', '-m', url, '--json', 'AT+CGMM', 'AT+CPIN="1234"']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual([
    { command: 'AT+CGMM', information: ['GM02S'], result: 'OK' },
    { command: 'AT+CPIN="****"', information: [], result: '+CME ERROR: 3' },
  ]);
});

test('at waits for no network', async () => {
  const { url } = await startSim('--pin', '4711', '--cfun', '0');
  expect(await run(['at', '-m', url, 'AT+CFUN?'])).toEqual({ code: 0, stdout: '+CFUN: 0\nOK\n', stderr: '' });
});

test('at without lines is a terminal: a command per line, URCs as they come', async () => {
  const { url } = await startSim('--cfun', '4', '--searching', '50');
  const terminal = start(['at', '-m', url]);
  terminal.process.stdin.write('AT+CEREG=1\n\nAT+CFUN=1\n');
  await terminal.line(/^\+CEREG: 1$/);
  terminal.process.stdin.end('AT+CEREG?\n');
  const { code, stdout } = await terminal.ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^OK\n\+CEREG: 2\nOK\n\+CEREG: 1\n\+CEREG: 1,1.*\nOK\n$/);
});

test('a terminal goes on after what is refused, and says so in its exit code', async () => {
  const { url } = await startSim();
  const { code, stdout, stderr } = await run(['at', '-m', url], 'AT+NOPE\nAT+SQNSSENDEXT=1,4\nAT+CGMM\n');
  expect(code).toBe(1);
  expect(stdout).toMatch(/ERROR.*\nGM02S\nOK\n$/);
  expect(stderr).toMatch(/SQNSSENDEXT asks for payload.*\natsock: 2 of the commands failed\n$/);
});

test('a trace holds the dialogue, but not the PIN', async () => {
  const { url } = await startSim('--pin', '4711');
  const file = join(tmpdir(), `atsock-trace-${process.pid}.at`);
  const toFile = await run(['info', '-m', `${url}?pin=4711`, `--trace=${file}`]);
  expect(toFile).toMatchObject({ code: 0, stderr: '' });
  const trace = await readFile(file, 'utf8');
  expect(trace).toMatch(/^> {2}AT\+CPIN="\*{4}"$/m);
  expect(trace).toMatch(/^< {2}OK$/m);
  expect(trace).not.toContain('4711');
});

test('a trace without a file goes to standard error, also in the simulator', async () => {
  const { url, sim } = await startSim('--trace');
  const { code, stdout, stderr } = await run(['at', '-m', url, 'AT+CPIN="4711"', '--trace']);
  expect(code).toBe(1);
  expect(stdout).toBe('+CME ERROR: 3\n');
  expect(stderr).toMatch(/ > {2}AT\+CPIN="\*{4}"$/m);
  expect(stderr).not.toContain('4711');
  expect(await sim.line(/AT\+CPIN/)).toMatch(/ > {2}AT\+CPIN="\*{4}"$/);
});
