/** Debian's telnet in both modes, plink, netcat and expect, at a server that takes command lines. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, type TestContext, test } from 'vitest';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { within } from '../tools/run-cli.ts';
import { openLineServer } from './line-server.ts';
import type { To } from './sockets.ts';

const DEADLINE_MS = 25_000;

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
  readonly args: (to: To) => readonly string[];
  /** Until it is ready for the first line. */
  readonly begin?: string;
  /** A command of telnet's own, told by its file: its escape character is not heard while the terminal changes its mode. */
  readonly telnetrc?: string;
  /** How a person types Ctrl-Z: where the terminal edits lines, quoted by Ctrl-V and with Enter behind it. */
  readonly ctrlZ?: string;
}

const TYPED = '\\x1a';
const QUOTED = '\\x16\\x1a\\r';

const PROGRAMS: readonly Program[] = [
  {
    name: 'telnet in line mode',
    program: 'telnet',
    args: ({ address, port }) => [address, String(port)],
    begin: 'see "Escape character"',
  },
  {
    name: 'telnet that negotiates at once',
    program: 'telnet',
    args: ({ address, port }) => ['--', address, `-${port}`],
    begin: 'see "shared"',
    ctrlZ: TYPED,
  },
  {
    name: 'telnet told "mode character"',
    program: 'telnet',
    args: ({ address, port }) => [address, String(port)],
    begin: 'see "shared"',
    telnetrc: 'mode character',
  },
  {
    name: 'plink, telnet',
    program: 'plink',
    args: ({ address, port }) => ['-telnet', '-P', String(port), address],
    begin: 'see "shared"',
    ctrlZ: TYPED,
  },
  {
    name: 'plink, raw',
    program: 'plink',
    args: ({ address, port }) => ['-raw', '-P', String(port), address],
    ctrlZ: QUOTED,
  },
  {
    name: 'netcat',
    program: 'nc',
    args: ({ address, port }) => [address, String(port)],
    ctrlZ: QUOTED,
  },
];

async function converse(
  skip: TestContext['skip'],
  { program, args, begin = '', telnetrc = '' }: Program,
  steps: readonly string[],
): Promise<Awaited<ReturnType<typeof openLineServer>>> {
  const expectProgram = needProgram(skip, 'expect');
  const path = needProgram(skip, program);
  const server = await openLineServer();
  const left = server.nextToLeave();
  const script = [PRELUDE, `spawn ${[path, ...args(server.to)].join(' ')}`, begin, ...steps, 'close', 'wait'];
  const home = temporaryFolder();
  writeFileSync(join(home, '.telnetrc'), telnetrc && `DEFAULT ${telnetrc}\n`);
  await promisify(execFile)(expectProgram, ['-c', script.join('\n')], {
    env: { ...process.env, HOME: home },
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  await within(DEADLINE_MS, 'the client leaves', left);
  return server;
}

describe.each(PROGRAMS)('$name', program => {
  const toPrompt = ['send "AT+CMGS=\\"123\\"\\r"', 'see "\\n> "'];

  test('ATI, with a typing error mended', { timeout: DEADLINE_MS }, async ({ skip }) => {
    const steps = ['send "ATX\\x7fI\\r"', 'see "atsock line server"', 'see "OK"'];
    const { lines } = await converse(skip, program, steps);
    expect(lines).toEqual(['ATI']);
  });

  // Not yet for telnet in line mode, which makes IAC SUSP of Ctrl-Z, quoted or not, and has sent no IAC before.
  test.skipIf(!program.ctrlZ)(
    'a message at the prompt, and a command behind it',
    { timeout: DEADLINE_MS },
    async ({ skip }) => {
      const steps = [
        ...toPrompt,
        `send "hello${program.ctrlZ}"`,
        'see "+CMGS: 1"',
        'see "OK"',
        'send "ATI\\r"',
        'see "atsock line server"',
      ];
      const { lines, messages } = await converse(skip, program, steps);
      expect(lines).toEqual(['AT+CMGS="123"', 'ATI']);
      expect(messages).toEqual(['hello\x1a']);
    },
  );

  test('leaves in the middle of a message', { timeout: DEADLINE_MS }, async ({ skip }) => {
    const { lines, messages } = await converse(skip, program, [...toPrompt, 'send "half a mess"']);
    expect(lines).toEqual(['AT+CMGS="123"']);
    expect(messages).toHaveLength(1);
    expect('half a mess').toContain(messages[0]);
  });
});

test('telnet in character mode: history, and Ctrl-C', { timeout: DEADLINE_MS }, async ({ skip }) => {
  const [, negotiating] = PROGRAMS;
  if (!negotiating) throw new Error('the table has no such program');
  const { lines } = await converse(skip, negotiating, [
    'send "ATI\\r"',
    'see "OK"',
    'send "AT+CFUN=0\\x03\\x1b\\[A\\r"',
    'see "atsock line server"',
  ]);
  expect(lines).toEqual(['ATI', 'ATI']);
});
