/** The contract of a transport: what carries bytes to and from a DCE. */
import type { Duplex } from 'node:stream';

/** The wires beside the data. Only a real serial port has them. */
export interface LineControl {
  setBaudRate(bitsPerSecond: number): Promise<void>;
  /** Sets the outgoing wires. A port without them (a pseudo-terminal) ignores the call. */
  setSignals(signals: { readonly dtr?: boolean; readonly rts?: boolean }): Promise<void>;
}

/**
 * Bytes to and from the DCE, without object mode or encoding. Used once: after 'close' ask the transport for a
 * new one. Loss of the line is 'error' (with a Node `code`) and then 'close'; an orderly end is 'end', 'close'.
 *
 * It never keeps the process alive by itself: what waits for an answer does (see `util/hold.ts`).
 */
export interface ByteStream extends Duplex {
  readonly lineControl?: LineControl;
}

/** Something that can reach a DCE. Nothing happens before `open()` is called. */
export interface Transport {
  /** For messages: "serial:/dev/ttyUSB2", "tcp://127.0.0.1:2000". */
  readonly name: string;
  /** @throws an Error of one sentence that names the port, with Node's `code` (ENOENT, EACCES, EBUSY, …) */
  open(signal?: AbortSignal): Promise<ByteStream>;
}

export type TransportDecorator = (inner: Transport) => Transport;
