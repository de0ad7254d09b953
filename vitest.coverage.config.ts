/** `npm run coverage`: the suites that are fast and near the code; what only the long ones reach counts as not reached. */
import { type defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.ts';

const ALL = { lines: 100, branches: 100 };

export default mergeConfig(base as object, {
  test: {
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['src/**/*.ts'],
      // The command line and `--import atsock/register` run in processes of their own, which are not measured here.
      exclude: ['src/tools/**', 'src/register.ts', 'src/register/**'],
      reporter: ['text-summary', 'json', 'html'],
      thresholds: { lines: 95, 'src/at/**': ALL, 'src/driver/**': ALL, 'src/dialects/**': ALL },
    },
  },
} satisfies Parameters<typeof defineConfig>[0]);
