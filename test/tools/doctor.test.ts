/** `atsock doctor` on the simulator: each thing that is wrong is named, with the next step, and ends the examination. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { DIALECTS, type Ended, run, startSim, startSimOf } from './run-cli.ts';
import { openEcho } from './udp-echo.ts';

interface Seen {
  readonly check: string;
  readonly level: string;
  readonly text: string;
  readonly advice?: string;
}

const examine = async (url: string, ...flags: string[]): Promise<Ended & { findings: Seen[] }> => {
  const ended = await run(['doctor', '-m', url, '--json', ...flags]);
  return { ...ended, findings: JSON.parse(ended.stdout) };
};

const WELL = ['line', 'modem', 'dialect', 'sim', 'signal', 'network', 'context', 'dns'];

describe.each(DIALECTS)('%s', dialect => {
  test('all is well', async () => {
    const { url } = await startSimOf(dialect);
    const { code, findings, stderr } = await examine(url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(findings.map(({ check }) => check)).toEqual(WELL);
    expect(findings.filter(({ level, advice }) => level !== 'ok' || advice)).toEqual([]);
  });

  test('a connection and a datagram, where they are asked for', async () => {
    const { url } = await startSimOf(dialect);
    const { port } = await openEcho();
    const { code, findings, stderr } = await examine(
      url,
      '--udp',
      `127.0.0.1:${port}`,
      '--tcp',
      '127.0.0.1:1',
    );
    expect(code).toBe(1);
    expect(stderr).toBe('atsock: not all is well: tcp\n');
    expect(findings.slice(WELL.length)).toMatchObject([
      { check: 'tcp', level: 'fail', text: expect.stringContaining('ECONNREFUSED') },
      { check: 'udp', level: 'ok' },
    ]);
  });
});

test('it prints a line each, and the next step below', async () => {
  const { url } = await startSim('--pin', '4711');
  const { code, stdout, stderr } = await run(['doctor', '-m', url]);
  expect(code).toBe(1);
  expect(stderr).toBe('atsock: not all is well: sim\n');
  expect(stdout).toMatch(/^ok {4}line {6}a modem answers on tcp:.*\n/);
  expect(stdout).toMatch(
    /\nfail {2}sim {7}the SIM asks for its PIN\n {16}→ add it to the modem URL: pin=1234;.*\n$/,
  );
});

test.each<[string, string[], string, string[], RegExp, RegExp]>([
  [
    'a PIN that is wrong',
    ['--pin', '4711'],
    '?pin=1234',
    [],
    /sim: .*did not take the PIN/,
    /three wrong ones/,
  ],
  [
    'a network that is not found',
    ['--cfun', '4', '--searching', '600000'],
    '',
    ['--wait', '0'],
    /network: .*still looks/,
    /antenna.*--wait 300/,
  ],
  ['a name that is not there', [], '', ['--name', 'no.invalid'], /dns: no\.invalid is not found/, /dns=/],
  ['an unknown dialect', [], '?dialect=nope', [], /dialect: unknown dialect nope/, /README/],
  ['an address family that is not given', ['--pdp', 'ip'], '?pdp=ipv6', [], /context: /, /pdp=/],
])('%s', async (_, options, parameters, flags, text, advice) => {
  const { url } = await startSim(...options);
  const { code, findings } = await examine(`${url}${parameters}`, ...flags);
  expect(code).toBe(1);
  const last = findings.at(-1);
  expect(findings.filter(({ level }) => level === 'fail')).toEqual([last]);
  expect(`${last?.check}: ${last?.text}`).toMatch(text);
  expect(last?.advice).toMatch(advice);
});

test('a SIM that is locked', async () => {
  const { url } = await startSim('--pin', '4711');
  for (let tries = 0; tries < 3; tries++) await run(['at', '-m', url, 'AT+CPIN="1234"']);
  const { code, findings } = await examine(`${url}?pin=4711`);
  expect(code).toBe(1);
  expect(findings.at(-1)).toMatchObject({ check: 'sim', text: expect.stringMatching(/locked/) });
});

test('the PIN is given, and the radio turned on', async () => {
  const { url } = await startSim('--pin', '4711', '--cfun', '4', '--searching', '100');
  const { code, findings, stderr } = await examine(`${url}?pin=4711`);
  expect(code).toBe(0);
  expect(stderr).toBe('atsock: waiting up to 60 s for the network\n');
  expect(findings.map(({ check }) => check)).toEqual([...WELL.slice(0, 3), 'radio', ...WELL.slice(3)]);
});

test('IPv6 alone without NAT64 is a warning, and no failure', async () => {
  const { url } = await startSim('--pdp', 'ipv6');
  const { code, findings } = await examine(url);
  expect(findings.filter(({ level }) => level !== 'ok')).toMatchObject([
    { check: 'families', level: 'warn' },
  ]);
  expect(code).toBe(0);
});

test('a bridge that is not there', async () => {
  const { code, findings } = await examine('tcp://127.0.0.1:1');
  expect(code).toBe(1);
  expect(findings).toMatchObject([{ check: 'line', text: expect.stringMatching(/nothing listens there/) }]);
});

test('a port that is not there', async () => {
  const { code, findings } = await examine('serial:/dev/no-such-port');
  expect(code).toBe(1);
  expect(findings).toMatchObject([{ check: 'port', level: 'fail' }]);
});

test('a port where nobody answers', async ({ skip }) => {
  const path = join(temporaryFolder(), 'silent');
  const socat = needProgram(skip, 'socat');
  // Keeps what it hears to itself.
  const silent = spawn(socat, ['-u', `pty,raw,echo=0,link=${path}`, 'open:/dev/null'], { stdio: 'ignore' });
  onTestFinished(() => void silent.kill('SIGKILL'));
  while (!existsSync(path)) await new Promise(resolve => setImmediate(resolve));
  const { code, findings } = await examine(`serial:${path}`);
  expect(code).toBe(1);
  expect(findings.at(-1)).toMatchObject({
    check: 'line',
    level: 'fail',
    text: expect.stringMatching(/no modem answers/),
    advice: expect.stringMatching(/baud=.*atsock list --probe/),
  });
});

test('the trace holds both examinations of the modem', async () => {
  const { url } = await startSim();
  const file = join(temporaryFolder(), 'trace.at');
  await run(['doctor', '-m', url, `--trace=${file}`]);
  expect(readFileSync(file, 'utf8').match(/AT\+CGMM/g)).toHaveLength(2);
});
