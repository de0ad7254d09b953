/** Doubtful points of sequans.md and known defects of that firmware, as named switches. */
import type { SwitchList } from '../switch-list.ts';

export const sequansSwitches = {
  // framing
  'unsolicited-cme-171': {
    does: '+CME ERROR: 171 after the last socket closed',
    source: 'sequans.md 1.4, EWF',
  },

  // rings
  'ring-when-empty': { does: 'rings only when nothing was waiting', source: 'sequans.md 3.9, Telit' },
  'ring-total': { does: 'the length in a ring is all that waits', source: 'sequans.md 3.9, TinyGSM' },
  'lost-ring': { does: 'about one ring in four is lost, by seed', source: 'sequans.md 5.3.24, pycom' },

  // receiving
  'recv-empty-error': { does: 'reading nothing is CME 4', source: 'sequans.md 3.8' },
  'recv-concatenates': { does: 'one read joins datagrams', source: 'sequans.md 3.8, question 2' },
  'recv-truncates': {
    does: 'the rest of a datagram is lost when it does not fit',
    source: 'sequans.md 3.8, question 2',
  },
  'recv-without-address': { does: 'no address although any remote may send', source: 'sequans.md 3.8' },
  'recv-unquoted-address': { does: 'the address comes without quotes', source: 'sequans.md 3.8, walter-py' },
  'recv-hex-counts-characters': {
    does: 'the length of hex data counts characters',
    source: 'sequans.md question 5',
  },
  'small-receive-buffer': { does: 'room for 3000 unread bytes in each socket', source: 'sequans.md 12' },

  // sending
  'first-prompt-refused': {
    does: 'the first send after a dial is CME 4 once',
    source: 'sequans.md 5.2.8, bench',
  },
  'send-buffer-full': {
    does: 'about one send in three is refused, by seed',
    source: 'sequans.md 5.2.9, toit',
  },
  'send-splits': {
    does: 'more than 1500 bytes are taken and cut',
    source: 'sequans.md 3.6, walter-esp-idf ef29490',
  },
  'sendext-quoted-address': { does: 'refuses an address without quotes', source: 'sequans.md 3.6' },
  'sendext-bare-address': { does: 'refuses an address in quotes', source: 'sequans.md 3.6, walter-py' },

  // opening and closing
  'ok-before-connected': {
    does: 'a TCP dial is OK at once, and in state 6 for a while',
    source: 'sequans.md 3.4, TinyGSM',
  },
  'first-dial-fails': { does: 'the first dial after boot is NO CARRIER', source: 'sequans.md 5.4.27' },
  'no-shared-local-port': { does: 'a local port in use is refused', source: 'sequans.md 12' },
  'close-echoed': { does: '+SQNSH also for a close by the host', source: 'sequans.md 3.5, ST' },
  'close-closed-error': { does: 'closing a closed id is CME 4', source: 'sequans.md 3.5' },
  'close-drops-data': { does: 'unread data is gone when the network closes', source: 'sequans.md 4' },
  'close-unannounced': { does: 'no +SQNSH when the network closes', source: 'sequans.md 5.4.36, Microchip' },
  'close-in-recv': {
    does: '+SQNSH comes between SQNSRECV and its reply',
    source: 'sequans.md 8.1, walter-arduino #109',
  },
  'callers-refused': {
    does: 'TCP callers are refused while no id listens, instead of waiting for one',
    source: 'sequans.md 3.12',
  },
  'listener-returns': { does: 'an accepted id listens again once closed', source: 'sequans.md 3.12, Telit' },
  'no-sqnsi': { does: 'AT+SQNSI is an ERROR', source: 'sequans.md 6, EWF gives it 200 ms' },

  // settings and network
  'nvram-ring-data': { does: 'every socket starts with srMode 2', source: 'sequans.md 5.3.19, toit' },
  'dns-unquoted': { does: '+SQNDNSLKUP without quotes', source: 'sequans.md 3.15, toit' },
  'dns-line-per-address': { does: 'one +SQNDNSLKUP line per address', source: 'sequans.md 3.15, Renesas' },
} as const satisfies SwitchList;
