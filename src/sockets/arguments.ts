/** Node's argument checks: what they accept, and the errors they raise. */
import { inspect } from 'node:util';
import { describe, invalidArgumentType, nodeError } from './node-error.ts';

export function checkString(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw invalidArgumentType(name, 'of type string', value);
}

export function checkNumber(value: unknown, name: string): asserts value is number {
  if (typeof value !== 'number') throw invalidArgumentType(name, 'of type number', value);
}

export function checkBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidArgumentType(name, 'of type boolean', value);
}

export function checkFunction(value: unknown, name: string): void {
  if (typeof value !== 'function') throw invalidArgumentType(name, 'of type function', value);
}

export function checkUint32(value: unknown, name: string): asserts value is number {
  checkInteger(value, name, 0, 0xffff_ffff);
}

export function checkInteger(
  value: unknown,
  name: string,
  lowest: number,
  highest: number,
): asserts value is number {
  checkNumber(value, name);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < lowest || value > highest) throw outOfRange(name, `>= ${lowest} && <= ${highest}`, value);
}

export function checkAbortSignal(value: unknown, name: string): asserts value is AbortSignal {
  if (typeof value !== 'object' || value === null || !('aborted' in value))
    throw invalidArgumentType(name, 'an instance of AbortSignal', value);
}

/** A port number, or its text: from 1 to 65535, or from 0. */
export function checkPort(
  value: unknown,
  { name = 'Port', lowest = 1 }: { readonly name?: string; readonly lowest?: 0 | 1 } = {},
): number {
  const isNumeric = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  const port = isNumeric ? Number(value) : Number.NaN;
  if (Number.isInteger(port) && port >= lowest && port <= 0xffff) return port;
  const range = `${lowest === 0 ? '>=' : '>'} 0 and < 65536`;
  throw nodeError(
    RangeError,
    'ERR_SOCKET_BAD_PORT',
    `${name} should be ${range}. Received ${describe(value)}.`,
  );
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
