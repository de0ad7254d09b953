/** The shared modem as a serial port: gammu, which knows nothing of us, beside a client that talks all the time. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import type { Role } from '../../src/share/policy.ts';
import { openPty } from '../../src/transport/pty.ts';
import { openShared, RawClient, type SharedBench } from '../share/bench.ts';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { TYPICAL } from './modems.ts';

const DEADLINE_MS = 60_000;

async function openPort(skip: TestContext['skip'], { server }: SharedBench): Promise<string> {
  needProgram(skip, 'socat');
  const link = join(temporaryFolder(), 'port');
  const pty = await openPty({ open: async () => server.connect(link, 'port') }, link);
  onTestFinished(() => pty.close());
  return link;
}

describe.each(TYPICAL)('$name', ({ simOptions }) => {
  test('gammu identifies the modem, sends a message and reads one', {
    timeout: 2 * DEADLINE_MS,
  }, async ({ skip }) => {
    const gammu = needProgram(skip, 'gammu');
    const roles = new Set<Role>(['read', 'socket', 'sms']);
    const bench = await openShared(simOptions, { roles });
    const file = join(temporaryFolder(), 'gammurc');
    writeFileSync(file, `[gammu]\nport = ${await openPort(skip, bench)}\nconnection = at115200\n`);
    let done = false;
    const say = async (...args: string[]): Promise<string> => {
      const { stdout } = await promisify(execFile)(gammu, ['-c', file, ...args], {
        timeout: DEADLINE_MS,
        env: { LC_ALL: 'C', PATH: process.env.PATH },
      });
      return stdout;
    };
    const talk = (async () => {
      const identity = await say('identify');
      await say('sendsms', 'TEXT', '+12025550111', '-text', 'hello from gammu');
      bench.sim.sms.deliver({ from: '+12025550122', text: 'hello gammu' });
      return { identity, messages: await say('getallsms') };
    })().finally(() => {
      done = true;
    });
    talk.catch(() => {});
    const other = new RawClient(bench.port).say('URC none\r');
    await other.hear(/OK\r\n/);
    const manufacturer = await other.ask('AT+CGMI');
    while (!done) expect(await other.ask('AT+CGMI')).toBe(manufacturer);
    const { identity, messages } = await talk;
    expect(identity).toMatch(/^Manufacturer +: \S/m);
    expect(identity).toMatch(/^IMEI +: \d{15}$/m);
    expect(bench.sim.sms.sent).toMatchObject([{ to: '+12025550111', text: 'hello from gammu' }]);
    expect(messages).toContain('hello gammu');
  });
});

test('a message that a program leaves half written is not what the next one says', async () => {
  const bench = await openShared();
  const port = bench.server.connect('port', 'port').setEncoding('latin1');
  const hears = async (pattern: RegExp): Promise<void> => {
    let heard = '';
    for await (const text of port.iterator({ destroyOnReturn: false })) {
      heard += text;
      if (pattern.test(heard)) return;
    }
  };
  port.write('AT+CMGF=1;+CMGS="+12025550111"\r');
  await hears(/> $/);
  port.write('half a mess');
  // As programs begin that may find a prompt: gammu is one.
  port.write('\x1b\rAT+CGMM\r');
  await hears(/OK\r\n.*GM02S\r\n\r\nOK\r\n$/s);
  expect(bench.sim.sms.sent).toEqual([]);
});
