/** A modem behind SIM-Modem-API's serial bridge: raw bytes, and a heartbeat among them. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { HEARTBEAT, OCCUPIED, SERIAL_DOWN, TIMED_OUT } from './bridge-words.ts';
import { abortError, type CodedError, codedError, codeOf } from './open-error.ts';
import { type RelayHooks, relayed } from './relay-stream.ts';
import { createTcpTransport, type TcpTransportOptions } from './tcp.ts';
import type { ByteStream, Transport } from './transport.ts';

/** The bridge hangs up after 5 s without one (ecosystem.md C3). */
const BEAT_MS = 2_000;
/**
 * The bridge finds a heartbeat at the start or the end of a read only, and writes behind its buffer when it reads 1024
 * bytes (C4). So whatever goes out is shorter, and stays apart from the next: this is no slower than its serial port.
 */
const LONGEST_RUN_BYTES = 1_000;
const GAP_MS = 10;
/** A refusal comes right behind the connection; that there is none is never said. */
const REFUSAL_MS = 300;
/** Together longer than a bridge keeps a client that has died: 7.5 s (C3). */
const BACK_OFF_MS = [500, 1_000, 2_000, 4_000, 0];

/**
 * @throws as TCP does, EBUSY if another client stays in control, ENODEV if the bridge has lost its port. Later the stream
 * fails with EBUSY, ENODEV, with ETIMEDOUT if our heartbeats were missed, and with EILSEQ rather than write the
 * heartbeat's own text, which would never reach the modem.
 */
export function createBridgeTransport(options: Omit<TcpTransportOptions, 'scheme'>): Transport {
  const tcp = createTcpTransport({ ...options, scheme: 'bridge' });
  const line = relayed(inner => createHooks(tcp.name, inner))(tcp);
  return { name: tcp.name, open: signal => openPatiently(line, signal) };
}

async function openPatiently(line: Transport, signal?: AbortSignal): Promise<ByteStream> {
  let refusal: Error | undefined;
  for (const pauseMs of BACK_OFF_MS) {
    const stream = await line.open(signal);
    try {
      refusal = await refusalOf(stream, signal);
      if (!refusal) return stream;
      if (codeOf(refusal) !== 'EBUSY') break;
      await delay(pauseMs, undefined, { ...(signal && { signal }) });
    } catch (error) {
      stream.on('error', () => {}).destroy();
      throw signal?.aborted ? abortError(line.name, signal) : error;
    }
  }
  throw refusal;
}

/** Nothing of what comes meanwhile is lost: it is read ahead. */
async function refusalOf(stream: ByteStream, outer?: AbortSignal): Promise<Error | undefined> {
  const settled = new AbortController();
  const signal = outer ? AbortSignal.any([outer, settled.signal]) : settled.signal;
  stream.read(0);
  try {
    return await Promise.race([
      once(stream, 'error', { signal }).then(([error]) => error as Error),
      delay(REFUSAL_MS, undefined, { signal }),
    ]);
  } finally {
    settled.abort();
  }
}

function createHooks(name: string, inner: ByteStream): RelayHooks {
  const pace = createPace();
  const beat = (): void => {
    if (inner.writable) inner.write(HEARTBEAT);
  };
  const beating = setInterval(() => void pace().then(beat), BEAT_MS).unref();
  let said: Buffer = Buffer.alloc(0);
  let heard: Buffer = Buffer.alloc(0);
  return {
    async *sent(chunk) {
      const all = Buffer.concat([said, chunk]);
      if (all.includes(HEARTBEAT)) throw codedError('EILSEQ', `${name} cannot carry the text "${HEARTBEAT}"`);
      said = all.subarray(1 - HEARTBEAT.length);
      for (let start = 0; start < chunk.length; start += LONGEST_RUN_BYTES) {
        await pace();
        yield chunk.subarray(start, start + LONGEST_RUN_BYTES);
      }
    },
    received(chunk) {
      heard = Buffer.concat([heard, chunk]).subarray(-SERIAL_DOWN.length);
      return [chunk];
    },
    verdict: () => verdictOf(name, heard.toString('latin1')),
    closed: () => clearInterval(beating),
  };
}

function verdictOf(name: string, lastWords: string): CodedError | undefined {
  if (lastWords.endsWith(OCCUPIED)) return codedError('EBUSY', `${name} has another client in control`);
  if (lastWords.endsWith(TIMED_OUT)) return codedError('ETIMEDOUT', `${name} has missed our heartbeats`);
  if (lastWords.endsWith(SERIAL_DOWN)) return codedError('ENODEV', `${name} has lost its serial port`);
  return undefined;
}

/** One turn after the other, a gap between any two. */
function createPace(): () => Promise<void> {
  let free = Promise.resolve();
  return () => {
    const turn = free;
    free = turn.then(() => delay(GAP_MS, undefined, { ref: false }));
    return turn;
  };
}
