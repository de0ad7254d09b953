/** The journal: all that happened, on the disk first and then in memory; jobs and messages are what it says of them last. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { EventSource, Happening, ReceivedMessage, ServeEvent } from './events.ts';
import { lockFolder } from './folder-lock.ts';
import { isOver, type Job } from './job.ts';
import { JournalFile } from './journal-file.ts';

const NAME = 'journal.jsonl';
/** So many of the newest jobs, messages and events are kept; of other events the last one of each job and message. */
const KEPT = 5_000;
/** Quotas count the jobs of a day. */
const DAY_MS = 86_400_000;
/** It is written anew when it has twice the size of the last time. */
const SMALLEST_BYTES = 4 * 2 ** 20;

export class Journal implements EventSource {
  readonly #file: JournalFile;
  readonly #unlock: () => void;
  readonly #jobs = new Map<string, Job>();
  readonly #keys = new Map<string, string>();
  readonly #messages = new Map<string, ReceivedMessage>();
  readonly #waiting = new Set<() => void>();
  readonly #closing = new AbortController();
  #events: ServeEvent[];
  #limitBytes: number;

  private constructor(file: JournalFile, events: ServeEvent[], unlock: () => void) {
    this.#file = file;
    this.#events = events;
    this.#unlock = unlock;
    this.#limitBytes = Math.max(SMALLEST_BYTES, file.bytes);
    for (const event of events) this.#apply(event);
  }

  /** @throws Error of one sentence: it is in use, damaged, or others could read it */
  static open(folder: string): Journal {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { mode, uid } = statSync(folder);
    if ((mode & 0o077) !== 0 || uid !== process.getuid?.())
      throw new Error(`${folder} must belong to this user and be closed to others: chmod 700 ${folder}`);
    const unlock = lockFolder(folder);
    try {
      const { file, values } = JournalFile.open(join(folder, NAME));
      return new Journal(file, values as ServeEvent[], unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** The oldest first. */
  get jobs(): ReadonlyMap<string, Job> {
    return this.#jobs;
  }

  get messages(): ReadonlyMap<string, ReceivedMessage> {
    return this.#messages;
  }

  get latest(): string {
    return this.#events.at(-1)?.id ?? '0';
  }

  /** Each client has keys of its own: nobody takes one from another, or sees by it what he sends. */
  jobOf(who: Pick<Job, 'by' | 'key'>): Job | undefined {
    return this.#jobs.get(this.#keys.get(fullKey(who)) ?? '');
  }

  /** On the disk when it returns; all of them or none. @throws Error of the file system: nothing has changed then */
  record(...happenings: readonly Happening[]): void {
    const now = Date.now();
    // A clock that was set back must not repeat an id.
    const first = Math.max(now, Number(this.latest) + 1);
    const at = new Date(now).toISOString();
    const events = happenings.map((each, index): ServeEvent => ({ id: `${first + index}`, at, ...each }));
    this.#file.append(events);
    for (const event of events) {
      this.#events.push(event);
      this.#apply(event);
    }
    if (this.#file.bytes > this.#limitBytes) this.#compact(now);
    for (const wake of this.#waiting) wake();
  }

  async *after(cursor = '0', signal?: AbortSignal): AsyncGenerator<ServeEvent, void, undefined> {
    const ended = AbortSignal.any(signal ? [signal, this.#closing.signal] : [this.#closing.signal]);
    for (let last = cursor; !ended.aborted; ) {
      for (const event of this.#behind(last)) {
        if (ended.aborted) return;
        yield event;
        last = event.id;
      }
      if (this.#behind(last).length === 0) await this.#news(ended);
    }
  }

  close(): void {
    this.#closing.abort();
    this.#file.close();
    this.#unlock();
  }

  #apply(event: ServeEvent): void {
    if (event.type === 'job') {
      this.#jobs.set(event.job.id, event.job);
      this.#keys.set(fullKey(event.job), event.job.id);
    } else if (event.type === 'message') this.#messages.set(event.message.id, event.message);
  }

  #behind(cursor: string): readonly ServeEvent[] {
    const last = Number(cursor);
    const first = this.#events.findLastIndex(({ id }) => Number(id) <= last) + 1;
    return this.#events.slice(first);
  }

  #news(ended: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        ended.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      ended.addEventListener('abort', wake);
      if (ended.aborted) wake();
    });
  }

  #compact(now: number): void {
    const young = new Date(now - DAY_MS).toISOString();
    const doomed = [...this.#jobs.values()].slice(0, -KEPT);
    for (const job of doomed) {
      if (!isOver(job) || job.acceptedAt > young) continue;
      this.#jobs.delete(job.id);
      this.#keys.delete(fullKey(job));
    }
    for (const id of [...this.#messages.keys()].slice(0, -KEPT)) this.#messages.delete(id);
    const old = this.#events.length - KEPT;
    this.#events = this.#events.filter((event, index) => index >= old || this.#isLast(event));
    try {
      this.#file.replace(this.#events);
    } catch {
      // A full disk, say: the longer file is as good, and what was recorded is in it.
    }
    this.#limitBytes = Math.max(SMALLEST_BYTES, 2 * this.#file.bytes);
  }

  #isLast(event: ServeEvent): boolean {
    if (event.type === 'job') return this.#jobs.get(event.job.id) === event.job;
    return event.type === 'message' && this.#messages.has(event.message.id);
  }
}

/** Neither has a blank. */
const fullKey = ({ by, key }: Pick<Job, 'by' | 'key'>): string => `${by} ${key}`;
