/** From a client's command line to a command of the channel: whose lines its reply is made of, and how long it may take. */

import type { Call } from '../at/command-line.ts';
import { formatCalls } from '../at/command-line.ts';
import type { Command, Reply } from '../at/index.ts';
import { rawCommand } from '../at/index.ts';
import type { PayloadSize, Sharing } from '../dialects/sharing.ts';

/** What may take long: the network, the card, or a peer is asked (27.007, 27.005, sequans.md 3.4). */
const SLOW =
  /^\+(COPS|CFUN|CGATT|CGACT|CPIN|CLCK|CPWD|CMGS|CMSS|CMGL|CMGD|CUSD|CNMA|CSCA|SQNSD|SQNSA|SQNDNSLKUP|QFWDCLIENT|QFWDSEVER|QFWDSERVER|QPING|PING)$/;
const SLOW_MS = 180_000;
const USUAL_MS = 30_000;

/** Their URC has the name of the reply, but says only the state (27.007 10.1.22). */
const REGISTRATION = /^\+C[EG]?REG$/;

/** Without a known dialect: what 27.005 says of prompts. `+CMGW` needs no address, and `+CNMA=0` has nothing to say. */
const TEXT_PROMPTS = /^\+(CMGS=.*|CMGW(=.*)?|CMGC=.*|CNMA=[12],.*)$/s;

/** undefined: it has no prompt. */
export function payloadSize(
  call: Call,
  sharing: Sharing | undefined,
  isHex: (id: number) => boolean,
): PayloadSize | undefined {
  if (TEXT_PROMPTS.test(formatCalls([call]))) return 'text';
  return sharing?.payload(call, isHex);
}

/** Several calls in one line. Only the last may have a payload. */
export function lineCommand(
  calls: readonly Call[],
  sharing: Sharing | undefined,
  payload: { readonly bytes: Uint8Array; readonly openEnded: boolean } | undefined,
): Command<Reply> {
  const line = formatCalls(calls);
  const { prefix, ...raw } = rawCommand(line, {
    ...(payload && { payload: payload.bytes }),
    timeoutMs: calls.some(({ name }) => SLOW.test(name)) ? SLOW_MS : USUAL_MS,
  });
  const names = calls.map(({ name }) => name).filter(name => !sharing?.urcNames.includes(name));
  const replyNames = names.some(name => sharing?.replyNames.includes(name)) ? sharing?.replyNames : undefined;
  const isQuery = calls.every(({ name, form }) => REGISTRATION.test(name) && form === 'read');
  return {
    ...raw,
    // What went wrong is logged, and its parameters may be a PIN or a number (S9).
    secret: true,
    prefix: [...names, ...(replyNames ?? [])],
    ...(payload?.openEnded && { openEnded: true }),
    ...(isQuery && { accepts: params => params.length > 1 }),
    parse: reply => reply,
  };
}
