/** The parts that are mutated one at a time, each with the suites that know it best: fast ones, near the code. */

const OF_DIALECTS = [
  'test/dialogues/driver.test.ts',
  'test/share/connections.test.ts',
  'test/share/policy.test.ts',
  'test/share/clients.test.ts',
];

const PARTS = {
  at: { mutate: ['src/at/**/*.ts'], suites: ['test/unit/at/**/*.test.ts', 'test/dialogues/channel.test.ts'] },
  driver: { mutate: ['src/driver/**/*.ts'], suites: ['test/unit/driver/**/*.test.ts'] },
  sequans: {
    mutate: ['src/dialects/sequans/**/*.ts'],
    suites: ['test/unit/dialects/sequans/**/*.test.ts', ...OF_DIALECTS],
  },
  'quectel-qfwd': {
    mutate: ['src/dialects/quectel-qfwd/**/*.ts'],
    suites: ['test/unit/dialects/quectel-qfwd/**/*.test.ts', ...OF_DIALECTS],
  },
};

const name = process.env.ATSOCK_MUTATE ?? '';

if (!(name in PARTS)) {
  throw new Error(`ATSOCK_MUTATE=${name}: say which part, of ${Object.keys(PARTS).join(', ')}`);
}

/** The one that `ATSOCK_MUTATE` names: Stryker's own processes see no other option of ours. */
export const part = { name, ...PARTS[/** @type {keyof typeof PARTS} */ (name)] };
