/** The parts of the bench: what each measures, how much of it in the full and in the quick form, and how it is shown. */
// @ts-check
import { measureCpu } from './cpu.mjs';
import { measureFairness } from './fairness.mjs';
import { measureFirstByte } from './first-byte.mjs';
import { measureGoodput } from './goodput.mjs';
import { measureImport } from './import-time.mjs';
import { measureLineBytes } from './line-bytes.mjs';
import { measureParsing } from './parsing.mjs';
import { quectelQfwd } from './quectel-qfwd.mjs';
import { formatCpu, formatGoodput, formatImport, formatLineBytes, formatParsing } from './report.mjs';
import { sequans } from './sequans.mjs';
import { measureStreamBytes } from './stream-bytes.mjs';
import { measureStreamCpu } from './stream-cpu.mjs';
import { measureStreamGoodput } from './stream-goodput.mjs';
import {
  formatFairness,
  formatFirstByte,
  formatStreamBytes,
  formatStreamCpu,
  formatStreamGoodput,
} from './stream-report.mjs';

const PLANS = {
  full: {
    goodput: { seconds: 0.8 },
    parsing: { megabytes: 4, rounds: 7 },
    cpu: { sizes: [64, 1500], datagrams: 1000, rounds: 7 },
    streamGoodput: { seconds: 3, unpacedBytes: 6_000_000 },
    fairness: { bauds: [115_200, 0], pieces: 8 },
    qfwdFairness: { bauds: [115_200, 0], pieces: 20 },
    streamCpu: { mebibytes: 4, rounds: 5 },
    firstByte: { rounds: 3 },
    importTime: { rounds: 11 },
  },
  quick: {
    goodput: { sizes: [512], seconds: 0.2 },
    parsing: { megabytes: 0.3, rounds: 1 },
    cpu: { sizes: [64], datagrams: 100, rounds: 1 },
    streamGoodput: { seconds: 0.1, unpacedBytes: 300_000 },
    fairness: { bauds: [921_600], pieces: 5 },
    qfwdFairness: { bauds: [921_600], pieces: 5 },
    streamCpu: { mebibytes: 0.25, rounds: 1 },
    firstByte: { rounds: 1 },
    importTime: { rounds: 1 },
  },
};

/**
 * @typedef {{ readonly rows: unknown, readonly text: string }} Measured
 * @param {boolean} quick
 * @returns {Readonly<Record<string, () => Promise<Measured>>>}
 */
export function createParts(quick) {
  const plan = quick ? PLANS.quick : PLANS.full;
  return {
    lineBytes: part(measureLineBytes, formatLineBytes),
    parsing: part(() => measureParsing(plan.parsing), formatParsing),
    cpu: part(() => measureCpu(plan.cpu), formatCpu),
    goodput: part(
      () => measureGoodput(sequans, plan.goodput),
      rows => formatGoodput(rows, sequans),
    ),
    streamBytes: part(
      () => measureStreamBytes(sequans),
      rows => formatStreamBytes(rows, sequans),
    ),
    streamGoodput: part(
      () => measureStreamGoodput(sequans, plan.streamGoodput),
      rows => formatStreamGoodput(rows, sequans),
    ),
    fairness: part(
      () => measureFairness(sequans, plan.fairness),
      rows => formatFairness(rows, sequans),
    ),
    streamCpu: part(() => measureStreamCpu(plan.streamCpu), formatStreamCpu),
    importTime: part(() => measureImport(plan.importTime), formatImport),
    firstByte: part(() => measureFirstByte(plan.firstByte), formatFirstByte),
    qfwdGoodput: part(
      () => measureGoodput(quectelQfwd, plan.goodput),
      rows => formatGoodput(rows, quectelQfwd),
    ),
    qfwdStreamBytes: part(
      () => measureStreamBytes(quectelQfwd),
      rows => formatStreamBytes(rows, quectelQfwd),
    ),
    qfwdStreamGoodput: part(
      () => measureStreamGoodput(quectelQfwd, plan.streamGoodput),
      rows => formatStreamGoodput(rows, quectelQfwd),
    ),
    qfwdFairness: part(
      () => measureFairness(quectelQfwd, plan.qfwdFairness),
      rows => formatFairness(rows, quectelQfwd),
    ),
  };
}

/** @template T @param {() => Promise<T>} measure @param {(rows: T) => string} format @returns {() => Promise<Measured>} */
function part(measure, format) {
  return async () => {
    const rows = await measure();
    return { rows, text: format(rows) };
  };
}
