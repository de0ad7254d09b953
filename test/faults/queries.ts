/** Commands whose answers cannot be told apart by their form: whoever gets another one's answer is found out (I4). */
import type { Modem } from '../../src/index.ts';

const LINES = ['S3?', 'S4?', 'S5?', '+CGMM', '+CGMI', '+CFUN?', '+CPIN?'];
const TIMEOUT_MS = 5_000;

export interface Queries {
  /** Gives back what is wrong. */
  ask(index: number): Promise<string[]>;
}

/** The right answers are those that come while all is well. */
export async function createQueries(modem: Modem): Promise<Queries> {
  const right = new Map<string, string>();
  for (const line of LINES) right.set(line, await answer(modem, line));
  return {
    ask: async index => {
      const line = LINES[index % LINES.length] ?? '';
      const heard = await answer(modem, line);
      const others = [...right].filter(([other, text]) => text !== right.get(line) && other !== line);
      const owner = others.find(([, text]) => text !== '' && text === heard);
      return owner ? [`I4: AT${line} got ${JSON.stringify(heard)}, the answer to AT${owner[0]}`] : [];
    },
  };
}

const answer = (modem: Modem, line: string): Promise<string> =>
  modem.at.send(line, { timeoutMs: TIMEOUT_MS }).then(
    lines => lines.join('|'),
    () => '',
  );
