/** The result for people: one table for each question, with the formula it is judged by. */
// @ts-check
import { limitFormula, lines } from './goodput.mjs';
import { lineFormulas, symbols } from './sequans.mjs';
import { section, showFormulas } from './table.mjs';

/**
 * @typedef {import('./dialect.mjs').Cost} Cost
 * @typedef {import('./dialect.mjs').Dialect} Dialect
 * @typedef {import('./line-bytes.mjs').ByteRow} ByteRow
 * @typedef {import('./line-bytes.mjs').Case} Case
 */

/** @param {ReturnType<typeof import('./machine.mjs').describeMachine>} machine @param {boolean} quick */
export const formatHead = (machine, quick) =>
  [
    `atsock ${machine.atsock}, Node ${machine.node}, ${machine.cpu}, ${machine.cores} cores, ${machine.platform}`,
    ...(quick ? ['quick: the counts hold, the timings are too short to mean much'] : []),
  ].join('\n');

/** @param {readonly ByteRow[]} rows */
export const formatLineBytes = rows =>
  section(
    'sequans: bytes on the line and commands for each datagram',
    [...showFormulas(lineFormulas), ...symbols],
    rows.map(showBytes),
  );

/** @param {readonly import('./goodput.mjs').GoodputRow[]} rows @param {Dialect} dialect */
export const formatGoodput = (rows, { name, datagramFormulas, note }) =>
  section(
    `${name}: goodput of datagrams, as a share of what the line can carry`,
    [
      ...showFormulas(datagramFormulas),
      ...(note ? [note] : []),
      limitFormula,
      ...Object.entries(lines).map(([line, meaning]) => `${line}: ${meaning}`),
    ],
    rows.map(row => ({
      line: row.line,
      baud: row.baud,
      bytes: row.bytes,
      way: row.direction,
      'goodput B/s': row.goodput.toFixed(0),
      'limit B/s': row.limit.toFixed(0),
      share: `${(100 * row.share).toFixed(1)}%`,
    })),
  );

/** @param {readonly import('./parsing.mjs').ParsingRow[]} rows */
export const formatParsing = rows =>
  section(
    'Parsing: our framer beside @serialport/parser-readline, same bytes, alternating rounds, median',
    [],
    rows.map(row => ({
      mix: row.mix,
      'chunk bytes': row.chunk,
      'framer MB/s': row.framer.toFixed(1),
      'readline MB/s': row.readline.toFixed(1),
      ratio: row.ratio.toFixed(2),
    })),
  );

/** @param {readonly import('./cpu.mjs').CpuRow[]} rows */
export const formatCpu = rows =>
  section(
    'sequans: processor time of the host for each datagram (binary, unpaced, the simulator in another process over TCP)',
    ['bare: the least program that could do it, alternating rounds, median'],
    rows.map(row => ({
      bytes: row.bytes,
      way: row.direction,
      'atsock us': row.atsock.microseconds.toFixed(1),
      'bare us': row.bare.microseconds.toFixed(1),
      ratio: row.ratio.toFixed(2),
      'atsock datagrams/s': row.atsock.perSecond.toFixed(0),
      'bare datagrams/s': row.bare.perSecond.toFixed(0),
    })),
  );

/** @param {readonly import('./import-time.mjs').ImportRow[]} rows */
export const formatImport = rows =>
  section(
    'import: time until the module is there',
    ['serialport: for comparison; alternating processes, median'],
    rows.map(({ atsock, serialport, ratio }) => ({
      'atsock ms': atsock.toFixed(1),
      'serialport ms': serialport.toFixed(1),
      ratio: ratio.toFixed(2),
    })),
  );

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
