/** Commands for short messages in PDU mode, and the URCs that announce one (27.005 3 and 4). */
import { type Command, type InfoLine, read, set } from '../at/command.ts';
import type { UrcRule } from '../at/urc.ts';
import { number } from './number.ts';

/** The network's answer is in it; a card answers a list of hundreds at its own pace. */
export const SEND_MS = 120_000;
export const LIST_MS = 60_000;

/** In the order of `<stat>`. */
const STATES = ['unread', 'read', 'unsent', 'sent'] as const;

export interface StoredPdu {
  readonly index: number;
  readonly state: (typeof STATES)[number];
  /** Hexadecimal, with the service centre in front. */
  readonly pdu: string;
  /** How many the modem says they are, the service centre not counted. */
  readonly octets: number | undefined;
}

export interface Storage {
  readonly name: string;
  readonly used: number;
  readonly total: number;
}

export const pduMode = set('+CMGF', [0]);

/** Phase 2+: the modem lets us acknowledge, and tells of reports. */
export const messageService = set('+CSMS', [1], { prefix: '+CSMS', parse: () => {} });

/**
 * Messages and reports are stored and announced by their index: nothing is lost while nobody listens.
 * @param mode 2 keeps announcements while the line is busy, 1 throws them away
 * @param reports 2 stores them, 0 has none
 */
export const announceMessages = (mode: 1 | 2, reports: 0 | 2): Command =>
  set('+CNMI', [mode, 1, 0, reports, 0]);

/**
 * The message reference, which a status report repeats.
 * @param octets of the PDU behind the service centre
 */
export const sendPdu = (pdu: string, octets: number): Command<number> =>
  set('+CMGS', [octets], {
    prefix: '+CMGS',
    payload: Buffer.from(`${pdu}\x1a`, 'latin1'),
    openEnded: true,
    timeoutMs: SEND_MS,
    parse: ({ info }) => number(info[0]?.params[0]),
  });

/** All messages of the storage that reading goes to. */
export const listPdus = set('+CMGL', [4], {
  prefix: '+CMGL',
  text: true,
  secret: true,
  timeoutMs: LIST_MS,
  parse: ({ info }): StoredPdu[] =>
    info.flatMap((line, at) => {
      const pdu = pduIn(info[at + 1]);
      if (!line.text.startsWith('+CMGL') || pdu === undefined) return [];
      return [{ index: number(line.params[0]), state: stateOf(line, 1), pdu, octets: octetsIn(line, 3) }];
    }),
});

/** Undefined where nothing is stored: some modems then say OK and no more. */
export const readPdu = (index: number): Command<StoredPdu | undefined> =>
  set('+CMGR', [index], {
    prefix: '+CMGR',
    text: true,
    secret: true,
    parse: ({ info: [line, next] }) => {
      const pdu = pduIn(next);
      if (!line || pdu === undefined) return undefined;
      return { index, state: stateOf(line, 0), pdu, octets: octetsIn(line, 2) };
    },
  });

export const deletePdu = (index: number): Command => set('+CMGD', [index]);

/** The storage that is read, the one that is written, and the one where received messages go. */
export const readStorages = read('+CPMS', {
  parse: ({ info }): Storage[] => {
    const params = info[0]?.params ?? [];
    return [0, 3, 6]
      .filter(at => params[at] !== undefined)
      .map(at => ({ name: String(params[at]), used: number(params[at + 1]), total: number(params[at + 2]) }));
  },
});

/** One storage for all three. */
export const useStorage = (name: string): Command =>
  set('+CPMS', [name, name, name], { prefix: '+CPMS', parse: () => {} });

export interface Announced {
  readonly storage: string;
  readonly index: number;
}

const announced = (prefix: string): UrcRule<Announced> => ({
  prefix,
  parse: ([storage, index]) =>
    typeof storage === 'string' && typeof index === 'number' ? { storage, index } : undefined,
});

/** `+CMTI: "SM",3`: a message was stored. */
export const messageStored = announced('+CMTI');

/** `+CDSI: "SM",4`: a status report was stored. */
export const reportStored = announced('+CDSI');

const pduIn = (line: InfoLine | undefined): string | undefined =>
  line && /^(?:[\da-f]{2})+$/i.test(line.text) ? line.text : undefined;

function octetsIn({ params }: InfoLine, place: number): number | undefined {
  const octets = params[place];
  return typeof octets === 'number' ? octets : undefined;
}

const stateOf = ({ params }: InfoLine, place: number): StoredPdu['state'] =>
  STATES[number(params[place])] ?? 'read';
