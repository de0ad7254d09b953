/** The list of deviations and the suite that skips by it name the same things. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { deviations } from '../../../src/sockets/deviations.ts';

const SUITES = new URL('../../conformance/', import.meta.url);

test('ids are unique, texts are sentences', () => {
  const ids = deviations.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { what, why } of deviations) for (const text of [what, why]) expect(text).toMatch(/^\S.*\.$/);
});

test('the suites skip only by what is listed', () => {
  const sources = readdirSync(SUITES).map(file => readFileSync(new URL(file, SUITES), 'utf8'));
  const used = sources.flatMap(source => [...source.matchAll(/(?:unless|deviations\.has)\('([\w-]+)'\)/g)]);
  const ids = deviations.map(({ id }) => id);
  expect(used.length).toBeGreaterThan(0);
  for (const [, id] of used) expect(ids).toContain(id);
});
