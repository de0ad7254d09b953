/** The corpus of the fuzz tests: all that modems say in the dialogue files, as bytes. */
import { join } from 'node:path';
import type { Framing } from '../../src/at/framing.ts';
import { createFraming } from '../../src/dialects/quectel-qfwd/urcs.ts';
import { framing } from '../../src/dialects/sequans/urcs.ts';
import type { CommandSetName } from '../../src/sim/sim-switches.ts';
import { type Dialogue, loadDialogues } from '../dialogue/parser.ts';
import { writeOut } from '../dialogue/pattern.ts';

export interface Dialect {
  readonly name: CommandSetName;
  /** Fresh: that of QFWD learns from what it sees. */
  framing(): Framing;
  readonly dialogues: readonly Dialogue[];
}

const FOLDER = join(import.meta.dirname, '../dialogues');

const load = (...folders: string[]): Dialogue[] =>
  folders.flatMap(folder => loadDialogues(join(FOLDER, folder)));

export const DIALECTS: readonly Dialect[] = [
  {
    name: 'sequans',
    framing: () => framing(false),
    dialogues: load('generic', 'sequans', 'sequans/faulty', 'sequans/simulator'),
  },
  {
    name: 'quectel-qfwd',
    framing: createFraming,
    dialogues: load('quectel-qfwd', 'quectel-qfwd/faulty', 'quectel-qfwd/simulator'),
  },
];

/** What a modem says from one line of the host to the next. */
export interface Saying {
  /** undefined: before the host has said anything. */
  readonly to: string | undefined;
  readonly bytes: Buffer;
}

export function sayings({ steps }: Dialogue): Saying[] {
  const found: { to: string | undefined; parts: Buffer[] }[] = [{ to: undefined, parts: [] }];
  const values = new Map<string, string>();
  for (const step of steps) {
    if (step.kind !== 'bytes') continue;
    const bytes = writeOut(step.pattern, values);
    if (step.from === 'host') found.push({ to: bytes.toString('latin1'), parts: [] });
    else found.at(-1)?.parts.push(bytes);
  }
  return found.map(({ to, parts }) => ({ to, bytes: Buffer.concat(parts) }));
}

export const allSaid = (dialogue: Dialogue): Buffer =>
  Buffer.concat(sayings(dialogue).map(({ bytes }) => bytes));
