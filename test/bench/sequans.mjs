/** What payload must cost on the line of a Sequans modem: the lengths of the texts that the dialect prescribes (sequans.md 3.6 to 3.10). */
// @ts-check
import { inPieces, OK, PROMPT } from './dialect.mjs';

/**
 * @typedef {import('./dialect.mjs').Cost} Cost
 * @typedef {'binary' | 'hex'} Encoding
 */

/** The most that one command takes or brings. */
const PIECE = 1500;

/** @param {Encoding} encoding @param {number} bytes */
const payload = (encoding, bytes) => (encoding === 'hex' ? 2 * bytes : bytes);

/**
 * Out (3.6): one command, strictly question and answer.
 * @param {Encoding} encoding @param {number} bytes @returns {Cost}
 */
export function minimumOut(encoding, bytes) {
  const command = `AT+SQNSSENDEXT=1,${bytes}\r`;
  return {
    commands: 1,
    written: command.length + payload(encoding, bytes),
    read: PROMPT.length + OK.length,
  };
}

/**
 * In (3.8, 3.9): a ring that tells the length, and one read. Rings that bring the data along are left out: their end
 * cannot be told from their data when a byte was lost.
 * @param {Encoding} encoding @param {number} bytes
 * @param {number | undefined} senderPort where the reply names the sender: any remote may talk (generation 2)
 * @returns {Cost}
 */
export function minimumIn(encoding, bytes, senderPort) {
  const sender = senderPort === undefined ? '' : `,"127.0.0.1",${senderPort}`;
  const ring = `\r\n+SQNSRING: 1,${bytes}\r\n`;
  const header = `\r\n+SQNSRECV: 1,${bytes}${sender}\r\n`;
  return {
    commands: 1,
    written: `AT+SQNSRECV=1,${PIECE}\r`.length,
    read: ring.length + header.length + payload(encoding, bytes) + '\r\n'.length + OK.length,
  };
}

/**
 * One look at the counters (3.10), once for each burst: "empty" is said only when the modem said so.
 * @param {number} sent bytes over this connection so far @param {number} received @returns {Cost}
 */
export function look(sent, received) {
  return {
    commands: 1,
    written: 'AT+SQNSI=1\r'.length,
    read: `\r\n+SQNSI: 1,${sent},${received},0,0\r\n${OK}`.length,
  };
}

/** The same for people. */
export const lineFormulas = {
  out: '|AT+SQNSSENDEXT=1,<n>\\r| + k·n + |\\r\\n> | + |\\r\\nOK\\r\\n| = 28 + digits(n) + k·n; 1 command',
  in:
    '|\\r\\n+SQNSRING: 1,<n>\\r\\n| + |AT+SQNSRECV=1,1500\\r| + |\\r\\n+SQNSRECV: 1,<n><sender>\\r\\n| + k·n' +
    ' + |\\r\\n\\r\\nOK\\r\\n| = 61 + 2·digits(n) + |<sender>| + k·n; 1 command',
  look: '|AT+SQNSI=1\\r| + |\\r\\n+SQNSI: 1,<sent>,<received>,0,0\\r\\n| + |\\r\\nOK\\r\\n|; 1 command',
};

export const symbols = [
  '|x| is the length of x; k is 1 in binary, 2 in hex',
  '<sender> is empty for generation 1, ,"<address>",<port> for generation 2, whose sockets hear anybody',
  'one look for each burst in; not a part of the minimum',
];

/** A stream in (3.8): reads only. While data waits nothing need be asked or told. @param {number} bytes @returns {Cost} */
const read = bytes => ({
  commands: 1,
  written: `AT+SQNSRECV=1,${PIECE}\r`.length,
  read: `\r\n+SQNSRECV: 1,${bytes}\r\n`.length + bytes + '\r\n'.length + OK.length,
});

/** @type {import('./dialect.mjs').Dialect} */
export const sequans = {
  name: 'sequans',
  piece: PIECE,
  datagramSizes: [64, 512, PIECE],
  datagramOut: bytes => minimumOut('binary', bytes),
  datagramIn: (bytes, senderPort) => minimumIn('binary', bytes, senderPort),
  datagramFormulas: { out: lineFormulas.out, in: lineFormulas.in },
  streamOut: bytes => inPieces(bytes, PIECE, piece => minimumOut('binary', piece)),
  streamIn: bytes => inPieces(bytes, PIECE, read),
  streamFormulas: {
    out: '|AT+SQNSSENDEXT=1,1500\\r| + |\\r\\n> | + 1500 + |\\r\\nOK\\r\\n| = 22 + 10 + 1500 = 1532 for each 1500 bytes; 1 command',
    in: '|AT+SQNSRECV=1,1500\\r| + |\\r\\n+SQNSRECV: 1,1500\\r\\n| + 1500 + |\\r\\n\\r\\nOK\\r\\n| = 19 + 21 + 1500 + 8 = 1548 for each 1500 bytes; 1 command',
  },
  note: 'k is 1: binary; generation 2',
  words: {
    preparation: ['ATE0', 'AT+SQNSCFG=1,1,0,0,600,50', 'AT+SQNSCFGEXT=1,1,0,0,0,0'],
    // 2: from and to anybody, as the driver dials.
    dial: (protocol, peerPort) =>
      `AT+SQNSD=1,${protocol === 'udp' ? 1 : 0},${peerPort},"127.0.0.1",0,0,1${protocol === 'udp' ? ',2' : ''}`,
    dialled: OK,
    list: 'AT+SQNSS',
    local: /\+SQNSS: 1,\d,"[^"]*",(\d+)/,
    send: bytes => `AT+SQNSSENDEXT=1,${bytes}`,
    ring: '+SQNSRING',
    receive: `AT+SQNSRECV=1,${PIECE}`,
    received: /\+SQNSRECV: 1,(\d+)/,
    close: 'AT+SQNSH=1',
  },
};
