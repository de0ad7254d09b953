/** Records of the DNS in one line each, in the form of zone files where there is one. */
import type { AnyRecord, CaaRecord, MxRecord, NaptrRecord, SoaRecord, SrvRecord } from 'node:dns';

type Writer = (record: never) => string;

const quoted = (text: string): string => JSON.stringify(text);

const WRITERS: Readonly<Record<string, Writer>> = {
  ANY: anyText,
  CAA: ({ critical, ...property }: CaaRecord) => {
    const [[tag, value] = ['', '']] = Object.entries(property);
    return `${critical} ${tag} ${quoted(String(value))}`;
  },
  MX: ({ priority, exchange }: MxRecord) => `${priority} ${exchange}`,
  NAPTR: ({ order, preference, flags, service, regexp, replacement }: NaptrRecord) =>
    [order, preference, ...[flags, service, regexp].map(quoted), replacement || '.'].join(' '),
  SOA: ({ nsname, hostmaster, serial, refresh, retry, expire, minttl }: SoaRecord) =>
    [nsname, hostmaster, serial, refresh, retry, expire, minttl].join(' '),
  SRV: ({ priority, weight, port, name }: SrvRecord) => `${priority} ${weight} ${port} ${name || '.'}`,
  TXT: (texts: readonly string[]) => texts.map(quoted).join(' '),
};

/** @param record as `dns.resolve()` gives it: addresses and names are text, the rest are objects */
export function recordText(type: string, record: unknown): string {
  if (typeof record === 'string') return record;
  const writer = WRITERS[type];
  return writer ? writer(record as never) : JSON.stringify(plainRecord(record));
}

/** Bytes as hexadecimal digits, so that it can be printed as JSON. */
export const plainRecord = (record: unknown): unknown => JSON.parse(JSON.stringify(record, plain));

/** Each of another type, which comes first. */
function anyText({ type, ...record }: AnyRecord): string {
  const { address, value, entries } = record as Readonly<Record<string, unknown>>;
  return `${type} ${recordText(type, address ?? value ?? entries ?? record)}`;
}

function plain(_key: string, value: unknown): unknown {
  const { type, data } = (value ?? {}) as { readonly type?: unknown; readonly data?: unknown };
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('hex');
  return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data).toString('hex') : value;
}
