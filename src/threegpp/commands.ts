/** Commands that all modems share: identity, SIM, network, PDP context, signal (27.007). */
import { type Command, type InfoLine, read, set } from '../at/command.ts';
import type { Param } from '../at/params.ts';
import type { Registration } from '../driver/driver.ts';
import { type Address, parseAddress } from './address.ts';
import { number } from './number.ts';

/** Limits of Renesas' driver, the longest seen (sequans.md 6). */
const ATTACH_MS = 180_000;
const ACTIVATE_MS = 150_000;
const FUNCTIONALITY_MS = 15_000;
const RESET_MS = 15_000;

/** `+CGMI`, `+CGMM`, `+CGMR`, `+CGSN`: one line of text, on some modems behind the name. */
export function identify(name: '+CGMI' | '+CGMM' | '+CGMR' | '+CGSN'): Command<string> {
  return {
    line: name,
    prefix: name,
    text: true,
    parse: ({ info }) =>
      info
        .map(({ text }) => text.replace(/^\+CG\w+:\s*/, '').replace(/^"(.*)"$/, '$1'))
        .join(' ')
        .trim(),
  };
}

/** `+CFUN?`: 0 minimum, 1 full, 4 radio off. */
export const readFunctionality = read('+CFUN', { parse: ({ info }) => number(info[0]?.params[0]) });

export const setFunctionality = (level: 0 | 1 | 4): Command =>
  set('+CFUN', [level], { timeoutMs: FUNCTIONALITY_MS, parse: () => {} });

/** `+CPIN?`: what the SIM waits for: `READY`, `SIM PIN`, `SIM PUK` … */
export const readPinState = read('+CPIN', { parse: ({ info }) => String(info[0]?.params[0]) });

export const enterPin = (pin: string): Command =>
  set('+CPIN', [pin], { secret: true, timeoutMs: 10_000, parse: () => {} });

/** `+CPINR="SIM PIN"`: tries left, where the modem tells (27.007 8.65). */
export const readPinTries = set('+CPINR', ['SIM PIN'], {
  prefix: '+CPINR',
  parse: ({ info }) => number(info.find(({ params }) => params[0] === 'SIM PIN')?.params[1]),
});

/** The number of the SIM card, by the name that its vendor gave the command; empty where it makes no sense. */
export const identifyCard = (name: string): Command<string> => ({
  line: name,
  prefix: name,
  parse: ({ info }) => /\d{10,20}/.exec(info[0]?.text ?? '')?.[0] ?? '',
});

/** Restarts the modem: what was asked for is over when the boot line comes. */
export const restart = (line: string): Command => ({ line, timeoutMs: RESET_MS, parse: () => {} });

const REGISTRATIONS: Readonly<Record<number, Registration>> = {
  0: 'none',
  1: 'home',
  2: 'searching',
  3: 'denied',
  4: 'unknown',
  5: 'roaming',
  // Sequans: temporary loss of connection (sequans.md 2.2). The modem looks for the network.
  80: 'searching',
};

export const parseRegistration = (state: Param): Registration => REGISTRATIONS[number(state)] ?? 'unknown';

/** `+CEREG: 2,1,…` answers the question, `+CEREG: 1,"tac",…` is unsolicited: only the answer has two numbers. */
export const isRegistrationReply = (params: readonly Param[]): boolean => typeof params[1] === 'number';

export const readRegistration = read('+CEREG', {
  accepts: isRegistrationReply,
  parse: ({ info }) => ({
    reports: number(info[0]?.params[0]) > 0,
    registration: parseRegistration(info[0]?.params[1]),
  }),
});

export const reportRegistration = set('+CEREG', [1]);

export const readAttached = read('+CGATT', { parse: ({ info }) => info[0]?.params[0] === 1 });

export const attach = set('+CGATT', [1], { timeoutMs: ATTACH_MS, parse: () => {} });

export interface Context {
  readonly cid: number;
  /** `IP`, `IPV6`, `IPV4V6`. */
  readonly type: string;
  readonly apn: string;
}

export const readContexts = read('+CGDCONT', {
  parse: ({ info }): Context[] =>
    info.map(({ params: [cid, type, apn] }) => ({
      cid: number(cid),
      type: String(type ?? '').toUpperCase(),
      apn: String(apn ?? ''),
    })),
});

export const defineContext = ({ cid, type, apn }: Context): Command => set('+CGDCONT', [cid, type, apn]);

/** Identifiers of the active contexts. */
export const readActive = read('+CGACT', {
  parse: ({ info }) => info.filter(({ params }) => params[1] === 1).map(({ params }) => number(params[0])),
});

export const activate = (cid: number): Command =>
  set('+CGACT', [1, cid], { timeoutMs: ACTIVATE_MS, parse: () => {} });

/** IPv6 addresses in colon form; modems without it use dotted octets, which `parseAddress` reads too. */
export const colonAddresses = set('+CGPIAF', [1, 0, 1, 0]);

export const readAddresses = (cid: number): Command<Address[]> =>
  set('+CGPADDR', [cid], { prefix: '+CGPADDR', parse: ({ info }) => info.flatMap(addressesOf(cid)) });

const addressesOf =
  (cid: number) =>
  ({ params }: InfoLine): Address[] =>
    params[0] === cid ? params.slice(1).flatMap(param => parseAddress(String(param ?? '')) ?? []) : [];

/** Name servers that the network gave to a context (27.007 10.1.23 +CGCONTRDP). */
export const readNameServers = (cid: number): Command<string[]> =>
  set('+CGCONTRDP', [cid], {
    prefix: '+CGCONTRDP',
    parse: ({ info }) =>
      info.flatMap(({ params }) => {
        // Older modems give the mask a place of its own, between address and gateway.
        const first = /^(255\.|ffff)/i.test(String(params[4])) ? 6 : 5;
        return params
          .slice(first, first + 2)
          .flatMap(param => parseAddress(String(param ?? ''))?.address ?? []);
      }),
  });

/** `+CSQ`: signal strength in dBm; undefined while there is none (27.007 8.5). */
export const readSignal: Command<number | undefined> = {
  line: '+CSQ',
  prefix: '+CSQ',
  parse: ({ info }) => {
    const rssi = number(info[0]?.params[0]);
    return rssi <= 31 ? -113 + 2 * rssi : undefined;
  },
};
