/** A parameter that must be a number. */
import type { Param } from '../at/params.ts';

/** @throws TypeError where a modem says something else; the reply then makes no sense */
export function number(param: Param): number {
  if (typeof param !== 'number') throw new TypeError(`${JSON.stringify(param)} is not a number`);
  return param;
}
