/** Doubtful points of the line, the network and V.250, as named switches: for every command set. */
import type { SwitchList } from './switch-list.ts';

export const sharedSwitches = {
  // framing
  'urc-no-leading-crlf': { does: 'no CR LF before an unsolicited line', source: 'sequans.md 1.3, EWF' },
  'urc-double-crlf': { does: 'two CR LF before an unsolicited line', source: 'sequans.md 1.3, EWF' },
  'nul-at-boot': { does: 'a NUL byte at boot and on a fresh line', source: 'sequans.md 1.1, Walter' },
  'no-s-registers': { does: 'ATS… is an ERROR', source: 'reliability.md 2.2' },
  'prompt-without-space': { does: 'the prompt is CR LF >', source: 'at-generic.md 4' },
  'prompt-without-crlf': { does: 'the prompt is > and a blank alone', source: 'at-generic.md 4' },
  'payload-echo': { does: 'with echo on the payload is echoed too', source: 'at-generic.md 2.1' },

  'abort-on-input': {
    does: 'whatever is heard while a command runs ends that command with ERROR',
    source: 'V.250 5.6.1',
  },

  // an unsolicited line in each gap of a dialogue where one is legal
  'urc-before-echo': { does: 'an unsolicited line before the echo', source: 'gammu #246' },
  'urc-before-reply': { does: 'one between echo and reply', source: 'at-generic.md 3.1' },
  'urc-between-lines': { does: 'one between two information lines', source: 'at-generic.md 3.1' },
  'urc-before-result': {
    does: 'one before the final result',
    source: 'at-generic.md 3.1, walter-arduino #109',
  },
  'urc-before-prompt': { does: 'one between command and prompt', source: 'sequans.md 3.6' },
  'urc-after-prompt': { does: 'one between prompt and payload', source: 'sequans.md 3.6, at-generic.md 4' },
  'urc-after-payload': { does: 'one between payload and OK', source: 'sequans.md 3.6' },

  // sockets
  'ipv6-dotted': {
    does: 'IPv6 in the socket commands as 16 dotted octets',
    source: 'sequans.md 7, quectel-qfwd.md 7.7',
  },
  'ipv6-bracketed': {
    does: 'IPv6 in the socket commands in brackets',
    source: 'sequans.md 7, quectel-qfwd.md 7.7',
  },
  'recv-short': {
    does: 'a TCP read ends where one arrival ended',
    source: 'sequans.md 3.8, quectel-qfwd.md 3.7',
  },

  // settings and network
  'no-dns64': {
    does: 'beside a NAT64 only ipv4only.arpa has an AAAA with its prefix, no other name',
    source: 'RFC 7050, RFC 6147',
  },
  'nvram-lost': { does: 'a restart loses the settings', source: 'sequans.md 4' },
  'random-restart': { does: 'about one command in a hundred reboots it, by seed', source: 'sequans.md 12' },
  'internet-on-cid-3': { does: 'the Internet PDN is cid 3', source: 'sequans.md 2.3, Verizon firmware' },
  'cgpaddr-colon': { does: 'IPv6 in +CGPADDR has colons from the start', source: 'sequans.md 2.3' },
} as const satisfies SwitchList;
