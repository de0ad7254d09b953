/** The queries of `node:dns`: the type that each asks for, and the shape of its result. */
import type { AnyRecord } from 'node:dns';
import type { Knowledge } from '../dns/answers.ts';
import { DnsFailure } from '../dns/dns-failure.ts';
import type { RecordData, RecordType } from '../dns/records.ts';
import { recordsHaveType } from './node-internals.ts';

export interface QueryKind {
  /** As in errors. */
  readonly syscall: string;
  /** Any that dns-packet knows, or ANY. */
  readonly type: string;
  /** @throws DnsFailure where Node has an error for an answer without such records */
  readonly shape: (known: Knowledge, options: { readonly ttl: boolean }) => unknown;
}

/** By the name of the method. */
export const QUERIES = {
  resolve4: { syscall: 'queryA', type: 'A', shape: addresses('A') },
  resolve6: { syscall: 'queryAaaa', type: 'AAAA', shape: addresses('AAAA') },
  resolveAny: { syscall: 'queryAny', type: 'ANY', shape: anyRecords },
  resolveCaa: { syscall: 'queryCaa', type: 'CAA', shape: known => shaped(known, 'CAA') },
  // An alias has one name; a chain behind it is of no interest.
  resolveCname: {
    syscall: 'queryCname',
    type: 'CNAME',
    shape: known => some(data(known, 'CNAME')).slice(0, 1),
  },
  resolveMx: { syscall: 'queryMx', type: 'MX', shape: known => shaped(known, 'MX') },
  resolveNaptr: { syscall: 'queryNaptr', type: 'NAPTR', shape: known => data(known, 'NAPTR') },
  resolveNs: { syscall: 'queryNs', type: 'NS', shape: known => some(data(known, 'NS')) },
  resolvePtr: { syscall: 'queryPtr', type: 'PTR', shape: pointers },
  resolveSoa: { syscall: 'querySoa', type: 'SOA', shape: authority },
  resolveSrv: { syscall: 'querySrv', type: 'SRV', shape: known => shaped(known, 'SRV') },
  resolveTlsa: { syscall: 'queryTlsa', type: 'TLSA', shape: known => data(known, 'TLSA') },
  resolveTxt: { syscall: 'queryTxt', type: 'TXT', shape: known => data(known, 'TXT') },
} as const satisfies Record<string, QueryKind>;

export type QueryName = keyof typeof QUERIES;

function data<Type extends RecordType>({ records }: Knowledge, type: Type): RecordData[Type][] {
  return records.flatMap(record => (record.type === type ? [record.data as RecordData[Type]] : []));
}

function typed<Type extends 'MX' | 'SRV' | 'NAPTR' | 'SOA' | 'CAA' | 'TLSA'>(known: Knowledge, type: Type) {
  return data(known, type).map(record => ({ ...record, type }));
}

/** Since Node 24 these say what they are. */
function shaped(known: Knowledge, type: 'MX' | 'SRV' | 'CAA'): readonly object[] {
  return recordsHaveType ? typed(known, type) : data(known, type);
}

/** @throws DnsFailure ENODATA */
export function pointers(known: Knowledge): readonly string[] {
  return some(data(known, 'PTR'));
}

function some<T>(found: readonly T[]): readonly T[] {
  if (found.length > 0) return found;
  throw new DnsFailure('ENODATA', 'the answer has no such records');
}

function addresses(type: 'A' | 'AAAA'): QueryKind['shape'] {
  return (known, { ttl }) => {
    const found = withTtl(known, type);
    // An alias that leads nowhere is an empty list for Node.
    if (found.length === 0 && data(known, 'CNAME').length === 0) some(found);
    return ttl ? found : found.map(({ address }) => address);
  };
}

/** An address holds no longer than the aliases that lead to it. */
function withTtl({ records }: Knowledge, type: 'A' | 'AAAA'): { address: string; ttl: number }[] {
  const aliases = records.flatMap(record => (record.type === 'CNAME' ? [record.ttl] : []));
  return records.flatMap(record =>
    record.type === type ? [{ address: record.data, ttl: Math.min(record.ttl, ...aliases) }] : [],
  );
}

function authority(known: Knowledge): RecordData['SOA'] {
  const [found] = data(known, 'SOA');
  if (found) return found;
  throw new DnsFailure('EBADRESP', 'the answer has no SOA record');
}

/** Sorted by type, in the order of Node. */
function anyRecords(known: Knowledge): AnyRecord[] {
  const named = <Type extends 'CNAME' | 'NS' | 'PTR'>(type: Type) =>
    data(known, type).map(value => ({ value, type }) as const);
  const ipv4 = withTtl(known, 'A').map(found => ({ ...found, type: 'A' }) as const);
  const found = [
    // Of a chain the first alias, as with resolveCname().
    ...(ipv4.length > 0 ? ipv4 : named('CNAME').slice(0, 1)),
    ...withTtl(known, 'AAAA').map(address => ({ ...address, type: 'AAAA' })),
    ...typed(known, 'MX'),
    ...named('NS'),
    ...data(known, 'TXT').map(entries => ({ entries, type: 'TXT' })),
    ...typed(known, 'SRV'),
    ...named('PTR'),
    ...typed(known, 'NAPTR'),
    ...typed(known, 'SOA'),
    ...typed(known, 'CAA'),
    ...typed(known, 'TLSA'),
  ];
  // TLSA is missing in the declarations of Node 20.
  return found as AnyRecord[];
}
