/** From facts to findings: what a SIM, a signal, a registration and addresses mean, in plain words with the next step. */
import { isIPv4, isIPv6 } from 'node:net';
import type { AtError } from '../../at/at-error.ts';
import { cmeNumber } from '../../at/result-code.ts';
import type { Registration } from '../../driver/driver.ts';
import type { ModemStatus } from '../../modem-figures.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Weaker than this, modems still register, and then lose much. */
const WEAK_DBM = -105;

const COVERAGE = 'check the antenna and its plug, and try another place, higher up or at a window';

/** @param state what `+CPIN?` says, except that the SIM wants its PIN and has just got it */
export function judgeSim(state: string): Finding {
  if (state === 'READY') return ok('sim', 'the SIM is ready');
  if (state === 'SIM PIN')
    return fail(
      'sim',
      'the SIM asks for its PIN',
      'add it to the modem URL: pin=1234; it is tried once only',
    );
  if (state === 'SIM PUK')
    return fail(
      'sim',
      'the SIM is locked: a wrong PIN was given three times',
      'ask the operator for the PUK, and give it with a new PIN: atsock at \'AT+CPIN="PUK","PIN"\'; ten wrong ones destroy the card',
    );
  return fail('sim', `the SIM asks for ${state}`, 'ask whoever sold the SIM or the modem for this code');
}

/** @param error of `+CPIN?`; the numbers are those of 27.007 9.2 */
export function judgeSimError(error: AtError): Finding {
  switch (cmeNumber(error.value)) {
    case 10:
      return fail(
        'sim',
        'there is no SIM',
        'push the SIM in with its contacts to the right side, and restart the modem',
      );
    case 13:
    case 15:
      return fail('sim', 'the modem cannot read this SIM', 'clean its contacts, and try it in a phone');
    case 14:
      return fail('sim', 'the SIM is busy', 'ask again in half a minute');
    default:
      return fail('sim', `the SIM cannot be asked: ${error.message}`, 'take the SIM out and put it in again');
  }
}

export const judgeWrongPin = (): Finding =>
  fail(
    'sim',
    'the SIM did not take the PIN',
    'correct pin= in the modem URL before you try again: three wrong ones lock the SIM',
  );

/** @param rssiDbm undefined: the modem does not know */
export function judgeSignal(rssiDbm: number | undefined): Finding {
  if (rssiDbm === undefined) return warn('signal', 'the modem hears no signal', COVERAGE);
  if (rssiDbm < WEAK_DBM) return warn('signal', `the signal is weak: ${rssiDbm} dBm`, COVERAGE);
  return ok('signal', `the signal is good enough: ${rssiDbm} dBm`);
}

const UNREGISTERED: Readonly<Record<Exclude<Registration, 'home' | 'roaming'>, readonly [string, string]>> = {
  searching: [
    'the modem still looks for a network',
    `${COVERAGE}; the first search takes minutes (--wait 300); the SIM and the modem must share a technology and a band with the network`,
  ],
  denied: [
    'the network refuses this SIM',
    'ask the operator whether it is activated and paid, may roam here, and may use this technology (LTE-M, NB-IoT); a wrong APN can be the reason, too',
  ],
  none: [
    'the modem is not registered and does not look for a network',
    'let it choose by itself: atsock at AT+COPS=0',
  ],
  unknown: ['the modem does not know whether it is registered', `wait a minute and ask again; ${COVERAGE}`],
};

export function judgeRegistration(state: Registration): Finding {
  if (state === 'home' || state === 'roaming') return ok('network', `registered (${state})`);
  return fail('network', ...UNREGISTERED[state]);
}

export function judgeContext(apn: string | undefined, { addresses, nat64 }: ModemStatus): readonly Finding[] {
  const [has4, has6] = [addresses.some(isIPv4), addresses.some(isIPv6)];
  if (!has4 && !has6)
    return [
      fail(
        'context',
        'the network gives no address',
        'check the APN and the address family: apn=… and pdp=ip, ipv6 or ipv4v6',
      ),
    ];
  const via = apn ? ` over the APN ${apn}` : '';
  const found = ok('context', `${addresses.join(' and ')}${via}`);
  if (has4 || nat64 !== undefined) return [found];
  return [
    found,
    warn(
      'families',
      'there is IPv6 only, and no NAT64: hosts that have IPv4 only cannot be reached',
      'ask for IPv4 as well with pdp=ipv4v6, or use hosts with IPv6',
    ),
  ];
}
