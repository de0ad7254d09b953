/** `--trace FILE.html`: the page, as a browser sees it. */
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { run } from './run-cli.ts';

const BROWSER_MS = 60_000;

test('it is one file for its owner, with all lanes', async () => {
  const file = join(temporaryFolder(), 'trace.html');
  expect(await run(['demo', `--trace=${file}`])).toMatchObject({ code: 0 });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const html = await readFile(file, 'utf8');
  for (const lane of ['program', 'library', 'modem', 'network'])
    expect(html).toContain(`data-lane="${lane}"`);
});

test('a browser shows it without a script error', { timeout: 2 * BROWSER_MS }, async ({ skip }) => {
  const chromium = needProgram(skip, 'chromium');
  const folder = temporaryFolder();
  const file = join(folder, 'trace.html');
  await run(['demo', `--trace=${file}`]);
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    `--user-data-dir=${folder}`,
    '--enable-logging=stderr',
  ];
  const { stdout, stderr } = await promisify(execFile)(chromium, [...args, '--dump-dom', `file://${file}`], {
    timeout: BROWSER_MS,
    maxBuffer: 16 * 2 ** 20,
  });
  expect(stdout.match(/class="lane"/g)).toHaveLength(4);
  expect(stdout.match(/<g class="step/g)?.length).toBeGreaterThan(100);
  expect(stderr).not.toMatch(/CONSOLE|Uncaught/);
});

test('on standard error: since when, who, and payload by its size', async () => {
  const { stderr } = await run(['demo', '--trace']);
  expect(stderr).toMatch(/^ +\d+\.\d{3} > {2}AT\+CGMM$/m);
  expect(stderr).toMatch(/^ +\d+\.\d{3} >> .{48}… \(256 bytes\)$/m);
});
