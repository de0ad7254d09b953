/** What is on the card, sorted: new messages, reports and nonsense; what waits, and what may be deleted. Asks nobody. */

import { type Assembled, Assembly } from './codec/assembly.ts';
import { type Entry, messageIn } from './entry.ts';
import type { ReceivedSms, SmsReport, UnreadableSms } from './messages.ts';
import { joined, type Part, partOf, reportOf } from './part.ts';
import type { StoredPart } from './part-store.ts';

/** A message that misses parts is told without them (reliability.md F68); as long a double is known to be one. */
const PATIENCE_MS = 24 * 3_600_000;

/** What is known of a part, a report, or of what nobody can read. */
interface Known {
  readonly sinceMs: number;
  readonly part: Part | undefined;
  /** On the card, when it was last looked at: the network may have sent it twice. */
  entries: Entry[];
  isStored: boolean;
  /** Told: it only has to be deleted. */
  isDone: boolean;
}

/** A message, whole or overdue, that has not been handed over. */
export interface Letter {
  readonly message: ReceivedSms;
  readonly parts: readonly Part[];
}

export interface News {
  readonly letters: Letter[];
  readonly reports: SmsReport[];
  readonly unreadable: UnreadableSms[];
}

export class Sorter {
  readonly #known = new Map<string, Known>();
  readonly #assembly = new Assembly<Part>();
  #letters: readonly Letter[] = [];

  /** In the order in which they became whole. */
  get letters(): readonly Letter[] {
    return this.#letters;
  }

  /** All that is on the card now; gives what is new. */
  see(entries: readonly Entry[], nowMs: number): News {
    const news: News = { letters: [], reports: [], unreadable: [] };
    for (const known of this.#known.values()) known.entries = [];
    for (const entry of entries) this.#sort(entry, nowMs, news);
    this.#forget(nowMs);
    news.letters.push(...this.#assembly.overdue(nowMs - PATIENCE_MS).map(letterOf));
    this.#letters = [...this.#letters, ...news.letters];
    return news;
  }

  /** From the store, before anything else is seen. */
  restore({ pdu, sinceMs }: StoredPart): void {
    const message = messageIn(pdu);
    // A disk may have faults, too.
    if (message instanceof Error || message.type !== 'deliver') return;
    const part = partOf(message, pdu);
    this.#known.set(part.key, { sinceMs, part, entries: [], isStored: true, isDone: false });
    this.#letters = [...this.#letters, ...this.#assembly.add(part, sinceMs).map(letterOf)];
  }

  /** It has been handed over. Gives the keys of its parts that are in the store. */
  finish(letter: Letter, nowMs: number): string[] {
    this.#letters = this.#letters.filter(one => one !== letter);
    return letter.parts.flatMap(part => {
      const known = this.#known.get(part.key);
      const { sinceMs = nowMs, entries = [], isStored = false } = known ?? {};
      this.#known.set(part.key, { sinceMs, part, entries, isStored: false, isDone: true });
      return isStored ? [part.key] : [];
    });
  }

  /** Parts on the card whose message is not whole, for the store. */
  get loose(): StoredPart[] {
    const whole = new Set(this.#letters.flatMap(({ parts }) => parts.map(({ key }) => key)));
    return [...this.#known.values()].flatMap(({ part, entries, isStored, isDone, sinceMs }) =>
      part?.concatenation && entries.length > 0 && !isStored && !isDone && !whole.has(part.key)
        ? [{ key: part.key, pdu: part.raw, sinceMs }]
        : [],
    );
  }

  /** It is in the store now. */
  stored(key: string): void {
    const known = this.#known.get(key);
    if (known) known.isStored = true;
  }

  /** On the card, and safe elsewhere. */
  get doomed(): Entry[] {
    return [...this.#known.values()].flatMap(({ entries, isStored, isDone }) =>
      isStored || isDone ? entries : [],
    );
  }

  /** It has been deleted. */
  discarded(entry: Entry): void {
    for (const [key, known] of this.#known) {
      if (!known.entries.includes(entry)) continue;
      known.entries = known.entries.filter(one => one !== entry);
      if (known.isDone && known.entries.length === 0 && isNameless(known.part)) this.#known.delete(key);
    }
  }

  #sort(entry: Entry, nowMs: number, news: News): void {
    const { message, raw, place } = entry;
    const part = 'type' in message && message.type === 'deliver' ? partOf(message, raw) : undefined;
    const key = part?.key ?? raw;
    const known = this.#known.get(key);
    if (known) {
      known.entries.push(entry);
      return;
    }
    const isReport = 'type' in message && message.type === 'report';
    this.#known.set(key, { sinceMs: nowMs, part, entries: [entry], isStored: false, isDone: isReport });
    if (part) news.letters.push(...this.#assembly.add(part, nowMs).map(letterOf));
    else if (isReport) news.reports.push(reportOf(message));
    else news.unreadable.push({ place, pdu: raw, error: errorOf(message) });
  }

  /** What others have deleted is nobody's any more; what we have, could come again for a while. */
  #forget(nowMs: number): void {
    for (const [key, { entries, isStored, isDone, sinceMs }] of this.#known)
      if (entries.length === 0 && !isStored && (!isDone || sinceMs < nowMs - PATIENCE_MS))
        this.#known.delete(key);
    this.#letters = this.#letters.filter(({ parts }) => parts.some(({ key }) => this.#known.has(key)));
  }
}

/** Of a network without a clock: the same words may be another message. */
const isNameless = (part: Part | undefined): boolean =>
  part !== undefined && part.at === undefined && part.concatenation === undefined;

const letterOf = (assembled: Assembled<Part>): Letter => ({
  message: joined(assembled),
  parts: assembled.parts,
});

const errorOf = (message: Entry['message']): Error =>
  message instanceof Error ? message : new Error('it is none that was received');
