/** What a command makes of the lines of a reply. */
import type { Command, InfoLine } from '../../src/at/command.ts';
import { parseParams } from '../../src/at/params.ts';

/** The text behind the name is cut as the channel does. @param data behind each of the lines */
export function parse<T>(command: Command<T>, texts: readonly string[], data?: Buffer, disturbed = false): T {
  const info = texts.map(
    (text): InfoLine => ({
      text,
      params: parseParams(text.slice(text.indexOf(':') + 1)),
      ...(data && { data }),
    }),
  );
  return command.parse({ result: 'OK', info, disturbed });
}
