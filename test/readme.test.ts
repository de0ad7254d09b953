/** The README tells the truth: deviations, parameters, switches, and code that parses. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { parseModemUrl } from '../src/modem-url.ts';
import { simParameters } from '../src/sim/index.ts';
import { deviations } from '../src/sockets/deviations.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const section = (title: string): string => readme.split(/^## /m).find(text => text.startsWith(title)) ?? '';

test('lists every deviation, and no other', () => {
  const rows = section('Where it differs')
    .split('\n')
    .filter(line => line.startsWith('| `'));
  expect(rows).toEqual(deviations.map(({ module, what, why }) => `| \`${module}\` | ${what} | ${why} |`));
});

test('lists every parameter of the modem URL', () => {
  let message = '';
  try {
    parseModemUrl('tcp://127.0.0.1:1?x=1');
  } catch (error) {
    message = String(error);
  }
  const known = /known are (.*)$/.exec(message)?.[1]?.split(', ') ?? [];
  expect(known.length).toBeGreaterThan(5);
  for (const name of known) expect(section('A real modem')).toContain(`\`${name}\``);
  for (const name of simParameters) expect(section('A real modem')).toContain(`\`${name}\``);
});

test('its code parses', () => {
  const blocks = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  expect(blocks.length).toBeGreaterThan(1);
  for (const code of blocks) {
    const { diagnostics = [] } = ts.transpileModule(code, { reportDiagnostics: true });
    expect(diagnostics.map(({ messageText }) => messageText)).toEqual([]);
  }
});
