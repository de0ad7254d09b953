/** Wrong usage of the command line is exit code 2, a failure is 1, and each is explained in one line. */
import { expect, test } from 'vitest';
import { run } from './run-cli.ts';

const oneLine = /^atsock: [^\n]+\n$/;

test('help lists the commands there are, and no others', async () => {
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[| {3})/gm)].map(([, name]) => name);
  expect(commands).toEqual([
    'demo',
    'sim',
    'list',
    'doctor',
    'info',
    'status',
    'at',
    'udp',
    'tcp',
    'resolve',
    'sms',
    'run',
    'socks',
    'share',
    'serve',
    'watch',
  ]);
});

test('the version is that of the package', async () => {
  const { code, stdout } = await run(['--version']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each<[string, string[], RegExp]>([
  ['an unknown command', ['nope'], /unknown command 'nope'/],
  ['an unknown option', ['info', '--nope'], /unknown option '--nope'/],
  ['no modem', ['info'], /no modem: give -m URL or set ATSOCK_MODEM/],
  ['no URL', ['info', '-m', '/dev/ttyUSB2'], /"\/dev\/ttyUSB2" is no modem URL; use for example serial:/],
  [
    'an unknown URL parameter',
    ['info', '-m', 'tcp://127.0.0.1:1?buad=1'],
    /"buad".*known are dialect, baud, .*reopen, state, token-file$/m,
  ],
  ['an unknown simulator parameter', ['info', '-m', 'sim:sequans?x=1'], /"x".*known are .*baud.*faults/],
  ['a URL parameter of no use', ['info', '-m', 'sim:sequans?baud=fast'], /"baud".*cannot be used/],
  ['two families', ['resolve', '-4', '-6', '-m', 'sim:sequans', 'a.test'], /cannot be used with/],
  ['no name', ['resolve', '-m', 'sim:sequans'], /missing required argument 'name'/],
  ['an unknown role', ['share', '-m', 'sim:sequans', '--role', 'king'], /"king" is no role/],
  ['no port number', ['udp', '-m', 'sim:sequans', '127.0.0.1'], /port number of 127\.0\.0\.1 is missing/],
  ['no peer', ['udp', '-m', 'sim:sequans'], /give HOST and PORT, or --listen PORT/],
  ['a port number of 0', ['udp', '-m', 'sim:sequans', '127.0.0.1', '0'], /whole number from 1 to 65535/],
  ['half a byte', ['udp', '-m', 'sim:sequans', '--hex', 'abc', '127.0.0.1', '9'], /two for each byte/],
  [
    'two payloads',
    ['udp', '-m', 'sim:sequans', '--hex', 'ab', '--data', 'x', '::1', '9'],
    /cannot be used with/,
  ],
  [
    'a payload for nobody',
    ['udp', '-m', 'sim:sequans', '--listen', '0', '--data', 'x'],
    /give HOST and PORT/,
  ],
  ['an address of the other family', ['udp', '-m', 'sim:sequans', '-6', '127.0.0.1', '9'], /is not IPv6/],
  ['no TCP peer', ['tcp', '-m', 'sim:sequans'], /give either HOST and PORT or --listen PORT/],
  [
    'a TCP peer and a listener',
    ['tcp', '-m', 'sim:sequans', '--listen', '0', '::1', '9'],
    /give either HOST and PORT or --listen PORT/,
  ],
  ['no TCP port number', ['tcp', '-m', 'sim:sequans', '::1'], /port number of ::1 is missing/],
  ['a TCP address of the other family', ['tcp', '-m', 'sim:sequans', '-4', '::1', '9'], /is not IPv4/],
  ['--keep alone', ['tcp', '-m', 'sim:sequans', '--keep', '::1', '9'], /--keep goes with --listen/],
  [
    'a command with payload',
    ['at', '-m', 'sim:sequans', 'AT', 'AT+SQNSSENDEXT=1,5'],
    /\+SQNSSENDEXT asks for payload/,
  ],
  ['no dialect', ['sim'], /atsock sim sequans/],
  ['an unknown dialect', ['sim', 'nope'], /nope; it knows sequans/],
  ['an unknown fault', ['sim', 'sequans', '--fault', 'nope'], /no fault nope; it knows .*lost-ring/],
  ['a baud rate of no use', ['sim', 'sequans', '--baud', 'fast'], /baud .* whole number/],
  ['a place of no use', ['sim', 'sequans', '--listen', '5000'], /write HOST:PORT/],
])('%s is wrong usage', async (_, args, explanation) => {
  const { code, stdout, stderr } = await run(args);
  expect({ code, stdout: stdout.replace('[]\n', '') }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(oneLine);
  expect(stderr).toMatch(explanation);
});

test.each<[string, string[], RegExp]>([
  [
    'a missing port',
    ['info', '-m', 'serial:/dev/no-such-port'],
    /There is no serial port \/dev\/no-such-port/,
  ],
  [
    'a bridge that is not there',
    ['at', '-m', 'tcp://127.0.0.1:1', 'AT'],
    /cannot open tcp:\/\/127\.0\.0\.1:1: .*/,
  ],
  [
    'an unknown dialect',
    ['info', '-m', 'sim:sequans?dialect=nope'],
    /unknown dialect nope \(known: sequans, quectel-qfwd\)/,
  ],
  [
    'a missing payload file',
    ['udp', '-m', 'sim:sequans', '--file', '/no/such', '127.0.0.1', '9'],
    /ENOENT.*\/no\/such/,
  ],
  ['a trace file without a folder', ['info', '-m', 'sim:sequans', '--trace=/no/such'], /ENOENT.*\/no\/such/],
])('%s is a failure', async (_, args, explanation) => {
  const { code, stdout, stderr } = await run(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(oneLine);
  expect(stderr).toMatch(explanation);
});

test('the modem may come from ATSOCK_MODEM', async () => {
  const { code, stdout } = await run(['info', '--json'], '', { ATSOCK_MODEM: 'sim:sequans' });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ dialect: 'sequans' });
});
