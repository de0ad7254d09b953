/** Two ways to read a serial port: through a terminal stream of Node, or through the binding. */
import { closeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import type { SerialPortBinding } from './serial-binding.ts';

const READ_BYTES = 64 * 1024;

export interface SerialReaderEvents {
  data(chunk: Buffer): void;
  /** The port is gone. Without an error: it read 0 bytes. */
  lost(error?: unknown): void;
}

/** Paused at first. Nothing is reported after `close()`. */
export interface SerialReader {
  resume(): void;
  pause(): void;
  close(): void;
}

export type OpenSerialReader = (events: SerialReaderEvents) => SerialReader;

/**
 * For Linux and macOS. The read poller of the binding cannot be unref'ed, so it would keep the process alive for as
 * long as the port is open; a terminal stream can. It gets a descriptor of its own: libuv puts another file in place
 * of the one it is given, and the binding's carries the lock.
 */
export function terminalReader(fd: number): OpenSerialReader {
  return events => {
    const stream = new ReadStream(fd);
    // libuv opens the terminal anew and reads from there, so ours is free, unless that failed.
    const handle: unknown = Reflect.get(stream, '_handle');
    const used = typeof handle === 'object' && handle !== null && 'fd' in handle ? handle.fd : fd;
    if (used !== fd) closeSync(fd);
    let closed = false;
    stream.unref();
    stream.pause();
    stream.on('data', chunk => void (closed || events.data(chunk)));
    stream.on('error', error => void (closed || events.lost(error)));
    stream.on('end', () => void (closed || events.lost()));
    return {
      resume: () => void stream.resume(),
      pause: () => void stream.pause(),
      close: () => {
        closed = true;
        stream.destroy();
      },
    };
  };
}

/** For Windows, where a COM port is no terminal, and for stand-ins of the binding. It does keep the process alive. */
export function bindingReader(port: SerialPortBinding): OpenSerialReader {
  return events => {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    let wanted = false;
    let reading = false;
    let closed = false;
    const readOn = async (): Promise<void> => {
      reading = true;
      try {
        while (wanted && !closed) {
          const { bytesRead } = await port.read(buffer, 0, buffer.length);
          if (!closed) events.data(Buffer.from(buffer.subarray(0, bytesRead)));
        }
      } catch (error) {
        if (!closed) events.lost(error);
      } finally {
        reading = false;
      }
    };
    return {
      resume: () => {
        wanted = true;
        if (!reading) void readOn();
      },
      pause: () => {
        wanted = false;
      },
      close: () => {
        closed = true;
      },
    };
  };
}
