/** People at the shared modem: Debian's telnet in both modes, plink, netcat and expect, while another client works. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, type TestContext, test } from 'vitest';
import { openShared, RawClient } from '../share/bench.ts';
import { needProgram, temporaryFolder } from '../support/programs.ts';

const DEADLINE_MS = 40_000;

/** Steps of a conversation by expect: `see` fails when the text does not come. */
const PRELUDE = `
set timeout 10
proc see {text} {
  expect {
    -ex $text {}
    timeout { puts stderr "did not come: $text"; exit 1 }
    eof { puts stderr "ended before: $text"; exit 2 }
  }
}
`;

interface Program {
  readonly name: string;
  readonly program: string;
  readonly args: (port: number) => readonly (string | number)[];
  /** Until it is ready for the first line. */
  readonly begin?: string;
  /** A command of telnet's own, told by its file: its escape character is not heard while the terminal changes its mode. */
  readonly telnetrc?: string;
  /** How a person ends a message: where the terminal edits lines, Ctrl-Z is quoted by Ctrl-V and has Enter behind it. */
  readonly message: readonly string[];
}

const AT_ONCE = ['send "hello\\x1a"'];
const QUOTED = ['send "hello\\x16\\x1a\\r"'];
/** In line mode it throws the line away, and says that Ctrl-Z was pressed; from then on it is in character mode. */
const TWICE = [...AT_ONCE, 'see "telnet has thrown away"', 'see "\\n> "', ...AT_ONCE];

const HOST = '127.0.0.1';
const PROGRAMS: readonly Program[] = [
  {
    name: 'telnet in line mode',
    program: 'telnet',
    args: port => [HOST, port],
    begin: 'see "Escape character"',
    message: TWICE,
  },
  {
    name: 'telnet that negotiates at once',
    program: 'telnet',
    args: port => ['--', HOST, `-${port}`],
    begin: 'see "shared"',
    message: AT_ONCE,
  },
  {
    name: 'telnet told "mode character"',
    program: 'telnet',
    args: port => [HOST, port],
    begin: 'see "shared"',
    telnetrc: 'mode character',
    // Its terminal goes on editing lines.
    message: QUOTED,
  },
  {
    name: 'plink, telnet',
    program: 'plink',
    args: port => ['-telnet', '-P', port, HOST],
    begin: 'see "shared"',
    message: AT_ONCE,
  },
  { name: 'plink, raw', program: 'plink', args: port => ['-raw', '-P', port, HOST], message: QUOTED },
  { name: 'netcat', program: 'nc', args: port => [HOST, port], message: QUOTED },
];

/** What the modem heard besides the other client's command, and what the network got. */
async function converse(
  skip: TestContext['skip'],
  { program, args, begin = '', telnetrc = '' }: Program,
  steps: readonly string[],
): Promise<{ readonly lines: readonly string[]; readonly messages: readonly string[] }> {
  const expectProgram = needProgram(skip, 'expect');
  const path = needProgram(skip, program);
  const { sim, port } = await openShared({}, { greeting: 'a modem, shared\r\n' });
  const before = sim.received.length;
  const home = temporaryFolder();
  writeFileSync(join(home, '.telnetrc'), telnetrc && `DEFAULT ${telnetrc}\n`);
  const script = [PRELUDE, `spawn ${[path, ...args(port)].join(' ')}`, begin, ...steps, 'close', 'wait'];
  let done = false;
  const talk = promisify(execFile)(expectProgram, ['-c', script.join('\n')], {
    env: { ...process.env, HOME: home },
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  }).finally(() => {
    done = true;
  });
  talk.catch(() => {});
  const other = new RawClient(port);
  while (!done) expect(await other.ask('AT+CGMM')).toBe('\r\nGM02S\r\n\r\nOK\r\n');
  await talk;
  expect(await other.ask('AT+CGMM')).toBe('\r\nGM02S\r\n\r\nOK\r\n');
  const lines = sim.received.slice(before).filter(line => line !== 'AT+CGMM');
  return { lines, messages: sim.sms.sent.map(({ text }) => text) };
}

describe.each(PROGRAMS)('$name', program => {
  const asked = 'AT+CMGF=1;+CMGS="+12025550111"';
  const toPrompt = [`send {${asked}}`, 'send "\\r"', 'see "\\n> "'];

  test('ATI, with a typing error mended', { timeout: DEADLINE_MS }, async ({ skip }) => {
    const steps = ['send "ATX\\x7fI\\r"', 'see "GM02S"', 'see "OK"'];
    expect(await converse(skip, program, steps)).toEqual({ lines: ['ATI'], messages: [] });
  });

  test('a message at the prompt, and a command behind it', { timeout: DEADLINE_MS }, async ({ skip }) => {
    const steps = [
      ...toPrompt,
      ...program.message,
      'see "+CMGS: 0"',
      'see "OK"',
      'send "ATI\\r"',
      'see "GM02S"',
    ];
    const { lines, messages } = await converse(skip, program, steps);
    expect(lines).toEqual([asked, 'ATI']);
    expect(messages).toEqual(['hello']);
  });

  test('leaves in the middle of a message', { timeout: DEADLINE_MS }, async ({ skip }) => {
    const steps = [...toPrompt, 'send "half a mess"'];
    expect(await converse(skip, program, steps)).toEqual({ lines: [], messages: [] });
  });
});

test('telnet in character mode: history, and Ctrl-C', { timeout: DEADLINE_MS }, async ({ skip }) => {
  const [, negotiating] = PROGRAMS;
  if (!negotiating) throw new Error('the table has no such program');
  const { lines } = await converse(skip, negotiating, [
    'send "ATI\\r"',
    'see "OK"',
    'send "AT+CFUN=0\\x03\\x1b\\[A\\r"',
    'see "GM02S"',
  ]);
  expect(lines).toEqual(['ATI', 'ATI']);
});
