/** Which command runs when something passes on the line. */
import type { CommandSpan, Step } from './events.ts';

/**
 * Commands run one at a time, and so both lists are walked once: ask for steps in their order. What is written when
 * one ends and the next begins belongs to the next.
 */
export function runningAt(commands: readonly CommandSpan[]): (step: Step) => CommandSpan | undefined {
  let next = 0;
  const isOver = ({ endedAt }: CommandSpan, { at, to }: Step): boolean =>
    endedAt < at || (endedAt === at && to === 'modem');
  return step => {
    let command = commands[next];
    while (command && isOver(command, step)) command = commands[++next];
    return command && command.writtenAt <= step.at ? command : undefined;
  };
}

export const isOnLine = ({ from, to }: Step): boolean =>
  (from === 'library' && to === 'modem') || (from === 'modem' && to === 'library');
