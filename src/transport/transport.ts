/** The contract of a transport: what carries bytes to and from a DCE. */
import type { Duplex } from 'node:stream';

/** The wires beside the data. Only a real serial port has them. */
export interface LineControl {
  readonly baudRate: number;
  setBaudRate(bitsPerSecond: number): Promise<void>;
  /** Sets the outgoing wires. A port without them (a pseudo-terminal) ignores the call. */
  setSignals(signals: { readonly dtr?: boolean; readonly rts?: boolean }): Promise<void>;
}

/** True for the modem that was behind the first stream. False: the next `open()` looks elsewhere. */
export type Recognise = (imei: string) => boolean;

/**
 * Bytes to and from the DCE, without object mode or encoding. Used once: after 'close' ask the transport for a
 * new one. Loss of the line is 'error' (with a Node `code`) and then 'close'; an orderly end is 'end', 'close'.
 *
 * It never keeps the process alive by itself: what waits for an answer does (see `util/hold.ts`).
 */
export interface ByteStream extends Duplex {
  readonly lineControl?: LineControl;
  /** Where the way to the modem does not tell which one it is: to be asked before anything else is done with it. */
  readonly recognise?: Recognise;
}

/**
 * Something that can reach a DCE. Nothing happens before `open()` is called. It remembers what it has learned of its
 * DCE: a port that was open before is found under another name and waited for a while, and opened at the rate it had last.
 */
export interface Transport {
  /** For messages: "serial:/dev/ttyUSB2", "tcp://127.0.0.1:2000". */
  readonly name: string;
  /** @throws an Error of one sentence that names the port, with Node's `code` (ENOENT, EACCES, EBUSY, …) */
  open(signal?: AbortSignal): Promise<ByteStream>;
  /** Resets the USB device that carries the bytes, and no other one. @throws Error of one sentence */
  readonly resetUsb?: () => Promise<void>;
}

export type TransportDecorator = (inner: Transport) => Transport;
