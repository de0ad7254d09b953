/** The overloads of `send()`, sorted out as Node does. */
import { checkPort, checkString } from './arguments.ts';
import { invalidArgumentType, nodeError } from './node-error.ts';

export type SendCallback = (error: Error | null, bytes?: number) => void;

export interface SendArguments {
  /** Parts of one datagram; still the caller's memory. */
  readonly parts: readonly Uint8Array[];
  /** Only the given ones of a socket that is not connected. */
  readonly port?: number;
  readonly address?: string | undefined;
  readonly callback?: SendCallback | undefined;
}

/**
 * Not connected: `(message, [offset, length,] port[, address][, callback])`;
 * connected: `(message[, offset, length][, callback])`.
 */
export function sortSendArguments(given: readonly unknown[], connected: boolean): SendArguments {
  return connected ? sortForPeer(given) : sortForAnyone(given);
}

function sortForAnyone(given: readonly unknown[]): SendArguments {
  const [message, offset, length, fourth, fifth, sixth] = given;
  const sliced = Boolean(fifth || (fourth && typeof fourth !== 'function'));
  const [port, address, callback] = sliced ? [fourth, fifth, sixth] : [offset, length, fourth];
  const parts = partsOf(sliced ? slice(message, offset, length) : message);
  const checkedPort = checkPort(port);
  if (typeof address === 'function') return { parts, port: checkedPort, callback: asCallback(address) };
  if (address !== undefined && address !== null) checkString(address, 'address');
  return { parts, port: checkedPort, address: address ?? undefined, callback: asCallback(callback) };
}

function sortForPeer(given: readonly unknown[]): SendArguments {
  const [message, offset, length, fourth, fifth, sixth] = given;
  const sliced = typeof length === 'number';
  const whole = sliced ? slice(message, offset, length) : message;
  const short = typeof fourth === 'function';
  const callback = sliced ? (short ? fourth : sixth) : offset;
  if ((fourth && !(sliced && short)) || fifth)
    throw nodeError(Error, 'ERR_SOCKET_DGRAM_IS_CONNECTED', 'Already connected');
  return { parts: partsOf(whole), callback: asCallback(callback) };
}

function partsOf(message: unknown): Uint8Array[] {
  if (!Array.isArray(message)) return [bytesOf(message) ?? refuse('buffer', message)];
  return message.map(part => bytesOf(part) ?? refuse('buffer list arguments', message));
}

function slice(message: unknown, offset: unknown, length: unknown): Uint8Array {
  const bytes = bytesOf(message) ?? refuse('buffer', message);
  // As Node: anything becomes an unsigned 32 bit number.
  const from = Number(offset) >>> 0;
  const count = Number(length) >>> 0;
  if (from > bytes.byteLength) throw outOfBounds('offset');
  if (from + count > bytes.byteLength) throw outOfBounds('length');
  return bytes.subarray(from, from + count);
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value === 'string') return Buffer.from(value);
  if (!ArrayBuffer.isView(value)) return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function refuse(name: string, value: unknown): never {
  throw invalidArgumentType(name, 'of type string or an instance of Buffer, TypedArray, or DataView', value);
}

function outOfBounds(name: string): Error {
  return nodeError(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS', `"${name}" is outside of buffer bounds`);
}

const asCallback = (value: unknown): SendCallback | undefined =>
  typeof value === 'function' ? (value as SendCallback) : undefined;
