/** Finds a talking modem: AT, baud rates, online mode, echo off, verbose result codes, +CMEE. */
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { AtChannel, type ChannelOptions } from './channel.ts';
import { action, set } from './command.ts';

/** What attention needs of a line: bytes, and on a serial port its speed. */
export interface Line extends Duplex {
  /** Only a serial port has a speed, in bits per second. */
  readonly lineControl?: {
    readonly baudRate: number;
    /** Resolves when it counts. */
    setBaudRate(bitsPerSecond: number): Promise<void>;
  };
}

/** How a modem is woken. */
export interface AttentionOptions extends ChannelOptions {
  /** Gives up, and closes the line. */
  readonly signal?: AbortSignal | undefined;
  /** How long one `AT` waits for its answer, in milliseconds. Default: 1,000. */
  readonly probeMs?: number;
}

/** Usual rates, tried after that of the line, in the order of how often they are met (reliability.md F16). */
const BAUD_RATES = [115_200, 921_600, 460_800, 230_400, 57_600, 9_600];

/** ESC first: an earlier program may have died at a prompt. Then bare, then with everything that could hide an answer undone. */
const WAKE_LINES = ['\x1bAT\r', '\x1bATQ0V1E0\r'];

/** Silence around `+++`, which ends online mode (S12 is at most 1 s on the modems of `dialects/`). */
const GUARD_MS = 1_100;

/**
 * Makes a channel to a modem that answers, with echo off and numbers in +CME ERROR.
 * @throws Error that says what was tried; the stream is destroyed then
 */
export async function attend(line: Line, options: AttentionOptions = {}): Promise<AtChannel> {
  const { signal } = options;
  const abort = (): void => void line.destroy();
  // Between two probes nobody else would hear it.
  line.on('error', () => {});
  signal?.addEventListener('abort', abort, { once: true });
  try {
    signal?.throwIfAborted();
    await wake(line, options);
    const channel = new AtChannel(line, options);
    await channel.synchronise();
    for (const command of [action('E0'), action('V1'), set('+CMEE', [1])]) await channel.execute(command);
    return channel;
  } catch (error) {
    line.destroy();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

async function wake(line: Line, options: AttentionOptions): Promise<void> {
  const { signal, probeMs = 1_000 } = options;
  const { lineControl } = line;
  const answers = (text: string, waitMs: number): Promise<boolean> => ask(line, text, waitMs, options);
  const first = lineControl?.baudRate ?? 0;
  const rates = [first, ...(lineControl ? BAUD_RATES.filter(rate => rate !== first) : [])];
  for (const rate of rates) {
    if (rate !== first) await lineControl?.setBaudRate(rate);
    for (const wakeLine of WAKE_LINES) if (await answers(wakeLine, probeMs)) return;
  }
  if (rates.length > 1) await lineControl?.setBaudRate(first);
  // Perhaps a dead program left it online, where every byte is payload (sequans.md 3.14).
  await pause(GUARD_MS, undefined, signal ? { signal } : {});
  await answers('+++', GUARD_MS);
  for (const wakeLine of WAKE_LINES) if (await answers(wakeLine, probeMs)) return;
  const tried = lineControl ? ` at ${rates.join(', ')} baud` : '';
  throw Object.assign(new Error(`no modem answers: AT was sent${tried}, and +++`), { code: 'ETIMEDOUT' });
}

/** Writes once and waits for `OK` at the start of a line. */
function ask(line: Line, text: string, waitMs: number, { observer }: AttentionOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const settle = (done: () => void): void => {
      clearTimeout(timer);
      line.off('data', listen).off('error', fail).off('close', gone);
      // Between two listeners nothing may flow unheard.
      line.pause();
      done();
    };
    const listen = (chunk: Buffer): void => {
      observer?.received(chunk);
      heard = (heard + chunk.toString('latin1')).slice(-256);
      if (/(^|[\r\n])OK[\r\n]/.test(heard)) settle(() => resolve(true));
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const gone = (): void => fail(new Error('the line to the modem was closed'));
    if (line.destroyed) return reject(new Error('the line to the modem was closed'));
    const timer = setTimeout(() => settle(() => resolve(false)), waitMs);
    line.on('data', listen).on('error', fail).on('close', gone);
    line.resume();
    const bytes = Buffer.from(text, 'latin1');
    observer?.sent(bytes);
    line.write(bytes);
  });
}
