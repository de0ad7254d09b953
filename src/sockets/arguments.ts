/** Node's argument checks: what they accept, and the errors they raise. */
import { inspect } from 'node:util';
import { describe, invalidArgumentType, nodeError } from './node-error.ts';

export function checkString(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw invalidArgumentType(name, 'of type string', value);
}

export function checkNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') throw invalidArgumentType(name, 'of type number', value);
}

export function checkFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw invalidArgumentType(name, 'of type function', value);
}

export function checkUint32(value: unknown, name: string): asserts value is number {
  checkNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < 0 || value > 0xffff_ffff) throw outOfRange(name, '>= 0 && <= 4294967295', value);
}

export function checkAbortSignal(value: unknown, name: string): asserts value is AbortSignal {
  if (typeof value !== 'object' || value === null || !('aborted' in value))
    throw invalidArgumentType(name, 'an instance of AbortSignal', value);
}

/** A port number to send to: a number, or its text, from 1 to 65535. */
export function checkPort(value: unknown): number {
  const isNumeric = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  const port = isNumeric ? Number(value) : Number.NaN;
  if (Number.isInteger(port) && port > 0 && port <= 0xffff) return port;
  const received = describe(value);
  throw nodeError(RangeError, 'ERR_SOCKET_BAD_PORT', `Port should be > 0 and < 65536. Received ${received}.`);
}

function outOfRange(name: string, wanted: string, value: number): Error {
  const text = inspect(value, {
    numericSeparator: Number.isInteger(value) && Math.abs(value) > 2 ** 32,
  });
  return nodeError(
    RangeError,
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${wanted}. Received ${text}`,
  );
}
