/** Record types that Node does not read: what the package dns-packet makes of them. */
import { decode } from 'dns-packet';
import type { Knowledge } from './answers.ts';
import { DnsFailure } from './dns-failure.ts';

/** @throws DnsFailure EBADRESP, ENODATA */
export function otherRecords({ bytes }: Knowledge, type: string): unknown[] {
  const found = decoded(bytes).flatMap(answer =>
    answer.type === type && 'data' in answer ? [answer.data as unknown] : [],
  );
  if (found.length > 0) return found;
  throw new DnsFailure('ENODATA', `the answer has no ${type} records`);
}

function decoded(bytes: Buffer): NonNullable<ReturnType<typeof decode>['answers']> {
  try {
    return decode(bytes).answers ?? [];
  } catch (cause) {
    throw new DnsFailure('EBADRESP', 'the name server gave records that cannot be read', { cause });
  }
}
