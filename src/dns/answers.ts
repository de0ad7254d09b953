/** What a response says about the name asked for: its records, following aliases, or why there are none. */
import { DnsFailure } from './dns-failure.ts';
import { type Response, ResultCode } from './message.ts';
import { sameName } from './names.ts';
import type { ResourceRecord } from './records.ts';

/** Longer chains are mistakes, or traps. */
const LONGEST_CHAIN = 16;

/** What is known about a name, for so long. */
export interface Knowledge {
  /** In the order of the answer; the aliases that lead to them too. */
  readonly records: readonly ResourceRecord[];
  /** Instead of records. */
  readonly failure: DnsFailure | undefined;
  /** How many records the answer had, of any name and type. */
  readonly answerCount: number;
  readonly ttl: number;
  /** For types that only the package dns-packet reads. */
  readonly bytes: Buffer;
}

/** @param name as it was asked for */
export function knowledge(name: string, response: Response): Knowledge {
  const { answerCount, bytes } = response;
  const failure = failureOf(name, response);
  const records = failure ? [] : aboutName(name, response.answers);
  const ttls = records.map(({ ttl }) => ttl);
  const ttl = failure ? negativeTtl(response) : ttls.length > 0 ? Math.min(...ttls) : 0;
  return { records, failure, answerCount, ttl, bytes };
}

function failureOf(name: string, { code, answerCount }: Response): DnsFailure | undefined {
  if (code === ResultCode.nameError) return new DnsFailure('ENOTFOUND', `the name ${name} does not exist`);
  if (code === ResultCode.formatError)
    return new DnsFailure('EFORMERR', 'the name server does not understand the question');
  if (answerCount === 0) return new DnsFailure('ENODATA', `the name ${name} has no such records`);
  return undefined;
}

/** Records of other names prove nothing: a server tells them without being asked (reliability S11). */
function aboutName(name: string, answers: readonly ResourceRecord[]): ResourceRecord[] {
  const names = [bare(name)];
  for (let known = 0; known < names.length && known < LONGEST_CHAIN; known++) {
    const current = names[known] ?? '';
    const alias = answers.find(
      (record): record is Extract<ResourceRecord, { type: 'CNAME' }> =>
        record.type === 'CNAME' && sameName(record.name, current),
    );
    if (alias && !names.some(seen => sameName(seen, alias.data))) names.push(alias.data);
  }
  return answers.filter(record => names.some(seen => sameName(seen, record.name)));
}

/** How long a missing name may be remembered (RFC 2308 5). */
function negativeTtl({ code, authorities }: Response): number {
  if (code !== ResultCode.success && code !== ResultCode.nameError) return 0;
  const ttls = authorities.flatMap(record =>
    record.type === 'SOA' ? [Math.min(record.ttl, record.data.minttl)] : [],
  );
  return ttls[0] ?? 0;
}

const bare = (name: string): string => (name === '.' ? '' : name);
