/** An open serial port as a byte stream. */
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { SerialPortBinding } from './serial-binding.ts';
import { serialLostError } from './serial-error.ts';
import type { OpenSerialReader, SerialReader } from './serial-reader.ts';
import type { ByteStream, LineControl } from './transport.ts';

/** Flow control or a dead device can hold output back for ever; closing gives each step this long. */
const CLOSE_STEP_MS = 1000;

export class SerialStream extends Duplex implements ByteStream {
  readonly lineControl: LineControl;
  readonly #path: string;
  readonly #port: SerialPortBinding;
  readonly #reader: SerialReader;

  constructor(path: string, port: SerialPortBinding, openReader: OpenSerialReader) {
    // A line has no half-closed state: when one direction is over, so is the other.
    super({ allowHalfOpen: false });
    this.#path = path;
    this.#port = port;
    this.lineControl = createLineControl(port);
    this.#reader = openReader({
      data: chunk => void (this.push(chunk) || this.#reader.pause()),
      lost: error => void this.destroy(serialLostError(path, error)),
    });
  }

  override _read(): void {
    this.#reader.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    // The binding writes on after EAGAIN and partial writes, and resolves when all is taken.
    this.#port.write(chunk).then(
      () => done(),
      (error: unknown) => done(serialLostError(this.#path, error)),
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
    const sent = await settlesInTime(this.#port.drain());
    if (!sent) await settlesInTime(this.#port.flush());
    await settlesInTime(this.#port.close());
  }
}

function createLineControl(port: SerialPortBinding): LineControl {
  // The binding sets all wires at once, so those not named keep what they had; opening raises both.
  let wires = { dtr: true, rts: true };
  return {
    setBaudRate: bitsPerSecond => port.update({ baudRate: bitsPerSecond }),
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
async function settlesInTime(work: Promise<void>): Promise<boolean> {
  const timer = new AbortController();
  const settled = work.then(
    () => true,
    () => true,
  );
  const late = delay(CLOSE_STEP_MS, false, { ref: false, signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([settled, late]);
  } finally {
    timer.abort();
  }
}
