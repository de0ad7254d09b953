/** `npm run docs`: every export has its sentence, and nothing that they refer to is missing. */
import { expect, test } from 'vitest';
import { ownCommand, runIn } from './installed.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

test('TypeDoc warns of nothing', async () => {
  expect(await runIn(ROOT, ownCommand('typedoc'), '--emit', 'none', '--logLevel', 'Warn')).toBe('');
}, 120_000);
