/** What the documentation lists is what there is: deviations and parameters. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseModemUrl } from '../../src/modem-url.ts';
import { simParameters } from '../../src/sim/index.ts';
import { deviations } from '../../src/sockets/deviations.ts';

const DOCS = new URL('../../docs/', import.meta.url).pathname;

// `npx vitest run test/docs/reference.test.ts -u` writes the page.
test('docs/deviations.md lists every deviation, and no other', async () => {
  const rows = deviations.map(({ module, what, why }) => `| \`${module}\` | ${what} | ${why} |\n`);
  const page = `# Where it differs from Node\n\n| module | what | why |\n|---|---|---|\n${rows.join('')}`;
  await expect(page).toMatchFileSnapshot(`${DOCS}deviations.md`);
});

test('docs/modem-url.md lists every parameter', () => {
  const page = readFileSync(`${DOCS}modem-url.md`, 'utf8');
  let message = '';
  try {
    parseModemUrl('tcp://127.0.0.1:1?x=1');
  } catch (error) {
    message = String(error);
  }
  const known = /known are (.*)$/.exec(message)?.[1]?.split(', ') ?? [];
  expect(known.length).toBeGreaterThan(5);
  for (const name of [...known, ...simParameters]) expect(page).toContain(`\`${name}\``);
});
