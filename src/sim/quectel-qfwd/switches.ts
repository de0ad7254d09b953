/** Doubtful points of quectel-qfwd.md as named switches; those of one kind given together are all known. */
import type { SwitchList } from '../switch-list.ts';

export const qfwdSwitches = {
  // spellings, in place of the profile's
  qfwdsever: { does: 'the server command is QFWDSEVER', source: 'quectel-qfwd.md 2 row 1' },
  qfwdserver: { does: 'the server command is QFWDSERVER', source: 'quectel-qfwd.md 2 row 1, EG25 list' },
  qfwdstate: { does: 'the state command is QFWDSTATE', source: 'quectel-qfwd.md 2 row 2' },
  qfwdssstate: { does: 'the state command is QFWDSSSTATE', source: 'quectel-qfwd.md 2 row 2' },
  qfwdclose: { does: 'the close command is QFWDCLOSE', source: 'quectel-qfwd.md 2 row 3' },
  qfwdsclose: { does: 'the close command is QFWDSCLOSE', source: 'quectel-qfwd.md 2 row 3' },
  'read-by-recv': { does: 'data are read by QFWDRECV', source: 'quectel-qfwd.md 2 row 4' },
  'read-by-ack': { does: 'data are read by QFWDACK with a length', source: 'quectel-qfwd.md 2 row 4' },
  'server-args-table': { does: 'a server is opened as in the table', source: 'quectel-qfwd.md 2 row 6' },
  'server-args-example': {
    does: 'a server is opened as in the example, with an APN',
    source: 'quectel-qfwd.md 2 row 6',
  },
  'test-forms-refused': { does: 'AT+QFWD…=? is an ERROR', source: 'quectel-qfwd.md 4.4' },
  'recv-test-corrected': {
    does: 'the test reply of QFWDRECV has no P too many',
    source: 'quectel-qfwd.md 2 row 5',
  },

  // arguments
  'tail-required': {
    does: 'idle_timeout and urc_port may not be left out',
    source: 'quectel-qfwd.md 2 row 7',
  },
  'tail-refused': { does: 'idle_timeout and urc_port are not known', source: 'quectel-qfwd.md 2 row 7' },
  'case-sensitive': {
    does: 'words only as the test replies spell them',
    source: 'quectel-qfwd.md 2 rows 8 to 10',
  },
  'quotes-required': {
    does: 'words and addresses only in quotes, with profile=lenient too',
    source: 'quectel-qfwd.md 2 row 8',
  },
  'quotes-optional': {
    does: 'words and addresses without quotes too',
    source: 'quectel-qfwd.md 2 rows 8 to 10',
  },

  // receiving
  'recv-comma-crlf': { does: 'data are behind a comma, CR, LF', source: 'quectel-qfwd.md 2 row 12' },
  'recv-comma-crlf-comma': {
    does: 'data are behind a comma, CR, LF, a comma',
    source: 'quectel-qfwd.md 2.2',
  },
  'recv-comma-cr-comma-lf': {
    does: 'data are behind a comma, CR, a comma, LF, a comma',
    source: 'quectel-qfwd.md 2 row 12',
  },
  'recv-zero-empty-line': {
    does: 'reading nothing has an empty data line',
    source: 'quectel-qfwd.md 2.2',
  },
  'udp-glue': { does: 'one read joins datagrams', source: 'quectel-qfwd.md 3.4' },
  'oversize-truncate': {
    does: 'the rest of a datagram is lost when it does not fit into one read',
    source: 'quectel-qfwd.md 3.4',
  },
  'read-urc-per-segment': { does: '"client/read" for each arrival', source: 'quectel-qfwd.md 3.7' },
  'read-urc-none': { does: 'never a "client/read"', source: 'quectel-qfwd.md 5' },
  'lost-read-urc': {
    does: 'about one "client/read" in four is lost, by seed',
    source: 'quectel-qfwd.md 3.6',
  },
  'read-urc-with-len': {
    does: '"client/read" has a length, as with profile=field',
    source: 'quectel-qfwd.md 1.8',
  },

  // sending
  'hex-length-chars': {
    does: 'send_len of a HEX send counts characters',
    source: 'quectel-qfwd.md 3.5',
  },
  'hex-limit-chars': {
    does: 'the 1024 of a HEX send are characters',
    source: 'quectel-qfwd.md 3.5',
  },
  'fixed-not-transparent': {
    does: '0x1A and 0x1B act inside a payload of fixed length',
    source: 'quectel-qfwd.md 3.5',
  },
  'esc-ignored': { does: '0x1B does not cancel a payload', source: 'quectel-qfwd.md 3.5' },
  'data-echo': { does: 'the payload is echoed, with echo off too', source: 'at-generic.md 2.1, QISDE' },
  'partial-sends': {
    does: 'a TCP send takes a random part of the payload, by seed',
    source: 'quectel-qfwd.md 3.5',
  },
  'send-full-error': {
    does: 'a send that does not fit is an ERROR in place of the prompt',
    source: 'quectel-qfwd.md 3.6',
  },

  // opening and closing
  'urc-before-ok': { does: 'the outcome of an open comes before its OK', source: 'quectel-qfwd.md 5' },
  'open-result-566': { does: 'a failed open tells 566 in place of 1', source: 'quectel-qfwd.md 7.5' },
  'id-held-after-failed-open': {
    does: 'the id of a failed open is in use until it is closed',
    source: 'quectel-qfwd.md 3.2, quectel-qi.md 4',
  },
  'close-urc-on-local-close': {
    does: '"client/close" for a close by the host too',
    source: 'quectel-qfwd.md 1.7',
  },
  'id-held-after-remote-close': {
    does: 'an id is in use until the host closes it',
    source: 'quectel-qfwd.md 7.6',
  },
  'unknown-id-cme-50': { does: 'an unknown id is CME 50', source: 'quectel-qfwd.md 5' },

  // servers
  'udp-server-id': {
    does: 'a UDP server tells of data under its own id, and of no sender',
    source: 'quectel-qfwd.md 3.4, model S',
  },
  'idle-timeout-off': { does: 'silent peers of a server stay', source: 'quectel-qfwd.md 5' },
  'accept-id-after-server': {
    does: 'a peer gets the first free id above that of its server',
    source: 'quectel-qfwd.md 5',
  },
  'accept-id-counter': { does: 'a peer gets an id that none had before', source: 'quectel-qfwd.md 5' },
  'id-collision': {
    does: 'a peer gets the id behind the last one that the host chose',
    source: 'quectel-qfwd.md 3.1',
  },
  'accepted-urcs-on-usbat': {
    does: 'the URCs of a peer go to usbat, wherever those of its server go',
    source: 'quectel-qfwd.md 3.8',
  },
  'direction-lower-case': {
    does: 'QFWDCLIENT? says active and income',
    source: 'quectel-qfwd.md 1.2',
  },

  // which port of the module this line is; it is usbat without
  'port-uart1': { does: 'the line is the main UART', source: 'quectel-qfwd.md 3.8' },
  'port-usbmodem': { does: 'the line is the USB modem port', source: 'quectel-qfwd.md 3.8' },
} as const satisfies SwitchList;
