/** The suites that Stryker runs for each mutant. */
import { defineConfig } from 'vitest/config';
import { part } from './parts.mjs';

export default defineConfig({
  test: { include: part.suites, testTimeout: 120_000 },
});
