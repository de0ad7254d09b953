/** Stryker: `ATSOCK_MUTATE=at npm run mutation`, or another part. The report is in `coverage/`. */
import { part } from './parts.mjs';

export default {
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.mjs', related: false },
  plugins: [
    '@stryker-mutator/vitest-runner',
    './test/mutation/ignore-messages.mjs',
    './test/mutation/one-share.mjs',
  ],
  ignorers: ['messages', 'share'],
  mutate: part.mutate,
  coverageAnalysis: 'perTest',
  // A mutant in a table or an expression that runs when the module is loaded would need every test of the part.
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 8_000,
  timeoutFactor: 1.2,
  tempDirName: `coverage/stryker-${part.name}`,
  reporters: ['clear-text', 'json', 'progress-append-only'],
  jsonReporter: { fileName: `coverage/mutation-${part.name}.json` },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
};
