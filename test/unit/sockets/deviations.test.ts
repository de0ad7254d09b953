/** The list of deviations and the tests name the same things. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { deviations } from '../../../src/sockets/deviations.ts';

const TESTS = new URL('../../', import.meta.url);

const ids = deviations.map(({ id }) => id);
const sources = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => readFileSync(new URL(file, TESTS), 'utf8'));

const named = (pattern: RegExp): string[] =>
  sources.flatMap(source => [...source.matchAll(pattern)].map(([, id = '']) => id));

/** The suites of conformance have a word for it, other tests have it at the end of their titles. */
const shown = [...named(/\.deviation\('([\w-]+)'\)/g), ...named(/\(deviation ([\w-]+)\)['"`],/g)];
const skipped = named(/\.unless\('([\w-]+)'\)/g);

test('ids are unique, texts are sentences', () => {
  expect(new Set(ids).size).toBe(ids.length);
  for (const { what, why } of deviations) for (const text of [what, why]) expect(text).toMatch(/^\S.*\.$/);
});

test('each is shown by a test', () => {
  expect(ids.filter(id => !shown.includes(id))).toEqual([]);
});

test('tests name no others', () => {
  expect(skipped.length).toBeGreaterThan(0);
  expect([...shown, ...skipped].filter(id => !ids.includes(id))).toEqual([]);
});
