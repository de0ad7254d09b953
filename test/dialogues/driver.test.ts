/** The driver run: each dialogue is the modem of a real driver, and a script says what is asked of that driver. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Dialogue, loadDialogue } from '../dialogue/parser.ts';
import { describeSlicing, type Slicing } from '../dialogue/slices.ts';
import { quectelScripts } from './quectel-qfwd-scripts.ts';
import type { Script } from './script.ts';
import { sequansScripts } from './sequans-scripts.ts';
import { Stage } from './stage.ts';
import { type Asides, quectelAsides, sequansAsides } from './standing-answers.ts';

interface Run {
  readonly dialect: string;
  readonly scripts: Readonly<Record<string, Script>>;
  asides(dialogue: Dialogue): Asides;
}

const RUNS: readonly Run[] = [
  { dialect: 'sequans', scripts: sequansScripts, asides: () => sequansAsides },
  {
    dialect: 'quectel-qfwd',
    scripts: quectelScripts,
    asides: ({ needs }) => quectelAsides(needs.get('profile') ?? 'table'),
  },
];

const ALL_SLICINGS: readonly Slicing[] = ['whole', 'bytes', { seed: 1 }, { seed: 2 }];
/** What lives through two does not die of five, and each mutant costs all of them. */
const SLICINGS = ALL_SLICINGS.slice(0, process.env.STRYKER_MUTATOR_WORKER ? 2 : undefined);

const pathOf = (dialect: string, file: string): string => join(import.meta.dirname, dialect, file);

describe.each(RUNS)('$dialect', ({ dialect, scripts, asides }) => {
  describe.each(Object.entries(scripts))('%s', (file, { run, ...options }) => {
    it.each(SLICINGS.map(slicing => [describeSlicing(slicing), slicing] as const))(
      '%s',
      async (_, slicing) => {
        const dialogue = loadDialogue(pathOf(dialect, file));
        const stage = await Stage.open(dialogue, { ...options, dialect, slicing, asides: asides(dialogue) });
        try {
          await Promise.race([run(stage), stage.failed]);
          await stage.finish();
        } finally {
          await stage.close();
        }
      },
    );
  });

  it('every script has its dialogue', () => {
    expect(Object.keys(scripts).filter(file => !existsSync(pathOf(dialect, file)))).toEqual([]);
  });
});
