/** A command line as a person types it, for terminals and for programs that know their modem. */
import type { Command } from './command.ts';

/** What a person may wait for without saying how long: registration and contexts take up to 150 s (27.007). */
const PATIENCE_MS = 180_000;

/** Accepts the line with or without `AT`; its reply is the text of every information line. */
export function rawCommand(
  text: string,
  options: { payload?: Uint8Array; timeoutMs?: number } = {},
): Command<string[]> {
  const line = text.trim().replace(/^at/i, '');
  const names = line.match(/"[^"]*"|[+^*#%$!&][A-Za-z][\w-]*/g) ?? [];
  return {
    line,
    prefix: names.filter(name => !name.startsWith('"')).map(name => name.toUpperCase()),
    text: true,
    timeoutMs: options.timeoutMs ?? PATIENCE_MS,
    ...(options.payload && { payload: options.payload }),
    secret: /\+(CPIN|CLCK|CPWD|CGAUTH)=/i.test(line),
    finals: { ok: ['CONNECT'], failed: ['NO CARRIER', 'BUSY', 'NO ANSWER', 'NO DIALTONE', 'ABORTED'] },
    parse: ({ info }) => info.flatMap(({ text, data }) => (data ? [text, data.toString('latin1')] : [text])),
  };
}
