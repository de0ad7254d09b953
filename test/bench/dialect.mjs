/** What the bench must know of a dialect: the bytes that it prescribes, and the words of the least program that speaks it. */
// @ts-check

/**
 * @typedef {{ readonly commands: number, readonly written: number, readonly read: number }} Cost on the line
 * @typedef {object} Dialect
 * @property {'sequans' | 'quectel-qfwd'} name
 * @property {number} piece the most that one command takes or brings
 * @property {readonly number[]} datagramSizes small, middling, the largest
 * @property {(bytes: number) => Cost} datagramOut
 * @property {(bytes: number, senderPort: number) => Cost} datagramIn
 * @property {Readonly<Record<string, string>>} datagramFormulas the same for people
 * @property {(bytes: number) => Cost} streamOut
 * @property {(bytes: number) => Cost} streamIn
 * @property {Readonly<Record<string, string>>} streamFormulas
 * @property {string} [note] on all these
 * @property {Credit} [credit] where the modem must be asked for it
 * @property {Words} words
 * @typedef {object} Credit
 * @property {string} command its name
 * @property {string} question of the least program
 * @property {number} bytes that may go out after each answer: the modem's buffer
 * @typedef {object} Words of the least program, which has one socket
 * @property {readonly string[]} preparation
 * @property {(protocol: 'udp' | 'tcp', peerPort: number) => string} dial
 * @property {string} dialled
 * @property {string} list
 * @property {RegExp} local finds the port number in the list
 * @property {(bytes: number) => string} send
 * @property {string} ring
 * @property {string} receive
 * @property {RegExp} received finds the length in the reply
 * @property {string} close
 */

export const OK = '\r\nOK\r\n';
export const PROMPT = '\r\n> ';

/**
 * A stream in full pieces and a rest.
 * @param {number} bytes @param {number} piece @param {(piece: number) => Cost} costOf @returns {Cost}
 */
export function inPieces(bytes, piece, costOf) {
  const rest = bytes % piece;
  return sum(times(Math.floor(bytes / piece), costOf(piece)), times(rest > 0 ? 1 : 0, costOf(rest)));
}

/** @param {Cost} one @param {Cost} other @returns {Cost} */
export const sum = (one, other) => ({
  commands: one.commands + other.commands,
  written: one.written + other.written,
  read: one.read + other.read,
});

/** @param {number} count @param {Cost} one @returns {Cost} */
export const times = (count, { commands, written, read }) => ({
  commands: count * commands,
  written: count * written,
  read: count * read,
});
