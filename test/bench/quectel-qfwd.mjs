/** What payload must cost on the line of a Quectel module with socket forwarding (quectel-qfwd.md 1.3 to 1.5, 2.2, 3.5 to 3.7). */
// @ts-check
import { inPieces, OK, PROMPT, sum, times } from './dialect.mjs';

/** @typedef {import('./dialect.mjs').Cost} Cost */

/** The shortest id there is. */
const ID = 1;
const PIECE = 1024;
/** The buffer of the simulator, each way. */
const BUFFER = 10_240;

/** Fixed length, bytes as they are: no form is cheaper (3.5). @param {number} bytes @returns {Cost} */
const send = bytes => ({
  commands: 1,
  written: `AT+QFWDSEND=${ID},0,${bytes}\r`.length + bytes,
  read: PROMPT.length + `\r\n+QFWDSEND: ${ID},${bytes}\r\n`.length + OK.length,
});

/** No URC belongs to it: one comes when the buffer was empty, and in a burst it never is (3.7). @param {number} bytes @returns {Cost} */
const receive = bytes => ({
  commands: 1,
  written: `AT+QFWDRECV=${ID},${PIECE}\r`.length,
  read: `\r\n+QFWDRECV: ${ID},${bytes}\r\n`.length + bytes + '\r\n'.length + OK.length,
});

/** @type {Cost} */
const look = {
  commands: 1,
  written: `AT+QFWDACK=${ID}\r`.length,
  read: `\r\n+QFWDACK: ${ID},0,${BUFFER},${BUFFER},0,${BUFFER},${BUFFER}\r\n`.length + OK.length,
};

/** The room of the first buffer's worth is known from the opening (3.6). @param {number} bytes */
const looks = bytes => Math.max(0, Math.ceil(bytes / BUFFER) - 1);

/** @type {import('./dialect.mjs').Dialect} */
export const quectelQfwd = {
  name: 'quectel-qfwd',
  piece: PIECE,
  datagramSizes: [64, 512, PIECE],
  datagramOut: send,
  datagramIn: receive,
  datagramFormulas: {
    out:
      '|AT+QFWDSEND=1,0,<n>\\r| + |\\r\\n> | + n + |\\r\\n+QFWDSEND: 1,<n>\\r\\n| + |\\r\\nOK\\r\\n|' +
      ' = 44 + 2·digits(n) + n; 1 command',
    in:
      '|AT+QFWDRECV=1,1024\\r| + |\\r\\n+QFWDRECV: 1,<n>\\r\\n| + n + |\\r\\n\\r\\nOK\\r\\n|' +
      ' = 44 + digits(n) + n; 1 command',
  },
  streamOut: bytes => sum(inPieces(bytes, PIECE, send), times(looks(bytes), look)),
  streamIn: bytes => inPieces(bytes, PIECE, receive),
  streamFormulas: {
    out:
      '|AT+QFWDSEND=1,0,1024\\r| + |\\r\\n> | + 1024 + |\\r\\n+QFWDSEND: 1,1024\\r\\n| + |\\r\\nOK\\r\\n|' +
      ' = 21 + 4 + 1024 + 21 + 6 = 1076 for each 1024 bytes; 1 command',
    look:
      '|AT+QFWDACK=1\\r| + |\\r\\n+QFWDACK: 1,0,10240,10240,0,10240,10240\\r\\n| + |\\r\\nOK\\r\\n|' +
      ' = 13 + 43 + 6 = 62 between each 10240 bytes out and the next, the buffer of the simulator; 1 command',
    in:
      '|AT+QFWDRECV=1,1024\\r| + |\\r\\n+QFWDRECV: 1,1024\\r\\n| + 1024 + |\\r\\n\\r\\nOK\\r\\n|' +
      ' = 19 + 21 + 1024 + 8 = 1072 for each 1024 bytes; 1 command',
  },
  note:
    'ids of one digit, the least there is; those of atsock have five, so that the module does not give them to callers:' +
    ' 8 bytes more for each of these commands, 0.7 % of the largest',
  credit: { command: '+QFWDACK', question: `AT+QFWDACK=${ID}`, bytes: BUFFER },
  words: {
    preparation: ['ATE0'],
    dial: (protocol, peerPort) => `AT+QFWDCLIENT=1,${ID},"IP","${protocol}","127.0.0.1",${peerPort},"usbat"`,
    dialled: `"client/open",${ID},0\r\n`,
    list: 'AT+QFWDCLIENT?',
    local: /\+QFWDCLIENT: 1,(?:[^,\r]*,){5}(\d+)/,
    send: bytes => `AT+QFWDSEND=${ID},0,${bytes}`,
    ring: '"client/read"',
    receive: `AT+QFWDRECV=${ID},${PIECE}`,
    received: /\+QFWDRECV: 1,(\d+)\r\n/,
    close: `AT+QFWDCLOSE=${ID}`,
  },
};
