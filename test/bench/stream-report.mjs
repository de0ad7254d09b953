/** The part of the report about TCP. */
// @ts-check
import { fairnessFormula } from './fairness.mjs';
import { streamFormulas } from './minimum.mjs';
import { streamLimitFormula } from './stream-goodput.mjs';
import { section, showFormulas } from './table.mjs';

const LINES = 'the line: one of exact pace in another process, over TCP; baud 0: no pace';
const BARE = 'bare: the least program that could do it';

/** @param {import('./report.mjs').Result} result */
export const formatStreams = ({ streamBytes, streamGoodput, fairness, streamCpu, firstByte }) => [
  section(
    'TCP: bytes on the line and commands for each MiB, without opening and closing',
    showFormulas(streamFormulas),
    streamBytes.map(({ way, minimum, measured }) => ({
      way,
      'least commands': minimum.commands,
      commands: measured.commands,
      'least bytes': minimum.written + minimum.read,
      bytes: measured.written + measured.read,
      ratio: ((measured.written + measured.read) / (minimum.written + minimum.read)).toFixed(4),
    })),
  ),
  section(
    'TCP: bulk goodput, as a share of what the line can carry',
    [streamLimitFormula, LINES, BARE],
    streamGoodput.map(({ host, baud, way, bytes, goodput, limit, share }) => ({
      host,
      baud,
      way,
      bytes,
      'goodput B/s': goodput.toFixed(0),
      'limit B/s': limit?.toFixed(0) ?? '',
      share: percent(share),
    })),
  ),
  section(
    'TCP: six connections at once',
    [fairnessFormula, LINES],
    fairness.map(({ baud, way, bytes, outIndex, inIndex, share }) => ({
      baud,
      way,
      'bytes each': bytes,
      'index out': outIndex?.toFixed(4) ?? '',
      'index in': inIndex?.toFixed(4) ?? '',
      'share of the limit': percent(share),
    })),
  ),
  section(
    'TCP: processor time of the host for each MiB (unpaced, the simulator in another process over TCP)',
    [`${BARE}, alternating rounds, median`],
    streamCpu.map(({ way, atsock, bare, ratio }) => ({
      way,
      'atsock ms': atsock.toFixed(1),
      'bare ms': bare.toFixed(1),
      ratio: ratio.toFixed(2),
    })),
  ),
  section(
    'TCP: from a closed line to the first byte that has come: a new modem, registered, no name looked up',
    [LINES, 'the byte answers one that was sent; line ms: the bytes at that pace alone'],
    firstByte.map(({ baud, commands, written, read, openMs, connectMs, byteMs }) => ({
      baud,
      commands,
      'bytes to the modem': written,
      'bytes from it': read,
      'line ms': baud > 0 ? (((written + read) * 10_000) / baud).toFixed(1) : '',
      'open ms': openMs.toFixed(1),
      'connected ms': connectMs.toFixed(1),
      'byte ms': byteMs.toFixed(1),
    })),
  ),
];

/** @param {number | undefined} share */
const percent = share => (share === undefined ? '' : `${(100 * share).toFixed(1)}%`);
