/** An open serial port as a byte stream. */
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { SerialPortBinding } from './serial-binding.ts';
import { serialLostError } from './serial-error.ts';
import type { OpenSerialReader, SerialReader } from './serial-reader.ts';
import type { ByteStream, LineControl, Recognise } from './transport.ts';

/** Flow control or a dead device can hold output back for ever; so long it gets a chance (reliability.md F53). */
const DRAIN_MS = 1_000;
/** What waits for no wire may still hang in a driver. */
const CLOSE_STEP_MS = 400;
/** Start bit, eight of data, stop bit. */
const BITS_PER_BYTE = 10;

export interface OpenedPort {
  readonly path: string;
  readonly port: SerialPortBinding;
  readonly baud: number;
  readonly reader: OpenSerialReader;
  /** Called while the port is still ours. */
  release?(): void;
  readonly recognise?: Recognise | undefined;
}

export class SerialStream extends Duplex implements ByteStream {
  declare readonly recognise?: Recognise;
  readonly lineControl: LineControl;
  readonly #opened: OpenedPort;
  readonly #reader: SerialReader;
  #writing: Promise<void> = Promise.resolve();
  /** When all that was written is out, at the rate of the line. */
  #outAtMs = 0;

  constructor(opened: OpenedPort) {
    // A line has no half-closed state: when one direction is over, so is the other.
    super({ allowHalfOpen: false });
    this.#opened = opened;
    this.lineControl = createLineControl(opened);
    if (opened.recognise) this.recognise = opened.recognise;
    this.#reader = opened.reader({
      data: chunk => void (this.push(chunk) || this.#reader.pause()),
      lost: error => void this.destroy(serialLostError(opened.path, error)),
    });
  }

  override _read(): void {
    this.#reader.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#writing = this.#write(chunk).then(
      () => done(),
      (error: unknown) => done(serialLostError(this.#opened.path, error)),
    );
  }

  override _final(done: () => void): void {
    this.#reader.close();
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#reader.close();
    void this.#close().then(() => done(error));
  }

  async #write(chunk: Buffer): Promise<void> {
    // The binding writes on after EAGAIN and partial writes, and resolves when the system has taken all.
    await this.#opened.port.write(chunk);
    const chunkMs = (chunk.length * BITS_PER_BYTE * 1_000) / this.lineControl.baudRate;
    this.#outAtMs = Math.max(this.#outAtMs, performance.now()) + chunkMs;
  }

  /**
   * close(2) waits for output, up to 30 s on Linux, so what could not be sent is thrown away before it. tcdrain(3) would
   * wait for ever, in a thread that even `process.exit()` waits for; so the time that output takes is worked out. What
   * the system has taken stays: a pseudo-terminal or an adapter may be slower than that time.
   */
  async #close(): Promise<void> {
    const { port, release } = this.#opened;
    const isSent = await settled(DRAIN_MS, this.#sent());
    if (!isSent) await settled(CLOSE_STEP_MS, port.flush());
    release?.();
    await settled(CLOSE_STEP_MS, port.close());
  }

  async #sent(): Promise<void> {
    await this.#writing;
    const leftMs = this.#outAtMs - performance.now();
    if (leftMs > 0) await delay(leftMs, undefined, { ref: false });
  }
}

function createLineControl({ port, baud }: OpenedPort): LineControl {
  // The binding sets all wires at once, so those not named keep what they had; opening raises both.
  let wires = { dtr: true, rts: true };
  let baudRate = baud;
  return {
    get baudRate() {
      return baudRate;
    },
    setBaudRate: async bitsPerSecond => {
      await port.update({ baudRate: bitsPerSecond });
      baudRate = bitsPerSecond;
    },
    setSignals: async signals => {
      wires = { ...wires, ...signals };
      try {
        await port.set({ brk: false, cts: false, dsr: false, ...wires });
      } catch (error) {
        // A pseudo-terminal has no wires.
        if (!/inappropriate ioctl/i.test(String(error))) throw error;
      }
    },
  };
}

/** Done, and in time? However it settles the port is being closed. */
async function settled(limitMs: number, work: Promise<void>): Promise<boolean> {
  const timer = new AbortController();
  const done = work.then(
    () => true,
    () => false,
  );
  const late = delay(limitMs, false, { ref: false, signal: timer.signal }).catch(() => false);
  const isDone = await Promise.race([done, late]);
  timer.abort();
  return isDone;
}
