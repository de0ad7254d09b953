/** gammu on a pseudo-terminal of the simulator: a program that knows nothing of us. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { startPty, TYPICAL } from './modems.ts';

describe.each(TYPICAL)('$name', ({ simOptions }) => {
  test('gammu identifies the simulator', { timeout: 60_000 }, async ({ skip }) => {
    const gammu = needProgram(skip, 'gammu');
    const device = new URL(await startPty(skip, simOptions)).pathname;
    const file = join(temporaryFolder(), 'gammurc');
    writeFileSync(file, `[gammu]\nport = ${device}\nconnection = at115200\n`);
    const { stdout } = await promisify(execFile)(gammu, ['-c', file, 'identify'], {
      timeout: 40_000,
      env: { LC_ALL: 'C', PATH: process.env.PATH },
    });
    expect(stdout).toMatch(/^Device +: /m);
    expect(stdout).toMatch(/^Manufacturer +: \S/m);
    expect(stdout).toMatch(/^IMEI +: \d{15}$/m);
  });
});
