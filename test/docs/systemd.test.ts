/** The unit files of the documentation: systemd reads them without complaint and finds them hardened. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needProgram, temporaryFolder } from '../support/programs.ts';

const UNITS = new URL('../../docs/systemd/', import.meta.url).pathname;
/** On the scale of systemd-analyze, in tenths, which goes to 100. */
const MOST_EXPOSED = 20;

describe.each(readdirSync(UNITS))('%s', name => {
  /** A copy whose program exists here. */
  const unitFile = (): string => {
    const file = join(temporaryFolder(), name);
    writeFileSync(file, readFileSync(join(UNITS, name), 'utf8').replace('/usr/bin/atsock', process.execPath));
    return file;
  };

  test('systemd-analyze verify has nothing to say', ({ skip }) => {
    const analyze = needProgram(skip, 'systemd-analyze');
    const { status, stderr, stdout } = spawnSync(analyze, ['verify', '--man=no', unitFile()], {
      encoding: 'utf8',
    });
    const said = `${stdout}${stderr}`.split('\n').filter(line => line.includes(name));
    expect({ status, said }).toEqual({ status: 0, said: [] });
  });

  test(`systemd-analyze security: at most ${MOST_EXPOSED / 10}`, ({ skip }) => {
    const analyze = needProgram(skip, 'systemd-analyze');
    const args = ['security', '--offline=true', `--threshold=${MOST_EXPOSED}`, '--no-pager', unitFile()];
    const { status, stdout, stderr } = spawnSync(analyze, args, { encoding: 'utf8' });
    expect(status, `${stderr}${stdout}`).toBe(0);
  });
});
