/** Resource records in the shapes of `node:dns`. */
import type { CaaRecord, MxRecord, NaptrRecord, SoaRecord, SrvRecord } from 'node:dns';
import { SocketAddress } from 'node:net';
import { Malformed, type MessageReader } from './message-reader.ts';

/** As newer Nodes give it; the declarations of Node 20 do not have it. */
export interface TlsaRecord {
  readonly certUsage: number;
  readonly selector: number;
  readonly match: number;
  readonly data: ArrayBuffer;
}

/** What each type carries. */
export interface RecordData {
  readonly A: string;
  readonly AAAA: string;
  readonly CAA: CaaRecord;
  readonly CNAME: string;
  readonly MX: MxRecord;
  readonly NAPTR: NaptrRecord;
  readonly NS: string;
  readonly PTR: string;
  readonly SOA: SoaRecord;
  readonly SRV: SrvRecord;
  readonly TLSA: TlsaRecord;
  readonly TXT: string[];
}

export type RecordType = keyof RecordData;

export type ResourceRecord = {
  readonly [Type in RecordType]: {
    readonly name: string;
    readonly type: Type;
    readonly ttl: number;
    readonly data: RecordData[Type];
  };
}[RecordType];

type Reader<Type extends RecordType> = (reader: MessageReader, end: number) => RecordData[Type];

const TYPES: Readonly<Record<number, RecordType>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  33: 'SRV',
  35: 'NAPTR',
  52: 'TLSA',
  257: 'CAA',
};

const READERS: { readonly [Type in RecordType]: Reader<Type> } = {
  A: reader => reader.take(4).join('.'),
  AAAA: reader => ipv6(reader.take(16)),
  CAA: (reader, end) => {
    const critical = reader.u8();
    const tag = reader.text();
    const value = reader.take(end - reader.offset).toString('latin1');
    // An empty tag or value: RFC 8659 4.1 forbids the one, c-ares the other.
    if (tag === '' || value === '') throw new Malformed('a CAA record without tag or value');
    return { critical, [tag]: value };
  },
  CNAME: reader => reader.name(),
  MX: reader => {
    const priority = reader.u16();
    return { exchange: reader.name(), priority };
  },
  NAPTR: reader => {
    const order = reader.u16();
    const preference = reader.u16();
    const flags = reader.text();
    const service = reader.text();
    const regexp = reader.text();
    return { flags, service, regexp, replacement: reader.name(), order, preference };
  },
  NS: reader => reader.name(),
  PTR: reader => reader.name(),
  SOA: reader => ({
    nsname: reader.name(),
    hostmaster: reader.name(),
    serial: reader.u32(),
    refresh: reader.u32(),
    retry: reader.u32(),
    expire: reader.u32(),
    minttl: reader.u32(),
  }),
  SRV: reader => {
    const priority = reader.u16();
    const weight = reader.u16();
    const port = reader.u16();
    return { name: reader.name(), port, priority, weight };
  },
  TLSA: (reader, end) => {
    const certUsage = reader.u8();
    const selector = reader.u8();
    const match = reader.u8();
    const data = reader.take(end - reader.offset);
    return { certUsage, selector, match, data: Uint8Array.from(data).buffer };
  },
  TXT: (reader, end) => {
    const chunks: string[] = [];
    while (reader.offset < end) chunks.push(reader.text());
    return chunks;
  },
};

const CLASS_INTERNET = 1;
const OPT = 41;

/** What stands at the head of every record, and its data if the type is known. */
export interface ReadRecord {
  readonly record: ResourceRecord | undefined;
  /** The upper bits of the result code that only an OPT record has (RFC 6891 6.1.3). */
  readonly extendedCode: number;
}

/** @throws Malformed */
export function readRecord(reader: MessageReader): ReadRecord {
  const name = reader.name();
  const number = reader.u16();
  const recordClass = reader.u16();
  const ttl = reader.u32();
  const length = reader.u16();
  const end = reader.offset + length;
  const type = recordClass === CLASS_INTERNET ? TYPES[number] : undefined;
  const record = type && { name, type, ttl, data: READERS[type](reader, end) };
  if (reader.offset > end) throw new Malformed('the data of a record are longer than it says');
  reader.take(end - reader.offset);
  return {
    // The pairs of type and data are right one by one, which the compiler does not see.
    record: record as ResourceRecord | undefined,
    extendedCode: number === OPT ? ttl >>> 24 : 0,
  };
}

function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}
