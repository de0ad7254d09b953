/** An open serial port as a byte stream. */
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { SerialPortBinding } from './serial-binding.ts';
import { serialLostError } from './serial-error.ts';
import type { OpenSerialReader, SerialReader } from './serial-reader.ts';
import type { ByteStream, LineControl, Recognise } from './transport.ts';

/** Flow control or a dead device can hold output back for ever; so long it gets a chance (reliability.md F53). */
const DRAIN_MS = 1_000;
/** What is done without waiting for a wire, and may still hang in a driver. */
const CLOSE_STEP_MS = 400;

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
    const { path, port } = this.#opened;
    // The binding writes on after EAGAIN and partial writes, and resolves when all is taken.
    port.write(chunk).then(
      () => done(),
      (error: unknown) => done(serialLostError(path, error)),
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

  /** close(2) itself waits for output, up to 30 s on Linux; so what could not be sent is thrown away before it. */
  async #close(): Promise<void> {
    const { port, release } = this.#opened;
    const sent = await settlesWithin(DRAIN_MS, port.drain());
    if (!sent) await settlesWithin(CLOSE_STEP_MS, port.flush());
    release?.();
    await settlesWithin(CLOSE_STEP_MS, port.close());
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

/** False if the work is still under way at the deadline. How it settles does not matter: the port is being closed. */
async function settlesWithin(limitMs: number, work: Promise<void>): Promise<boolean> {
  const timer = new AbortController();
  const settled = work.then(
    () => true,
    () => true,
  );
  const late = delay(limitMs, false, { ref: false, signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([settled, late]);
  } finally {
    timer.abort();
  }
}
