/** The storage of a modem where received messages are: what is in it, and one thing less (27.005 3.2.2, 4). */
import type { Executor } from '../at/channel.ts';
import { ignoreRefusal } from '../threegpp/failures.ts';
import {
  announceMessages,
  deletePdu,
  listPdus,
  messageService,
  pduMode,
  readPdu,
  readStorages,
  type StoredPdu,
  useStorage,
} from '../threegpp/sms-commands.ts';
import { type Entry, messageIn } from './entry.ts';
import { listAsText, readAsText } from './text-mode.ts';

export interface Listing {
  readonly entries: readonly Entry[];
  readonly used: number;
  readonly total: number;
}

/** What firmware takes, the best first. */
const ANNOUNCEMENTS = [
  announceMessages(2, 2),
  announceMessages(1, 2),
  announceMessages(2, 0),
  announceMessages(1, 0),
];

/** Asks the modem to store what comes, and to tell of it. Where it refuses, looking from time to time has to do. */
export async function announce(at: Executor): Promise<void> {
  await at.execute(messageService).catch(ignoreRefusal);
  for (const command of ANNOUNCEMENTS) if (await at.execute(command).then(() => true, ignoreRefusal)) return;
}

/** To be run as a transaction: format and storage are the modem's only ones, and others may want them otherwise. */
export async function readCard(at: Executor): Promise<Listing> {
  const hasPduMode = await at.execute(pduMode).then(() => true, ignoreRefusal);
  const [reading, , receiving = reading] = await at.execute(readStorages);
  if (receiving && reading?.name !== receiving.name) await at.execute(useStorage(receiving.name));
  const entries = hasPduMode ? await listPduEntries(at) : await listAsText(at);
  return { entries, used: receiving?.used ?? entries.length, total: receiving?.total ?? 0 };
}

/** To be run as a transaction. False: the place holds another message meanwhile, and nothing was deleted. */
export async function removeEntry(at: Executor, { place, raw }: Entry): Promise<boolean> {
  const hasPduMode = await at.execute(pduMode).then(() => true, ignoreRefusal);
  const found = hasPduMode
    ? (await at.execute(readPdu(place)).catch(ignoreRefusal))?.pdu
    : await readAsText(at, place).catch(ignoreRefusal);
  if (found !== raw) return false;
  await at.execute(deletePdu(place));
  return true;
}

async function listPduEntries(at: Executor): Promise<Entry[]> {
  const stored = (await at.execute(listPdus)).filter(({ state }) => state === 'unread' || state === 'read');
  const entries: Entry[] = [];
  for (const one of stored) {
    const pdu = hasLength(one) ? one.pdu : await readAgain(at, one);
    if (pdu !== undefined) entries.push({ place: one.index, raw: pdu, message: messageIn(pdu) });
  }
  return entries;
}

/** Octets were lost on the line, or the modem counts in its own way: then it says the same again. */
async function readAgain(at: Executor, first: StoredPdu): Promise<string | undefined> {
  const second = await at.execute(readPdu(first.index)).catch(ignoreRefusal);
  return second && (hasLength(second) || second.pdu === first.pdu) ? second.pdu : undefined;
}

function hasLength({ pdu, octets }: StoredPdu): boolean {
  const centreOctets = 1 + Number.parseInt(pdu.slice(0, 2), 16);
  return octets === undefined || pdu.length / 2 - centreOctets === octets;
}
