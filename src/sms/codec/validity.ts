/** How long a service centre tries: one octet, coarser the longer it is (23.040 9.2.3.12.1). */

const MINUTE_MS = 60_000;
const HALF_DAY = 12 * 60;
const DAY = 24 * 60;
const WEEK = 7 * DAY;

/**
 * The shortest period that is not shorter than the one asked for.
 * @throws RangeError for nothing, and for more than 63 weeks
 */
export function formatValidity(validityMs: number): number {
  const minutes = Math.ceil(validityMs / MINUTE_MS);
  if (!(minutes > 0 && minutes <= 63 * WEEK))
    throw new RangeError(`a validity of ${validityMs} ms is not between 1 minute and 63 weeks`);
  if (minutes <= HALF_DAY) return Math.ceil(minutes / 5) - 1;
  if (minutes <= DAY) return 143 + Math.ceil((minutes - HALF_DAY) / 30);
  if (minutes <= 30 * DAY) return 166 + Math.ceil(minutes / DAY);
  return 192 + Math.ceil(minutes / WEEK);
}

/** Milliseconds. */
export function parseValidity(octet: number): number {
  if (octet <= 143) return (octet + 1) * 5 * MINUTE_MS;
  if (octet <= 167) return (HALF_DAY + (octet - 143) * 30) * MINUTE_MS;
  if (octet <= 196) return (octet - 166) * DAY * MINUTE_MS;
  return (octet - 192) * WEEK * MINUTE_MS;
}
