/** What the suites must know of each dialect: what its modem may say, and which line means what. */
import type { Urc } from '../../src/at/index.ts';

export interface Dialect {
  /** Its own words, as they would come from the modem or go to it: for payloads that look like them. */
  readonly words: readonly string[];
  /** Command lines that open a TCP connection, send, and give a socket back. */
  readonly dials: RegExp;
  readonly sends: RegExp;
  readonly closes: RegExp;
  /** How many unsolicited lines come while a new socket hears so many datagrams: at least, and at most. */
  urcs(datagrams: number): readonly [least: number, most: number];
  /** Switches that make the modem say more while datagrams come and go. */
  readonly addsLines: RegExp;
  /** The driver has just found out that the modem takes no more bytes of a TCP connection. */
  isFull(received: readonly string[]): boolean;
  /** What a program hears whose peer has reset while bytes wait to be written: if it reads, and if it never did. */
  readonly afterReset: { readonly read: readonly string[]; readonly unread: readonly string[] };
  /** The modem says that data wait. */
  isRing(urc: Urc): boolean;
  /** The modem says that the peer has gone. */
  isHangUp(urc: Urc): boolean;
}

export const SEQUANS: Dialect = {
  words: [
    '\r\n+SQNSRING: 1\r\n',
    '+SQNSRING: 1',
    '\r\n+SQNSRING: 1,5\r\n',
    '\r\n+SQNSRING: 1,5,hello\r\n',
    '\r\n+SQNSRECV: 1,7\r\n',
    '\r\n+SQNSH: 1\r\n',
    '\r\n+SYSSTART\r\n',
    'AT+SQNSH=1\r',
  ],
  dials: /^AT\+SQNSD=\d/,
  sends: /^AT\+SQNSSENDEXT=\d/,
  closes: /^AT\+SQNSH=\d/,
  urcs: datagrams => [datagrams, datagrams],
  // Not those that only change a line's form, nor the place before the echo: the driver switches that off.
  addsLines: /^urc-(before-(?!echo)|after-|between-)/,
  // A refused prompt: then it looks whether the connection is still up.
  isFull: received => /^AT\+SQNSS\??$/.test(received.at(-1) ?? ''),
  afterReset: { read: ['error ECONNRESET'], unread: ['error ECONNRESET'] },
  isRing: ({ name }) => name === '+SQNSRING',
  isHangUp: ({ name }) => name === '+SQNSH',
};

/** The driver counts its own ids from 20,000, the simulator those of callers from 1. */
export const QFWD: Dialect = {
  words: [
    ...[1, 101].flatMap(id => [
      `\r\n+QFWDURC: "client/read",${id}\r\n`,
      `+QFWDURC: "client/read",${id},5`,
      `\r\n+QFWDURC: "client/close",${id}\r\n`,
      `\r\n+QFWDRECV: ${id},7\r\n`,
      `\r\n+QFWDACK: ${id},7\r\n`,
      `\r\n+QFWDSEND: ${id},4\r\n`,
      `AT+QFWDCLOSE=${id}\r`,
    ]),
    '\r\n+QFWDURC: "client/incoming",101,102,"127.0.0.1",7,"0.0.0.0",7\r\n',
    '\r\nRDY\r\n',
  ],
  dials: /^AT\+QFWDCLIENT=\d+,\d+,"IP(V6)?","tcp"/i,
  sends: /^AT\+QFWDSEND=\d/,
  closes: /^AT\+QFWDS?CLOSE=\d/,
  // That it is open, and that data wait: not again before all of them were read.
  urcs: datagrams => [2, datagrams + 1],
  // No reply has several lines here; `urc-before-ok` changes an order.
  addsLines: /^urc-(before-(?!echo|ok)|after-)/,
  // It looks again and again until there is room.
  isFull: received => received.slice(-2).filter(line => /^AT\+QFWDACK=\d+$/.test(line)).length === 2,
  // Deviation peer-reset: what a socket had left over is forgotten with its last byte.
  afterReset: { read: ['end', 'error EPIPE'], unread: ['error ECONNRESET'] },
  isRing: ({ name, params }) => name === '+QFWDURC' && params[0] === 'client/read',
  isHangUp: ({ name, params }) => name === '+QFWDURC' && params[0] === 'client/close',
};
