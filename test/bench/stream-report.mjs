/** The part of the report about TCP. */
// @ts-check
import { fairnessFormula } from './fairness.mjs';
import { streamLimitFormula } from './stream-goodput.mjs';
import { section, showFormulas } from './table.mjs';

/** @typedef {import('./dialect.mjs').Dialect} Dialect */

const LINES = 'the line: one of exact pace in another process, over TCP; baud 0: no pace';
const BARE = 'bare: the least program that could do it';

/** @param {Dialect} dialect */
const showStreamFormulas = ({ streamFormulas, note }) => [
  ...showFormulas(streamFormulas),
  ...(note ? [note] : []),
];

/** @param {readonly import('./stream-bytes.mjs').StreamBytesRow[]} rows @param {Dialect} dialect */
export const formatStreamBytes = (rows, dialect) =>
  section(
    `${dialect.name}, TCP: bytes on the line and commands for each MiB, without opening and closing`,
    showStreamFormulas(dialect),
    rows.map(({ way, minimum, measured }) => ({
      way,
      'least commands': minimum.commands,
      commands: measured.commands,
      'least bytes': minimum.written + minimum.read,
      bytes: measured.written + measured.read,
      ratio: ((measured.written + measured.read) / (minimum.written + minimum.read)).toFixed(4),
    })),
  );

/** @param {readonly import('./stream-goodput.mjs').StreamRow[]} rows @param {Dialect} dialect */
export const formatStreamGoodput = (rows, dialect) =>
  section(
    `${dialect.name}, TCP: bulk goodput, as a share of what the line can carry`,
    [...showStreamFormulas(dialect), streamLimitFormula, LINES, BARE],
    rows.map(({ host, baud, way, bytes, goodput, limit, share, questionsPerBuffer }) => ({
      host,
      baud,
      way,
      bytes,
      'goodput B/s': goodput.toFixed(0),
      'limit B/s': limit?.toFixed(0) ?? '',
      share: percent(share),
      ...showQuestions(dialect, questionsPerBuffer),
    })),
  );

/** @param {readonly import('./fairness.mjs').FairnessRow[]} rows @param {Dialect} dialect */
export const formatFairness = (rows, dialect) =>
  section(
    `${dialect.name}, TCP: six connections at once`,
    [fairnessFormula, LINES],
    rows.map(({ baud, way, bytes, outIndex, inIndex, share, questionsPerBuffer }) => ({
      baud,
      way,
      'bytes each': bytes,
      'index out': outIndex?.toFixed(4) ?? '',
      'index in': inIndex?.toFixed(4) ?? '',
      'share of the limit': percent(share),
      ...showQuestions(dialect, questionsPerBuffer),
    })),
  );

/** @param {readonly import('./stream-cpu.mjs').StreamCpuRow[]} rows */
export const formatStreamCpu = rows =>
  section(
    'sequans, TCP: processor time of the host for each MiB (unpaced, the simulator in another process over TCP)',
    [`${BARE}, alternating rounds, median`],
    rows.map(({ way, atsock, bare, ratio }) => ({
      way,
      'atsock ms': atsock.toFixed(1),
      'bare ms': bare.toFixed(1),
      ratio: ratio.toFixed(2),
    })),
  );

/** @param {readonly import('./first-byte.mjs').FirstByteRow[]} rows */
export const formatFirstByte = rows =>
  section(
    'sequans, TCP: from a closed line to the first byte that has come: a new modem, registered, no name looked up',
    [LINES, 'the byte answers one that was sent; line ms: the bytes at that pace alone'],
    rows.map(({ baud, commands, written, read, openMs, connectMs, byteMs }) => ({
      baud,
      commands,
      'bytes to the modem': written,
      'bytes from it': read,
      'line ms': baud > 0 ? (((written + read) * 10_000) / baud).toFixed(1) : '',
      'open ms': openMs.toFixed(1),
      'connected ms': connectMs.toFixed(1),
      'byte ms': byteMs.toFixed(1),
    })),
  );

/** @param {number | undefined} share */
const percent = share => (share === undefined ? '' : `${(100 * share).toFixed(1)}%`);

/** @param {Dialect} dialect @param {number | undefined} perBuffer */
const showQuestions = ({ credit }, perBuffer) =>
  credit && { [`${credit.command} for each ${credit.bytes} bytes out`]: perBuffer?.toFixed(2) ?? '' };
