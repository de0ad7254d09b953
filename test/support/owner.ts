/** Owners of ports for contract tests: they read as the socket layer does, one `receive()` at a time. */
import type { PortEvents, TcpPort } from '../../src/driver/port.ts';

export const DEADLINE_MS = 20_000;

/** Settles when `work` calls back, or fails at the deadline. */
export function deadline(work: (resolve: () => void) => void, what = 'something'): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited too long for ${what}`)), DEADLINE_MS);
    work(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Reads a TCP port to its end, unless it is told to pause. */
export class StreamOwner implements PortEvents {
  port: TcpPort | undefined;
  paused = false;
  ended = false;
  bytes = 0;
  readonly chunks: Buffer[] = [];
  readonly errors: unknown[] = [];
  readonly lost: (Error | undefined)[] = [];
  #reading = false;
  #again = false;
  #wake = (): void => {};

  readable(): void {
    this.#again = true;
    if (!this.#reading) void this.#read();
  }

  closed(error?: Error): void {
    this.lost.push(error);
    this.#wake();
  }

  resume(): void {
    this.paused = false;
    this.readable();
  }

  get data(): Buffer {
    return Buffer.concat(this.chunks);
  }

  until(done: () => boolean, what: string): Promise<void> {
    return deadline(resolve => {
      this.#wake = () => done() && resolve();
      this.#wake();
    }, what);
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#again && !this.ended) {
        this.#again = false;
        for (;;) {
          if (this.paused) return;
          const next = await this.port?.receive(16_384);
          if (next === undefined) break;
          this.ended = next === null;
          if (next === null) break;
          this.chunks.push(next);
          this.bytes += next.length;
          this.#wake();
        }
      }
    } catch (error) {
      this.errors.push(error);
    } finally {
      this.#reading = false;
      this.#wake();
    }
  }
}

/** Writes everything, as the socket layer does: one `send()` at a time, the rest after a partial one. */
export async function writeAll(port: TcpPort, data: Buffer): Promise<void> {
  for (let at = 0; at < data.length; ) at += await port.send(data.subarray(at));
}
