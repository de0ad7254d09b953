/** The result for people: one table for each question, with the formula it is judged by. */
// @ts-check
import { limitFormula, lines } from './goodput.mjs';
import { datagramFormulas, symbols } from './minimum.mjs';
import { formatStreams } from './stream-report.mjs';
import { section, showFormulas } from './table.mjs';

/**
 * @typedef {import('./line-bytes.mjs').ByteRow} ByteRow
 * @typedef {import('./line-bytes.mjs').Case} Case
 * @typedef {import('./line-bytes.mjs').Cost} Cost
 * @typedef {object} Result
 * @property {string} date
 * @property {boolean} quick
 * @property {ReturnType<typeof import('./machine.mjs').describeMachine>} machine
 * @property {Readonly<Record<string, string>>} formulas
 * @property {readonly ByteRow[]} lineBytes
 * @property {readonly import('./goodput.mjs').GoodputRow[]} goodput
 * @property {readonly import('./parsing.mjs').ParsingRow[]} parsing
 * @property {readonly import('./cpu.mjs').CpuRow[]} cpu
 * @property {readonly import('./stream-bytes.mjs').StreamBytesRow[]} streamBytes
 * @property {readonly import('./stream-goodput.mjs').StreamRow[]} streamGoodput
 * @property {readonly import('./fairness.mjs').FairnessRow[]} fairness
 * @property {readonly import('./stream-cpu.mjs').StreamCpuRow[]} streamCpu
 * @property {readonly import('./first-byte.mjs').FirstByteRow[]} firstByte
 */

/** @param {Result} result */
export function formatReport(result) {
  const { machine, quick, lineBytes, goodput, parsing, cpu } = result;
  return [
    `atsock ${machine.atsock}, Node ${machine.node}, ${machine.cpu}, ${machine.cores} cores, ${machine.platform}`,
    ...(quick ? ['quick: the counts hold, the timings are too short to mean much'] : []),
    section(
      'Bytes on the line and commands for each datagram',
      [...showFormulas(datagramFormulas), ...symbols],
      lineBytes.map(showBytes),
    ),
    section(
      'Goodput, as a share of what the line can carry (binary, generation 2)',
      [limitFormula, ...Object.entries(lines).map(([name, meaning]) => `${name}: ${meaning}`)],
      goodput.map(row => ({
        line: row.line,
        baud: row.baud,
        bytes: row.bytes,
        way: row.direction,
        'goodput B/s': row.goodput.toFixed(0),
        'limit B/s': row.limit.toFixed(0),
        share: `${(100 * row.share).toFixed(1)}%`,
      })),
    ),
    section(
      'Parsing: our framer beside @serialport/parser-readline, same bytes, alternating rounds, median',
      [],
      parsing.map(row => ({
        mix: row.mix,
        'chunk bytes': row.chunk,
        'framer MB/s': row.framer.toFixed(1),
        'readline MB/s': row.readline.toFixed(1),
        ratio: row.ratio.toFixed(2),
      })),
    ),
    section(
      'Processor time of the host for each datagram (binary, unpaced, the simulator in another process over TCP)',
      ['bare: the least program that could do it, alternating rounds, median'],
      cpu.map(row => ({
        bytes: row.bytes,
        way: row.direction,
        'atsock us': row.atsock.microseconds.toFixed(1),
        'bare us': row.bare.microseconds.toFixed(1),
        ratio: row.ratio.toFixed(2),
        'atsock datagrams/s': row.atsock.perSecond.toFixed(0),
        'bare datagrams/s': row.bare.perSecond.toFixed(0),
      })),
    ),
    ...formatStreams(result),
  ].join('\n');
}

/** For one datagram each. @param {ByteRow} row */
const showBytes = ({ generation, encoding, bytes, out, inAlone, inBurst }) => ({
  generation,
  encoding,
  bytes,
  'out least': lineBytesOf(out.minimum),
  ...showCase('out', out),
  'in least': lineBytesOf(inAlone.minimum),
  ...showCase('in', inAlone),
  ...showCase(`in x${inBurst.datagrams}`, inBurst),
});

/** @param {string} name @param {Case} one */
function showCase(name, { datagrams, minimum, measured }) {
  const spent = lineBytesOf(measured) / datagrams;
  return {
    [`${name} bytes`]: spent.toFixed(1),
    [`${name} ratio`]: (spent / lineBytesOf(minimum)).toFixed(3),
    [`${name} commands`]: (measured.commands / datagrams).toFixed(2),
  };
}

/** @param {Cost} cost */
const lineBytesOf = ({ written, read }) => written + read;
