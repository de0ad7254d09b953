/** Numbers of connections in lines: put in place of each other, and nothing else touched. */
import type { InfoLine } from '../at/index.ts';
import { parseParams } from '../at/params.ts';
import type { ClientIds } from './connection-ids.ts';

/** `+NAME: 1,5` with another number at `place`; blanks and quotes stay. */
export function renumber(line: string, place: number, number: number): string {
  const [, head = '', params = ''] = /^([^:]*:\s*)(.*)$/s.exec(line) ?? [];
  return `${head}${renumberParams(params, place, number)}`;
}

/** The same in what stands behind a name. */
export function renumberParams(params: string, place: number, number: number): string {
  let at = 0;
  let quoted = false;
  return params.replace(/"|,|[^",]+/g, part => {
    if (part === '"') quoted = !quoted;
    else if (part === ',' && !quoted) at++;
    else if (at === place && !quoted) return String(number);
    return part;
  });
}

/** In the lines of a reply to a command that names a connection. Those that the modem has accepted for it become the client's. */
export function renumberReply(
  info: readonly InfoLine[],
  places: readonly number[],
  ids: ClientIds,
  isCaller: (id: number) => boolean,
): InfoLine[] {
  return info.map(line => {
    let { text } = line;
    for (const place of places) {
      const id = line.params[place];
      if (typeof id !== 'number' || !/^[+^*#%$!&]/.test(text)) continue;
      const number = ids.number(id) ?? (isCaller(id) ? ids.adopt(id) : undefined);
      if (number !== undefined) text = renumber(text, place, number);
    }
    return { ...line, text };
  });
}

/** The client's own lines of a list with a line for each connection, and one for each that it does not have. */
export function ownLines(
  info: readonly InfoLine[],
  absent: string | undefined,
  ids: ClientIds,
  visible: readonly number[],
): InfoLine[] {
  const name = info[0]?.text.replace(/:.*/s, '') ?? '';
  const own = new Map<number, InfoLine>();
  for (const line of info) {
    const id = line.params[0];
    const number = typeof id === 'number' ? ids.number(id) : undefined;
    if (number !== undefined) own.set(number, { ...line, text: renumber(line.text, 0, number) });
  }
  if (absent === undefined || name === '') return [...own.values()];
  return visible.map(number => own.get(number) ?? absentLine(`${name}: ${number}${absent}`));
}

const absentLine = (text: string): InfoLine => ({ text, params: parseParams(text.replace(/^[^:]*:/, '')) });
