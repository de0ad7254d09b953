/** What importing costs: atsock beside serialport, each in a process of its own. */
// @ts-check
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { median } from './median.mjs';

const ATSOCK = new URL('../../dist/index.js', import.meta.url).href;
const PROGRAM = `const start = performance.now(); await import(process.argv[1]); console.log(performance.now() - start)`;

/**
 * @typedef {object} ImportRow
 * @property {number} atsock milliseconds
 * @property {number} serialport milliseconds
 * @property {number} ratio
 */

/** @param {{ readonly rounds: number }} plan @returns {Promise<ImportRow[]>} */
export async function measureImport({ rounds }) {
  const samples = [];
  for (let round = 0; round < rounds; round++)
    samples.push({ atsock: await timeOf(ATSOCK), serialport: await timeOf('serialport') });
  const atsock = median(samples.map(sample => sample.atsock));
  const serialport = median(samples.map(sample => sample.serialport));
  return [{ atsock, serialport, ratio: atsock / serialport }];
}

/** @param {string} name */
async function timeOf(name) {
  const args = ['--input-type=module', '-e', PROGRAM, name];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  return Number(stdout);
}
