/** How fast bytes become lines and data: our framer beside `@serialport/parser-readline` on the same bytes. */
// @ts-check
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { ReadlineParser } from '@serialport/parser-readline';
import { Framer } from '../../dist/at/framer.js';
import { framing } from '../../dist/dialects/sequans/urcs.js';
import { createDatagram } from './datagrams.mjs';
import { median } from './median.mjs';

/**
 * @typedef {object} ParsingRow
 * @property {string} mix
 * @property {number} chunk bytes at once
 * @property {number} framer megabytes per second
 * @property {number} readline
 * @property {number} ratio
 * @typedef {{ readonly megabytes: number, readonly rounds: number }} ParsingPlan
 * @typedef {{ readonly lines: number, readonly dataBytes: number }} Content
 */

const CHUNKS = [64, 1024, 65_536];

/** What a Sequans modem says in a working hour: replies, unsolicited lines, some datagrams. */
const LINES = [
  '+CSQ: 21,99',
  'OK',
  '+CEREG: 5,"1A2B","01A2B3C4",7',
  '+CGPADDR: 1,"100.64.12.7","32.1.13.184.0.1.0.2.0.0.0.0.0.0.0.1"',
  'OK',
  '+SQNSRING: 1,64',
  '+SQNSI: 1,1500,3000,64,0',
  'OK',
  '+SQNSS: 1,2,"100.64.12.7",49152,"192.0.2.33",5683,1',
  '+SQNSS: 2,0',
  'OK',
  '+CME ERROR: 4',
  '+CGEV: NW DETACH',
  '+SQNSH: 3',
];

/** Sizes of the datagrams between the lines. */
const MIXES = { lines: [], 'lines and data': [64, 300] };

const { block } = framing(false);

/** @param {ParsingPlan} plan @returns {Promise<ParsingRow[]>} */
export async function measureParsing({ megabytes, rounds }) {
  const rows = [];
  for (const [mix, dataSizes] of Object.entries(MIXES)) {
    const stream = createStream(megabytes * 1_000_000, dataSizes);
    for (const chunk of CHUNKS) rows.push({ mix, ...(await measureStream(stream, chunk, rounds)) });
  }
  return rows;
}

/** @param {ReturnType<typeof createStream>} stream @param {number} chunk @param {number} rounds */
async function measureStream({ bytes, content }, chunk, rounds) {
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, index) =>
    bytes.subarray(index * chunk, (index + 1) * chunk),
  );
  /** @type {number[]} */
  const ours = [];
  /** @type {number[]} */
  const theirs = [];
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const sample = [timeFramer(chunks, content), await timeReadline(chunks, bytes)];
    if (round === 0) continue;
    ours.push(sample[0] ?? 0);
    theirs.push(sample[1] ?? 0);
  }
  const framer = bytes.length / 1000 / median(ours);
  const readline = bytes.length / 1000 / median(theirs);
  return { chunk, framer, readline, ratio: framer / readline };
}

/**
 * @param {number} length @param {readonly number[]} dataSizes
 * @returns {{ readonly bytes: Buffer, readonly content: Content }}
 */
function createStream(length, dataSizes) {
  const small = LINES.map(line => Buffer.from(`\r\n${line}\r\n`, 'latin1'));
  const large = dataSizes.flatMap(bytes => [
    Buffer.from(`\r\n+SQNSRECV: 1,${bytes}\r\n`, 'latin1'),
    createDatagram(7, bytes),
    Buffer.from('\r\n\r\nOK\r\n', 'latin1'),
  ]);
  const page = Buffer.concat([...small, ...large]);
  const pages = Math.ceil(length / page.length);
  return {
    bytes: Buffer.concat(Array.from({ length: pages }, () => page)),
    content: {
      // Each datagram brings a header and an OK.
      lines: pages * (LINES.length + 2 * dataSizes.length),
      dataBytes: pages * dataSizes.reduce((sum, bytes) => sum + bytes, 0),
    },
  };
}

/** Milliseconds. @param {readonly Buffer[]} chunks @param {Content} content */
function timeFramer(chunks, content) {
  let lines = 0;
  let dataBytes = 0;
  const framer = new Framer({
    promptExpected: false,
    prompt: () => {},
    line: text => {
      lines++;
      return block(text);
    },
    data: (bytes, intact) => {
      if (intact) dataBytes += bytes.length;
    },
    overflow: () => {},
  });
  const start = performance.now();
  for (const chunk of chunks) framer.feed(chunk);
  const taken = performance.now() - start;
  if (lines !== content.lines || dataBytes !== content.dataBytes)
    throw new Error(
      `the framer found ${lines} lines and ${dataBytes} bytes of data, not ${JSON.stringify(content)}`,
    );
  return taken;
}

/** Data are lines to it, so only characters can be counted. @param {readonly Buffer[]} chunks @param {Buffer} bytes */
async function timeReadline(chunks, bytes) {
  let characters = 0;
  const parser = new ReadlineParser({ delimiter: '\r\n', encoding: 'latin1', includeDelimiter: true });
  parser.on('data', (/** @type {string} */ line) => {
    characters += line.length;
  });
  const start = performance.now();
  for (const chunk of chunks) if (!parser.write(chunk)) await once(parser, 'drain');
  parser.end();
  await once(parser, 'end');
  const taken = performance.now() - start;
  if (characters !== bytes.length)
    throw new Error(`readline gave ${characters} of ${bytes.length} characters`);
  return taken;
}
