/** How programs share a modem with QFWD: whoever opens a socket chooses its id, so each chooses from numbers of its own (quectel-qfwd.md 1, 3.1). */
import type { Executor } from '../../at/channel.ts';
import type { Call } from '../../at/command-line.ts';
import { type Param, parseParams } from '../../at/params.ts';
import { ignoreRefusal } from '../../threegpp/failures.ts';
import type { Naming, OwnedUrc, Sharing } from '../sharing.ts';
import * as qfwd from './commands.ts';
import { createFraming } from './urcs.ts';

const SERVERS = ['+QFWDSEVER', '+QFWDSERVER'] as const;
const STATES = ['+QFWDSTATE', '+QFWDSSSTATE'];
const CLOSES = ['+QFWDCLOSE', '+QFWDSCLOSE'] as const;
const READS = ['+QFWDRECV', '+QFWDPRECV', '+QFWDACK'];
const OPENS: readonly string[] = ['+QFWDCLIENT', ...SERVERS];

/** Above those that the modem gives to callers (3.1). */
const RANGE = [100, 999] as const;

/** The number of a URC's connection, and for a caller its own (1.9). */
const CONNECTION = 1;
const CALLER = 2;

const use = (place: number, ...others: readonly number[]): Naming => ({
  does: 'use',
  place,
  replyPlaces: [place, ...others],
});

function naming({ name, form, text }: Call): Naming | undefined {
  if (form !== 'set') return undefined;
  // `<cid>,<id>` or `<id>,<apn>` (2.1).
  if (OPENS.includes(name))
    return { does: 'open', place: typeof parseParams(text)[1] === 'number' ? 1 : 0, replyPlaces: [0] };
  if (CLOSES.some(close => close === name)) return { does: 'close', place: 0, replyPlaces: [0] };
  if (STATES.includes(name)) return use(0, 1);
  if (name === '+QFWDCFG' && /^"urc",/i.test(text)) return use(1);
  return name === '+QFWDSEND' || READS.includes(name) ? use(0) : undefined;
}

function urc({
  name,
  params,
}: {
  readonly name: string;
  readonly params: readonly Param[];
}): OwnedUrc | undefined {
  const id = params[CONNECTION];
  if (name !== '+QFWDURC' || typeof id !== 'number') return undefined;
  const caller = /^client\s*\/\s*incoming$/i.test(String(params[0])) ? params[CALLER] : undefined;
  const own = { id, place: CONNECTION };
  return typeof caller === 'number' ? { ...own, brings: { id: caller, place: CALLER } } : own;
}

async function openIds(at: Executor): Promise<readonly number[]> {
  const clients = (await at.execute(qfwd.readClients).catch(ignoreRefusal)) ?? [];
  for (const name of SERVERS) {
    const servers = await at.execute(qfwd.readServers(name)).catch(ignoreRefusal);
    if (servers) return [...servers, ...clients.map(({ id }) => id)];
  }
  return clients.map(({ id }) => id);
}

async function close(at: Executor, id: number): Promise<void> {
  const [usual, other] = CLOSES;
  const refused = Symbol();
  const first = await at.execute(qfwd.close(usual, id)).catch(error => ignoreRefusal(error) ?? refused);
  if (first === refused) await at.execute(qfwd.close(other, id));
}

export const sharing: Sharing = {
  createFraming,
  payload: ({ name, form, text }) => {
    if (name !== '+QFWDSEND' || form !== 'set') return undefined;
    const length = text.split(',')[2];
    if (length === undefined) return 'text';
    // What one firmware reads as another number than the next has none: bytes too many would be commands.
    return /^[1-9]\d*$/.test(length) ? Number(length) : Number.NaN;
  },
  naming,
  list: ({ name, form }) => (form === 'read' && OPENS.includes(name) ? {} : undefined),
  encoding: () => undefined,
  leavesCommandMode: () => false,
  urc,
  urcNames: ['+QFWDURC'],
  replyNames: [...SERVERS, ...STATES, ...READS],
  ids: async () => ({ range: RANGE }),
  openIds,
  close,
};
