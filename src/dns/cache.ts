/** What name servers said, for as long as they said it holds. */
import type { Knowledge } from './answers.ts';

/** Reliability F64. */
const MOST_ENTRIES = 1_000;
const LONGEST_S = 3_600;
const LONGEST_NEGATIVE_S = 60;
/** Larger values are mistakes, and mean zero (RFC 2181 8). */
const LARGEST_TTL_S = 0x7fff_ffff;

interface Entry {
  readonly knowledge: Knowledge;
  /** By `performance.now()`, which no change of the clock moves. */
  readonly since: number;
  readonly until: number;
}

export class Cache {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** With the time to live that is left. */
  get(key: string): Knowledge | undefined {
    const entry = this.#entries.get(key);
    const now = performance.now();
    if (!entry) return undefined;
    if (now >= entry.until) {
      this.#entries.delete(key);
      return undefined;
    }
    const age = Math.floor((now - entry.since) / 1000);
    const { knowledge } = entry;
    return {
      ...knowledge,
      ttl: knowledge.ttl - age,
      records: knowledge.records.map(record => ({ ...record, ttl: Math.max(0, record.ttl - age) })),
    };
  }

  set(key: string, knowledge: Knowledge): void {
    const longest = knowledge.failure ? LONGEST_NEGATIVE_S : LONGEST_S;
    const ttl = knowledge.ttl > LARGEST_TTL_S ? 0 : Math.min(knowledge.ttl, longest);
    if (ttl === 0) return;
    const since = performance.now();
    this.#entries.delete(key);
    this.#entries.set(key, { knowledge, since, until: since + ttl * 1000 });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }

  clear(): void {
    this.#entries.clear();
  }
}
