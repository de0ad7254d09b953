/** The outbox: orders become jobs, each with its state on the disk before anybody is told of it. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { splitText } from '../sms/codec/parts.ts';
import type { SmsReport } from '../sms/messages.ts';
import { afterUnknown, type Job, type JobState, type Order } from './job.ts';
import type { Journal } from './journal.ts';
import { type Quota, quotaWait } from './quota.ts';
import { Refusal } from './refusal.ts';
import { settle } from './reports.ts';

export interface OutboxOptions {
  /** Of each client. */
  readonly quota: Quota;
  /** Numbers must begin with one of them. */
  readonly prefixes: readonly string[];
}

/** Who asks, and under which key: the same key again asks for the same job. */
export interface Request {
  readonly key: string;
  readonly by: string;
}

/** Changes of a job; undefined takes a field away. */
type Change = { readonly [K in keyof Job]?: Job[K] | undefined };

export class Outbox {
  readonly #journal: Journal;
  readonly #options: OutboxOptions;
  readonly #wakes = new Set<() => void>();
  /** Reports that came while a message was being sent. */
  readonly #early: SmsReport[] = [];

  constructor(journal: Journal, options: OutboxOptions) {
    this.#journal = journal;
    this.#options = options;
    for (const job of [...journal.jobs.values()]) if (job.state === 'sending') this.#settleCrash(job);
  }

  /** The oldest first. */
  get jobs(): ReadonlyMap<string, Job> {
    return this.#journal.jobs;
  }

  /** @throws Refusal; Error of the file system: then nothing was accepted */
  accept(order: Order, { key, by }: Request): { readonly job: Job; readonly isNew: boolean } {
    const known = this.#journal.jobOf({ key, by });
    if (known) {
      if (isDeepStrictEqual(orderOf(known), orderOf(order))) return { job: known, isNew: false };
      throw new Refusal('key', 'this key was used for another message');
    }
    const parts = this.#checkOrder(order, by);
    const at = new Date().toISOString();
    const job: Job = {
      ...orderOf(order),
      id: randomUUID(),
      key,
      by,
      state: 'queued',
      acceptedAt: at,
      changedAt: at,
      parts,
      tries: 0,
    };
    this.#journal.record({ type: 'job', job });
    for (const wake of this.#wakes) wake();
    return { job, isNew: true };
  }

  /** @returns false: it is too late */
  cancel(job: Job): boolean {
    if (this.jobs.get(job.id)?.state !== 'queued') return false;
    this.update(job, { state: 'failed', error: 'cancelled', notBefore: undefined });
    return true;
  }

  /** Of those whose time has come the one that has waited longest. */
  next(now: number): Job | undefined {
    return this.#queued().find(({ notBefore = 0 }) => notBefore <= now);
  }

  /** How long until one's time comes; undefined: none waits. */
  waitMs(now: number): number | undefined {
    const times = this.#queued().map(({ notBefore = 0 }) => Math.max(0, notBefore - now));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  update(job: Job, change: Change): Job {
    const merged = { ...job, ...change, changedAt: new Date().toISOString() };
    const known = Object.entries(merged).filter(([, value]) => value !== undefined);
    const next = Object.fromEntries(known) as unknown as Job;
    this.#journal.record({ type: 'job', job: next });
    if (job.state === 'sending' && next.state !== 'sending')
      for (const report of this.#early.splice(0)) this.report(report);
    return next;
  }

  /** What became of a part. @throws Error of the file system */
  report(report: SmsReport): void {
    // It may be about that one, whose reference is not known yet.
    if ([...this.jobs.values()].some(({ state }) => state === 'sending'))
      return void this.#early.push(report);
    const found = settle(this.jobs.values(), report);
    if (found) this.update(found.job, found.change);
  }

  /** `listener` hears of new jobs. Returns the way to stop. */
  onNew(listener: () => void): () => void {
    this.#wakes.add(listener);
    return () => void this.#wakes.delete(listener);
  }

  #queued(): readonly Job[] {
    return [...this.jobs.values()].filter(({ state }) => state === 'queued');
  }

  /** The program ended between the command and its result (reliability.md F65). */
  #settleCrash(job: Job): void {
    const error = 'the service ended while it was being sent';
    this.update(job, { state: afterUnknown(job), error });
  }

  /** @returns its parts. @throws Refusal */
  #checkOrder({ to, text }: Order, by: string): number {
    const { prefixes, quota } = this.#options;
    if (!/^\+?[\d*#]{1,20}$/.test(to)) throw new Refusal('number', 'this is no telephone number');
    if (!prefixes.some(prefix => to.startsWith(prefix)))
      throw new Refusal('number', `numbers must begin with ${prefixes.join(' or ')}`);
    const parts = countParts(text);
    const wait = quotaWait(this.jobs.values(), by, parts, quota, Date.now());
    if (wait === undefined) throw new Refusal('quota', `a text of ${parts} parts is more than the quota`);
    if (wait > 0) throw new Refusal('quota', 'the quota of this token is used up', wait);
    return parts;
  }
}

/** Of a job, too; false is what is left out. */
function orderOf({ to, text, flash, report, validityMinutes, onUnknown }: Order): Order {
  return {
    to,
    text,
    ...(flash && { flash }),
    ...(report && { report }),
    ...(validityMinutes !== undefined && { validityMinutes }),
    ...(onUnknown && { onUnknown }),
  };
}

/** @throws Refusal */
function countParts(text: string): number {
  // Half a character would come out as another one.
  if (text === '' || /\p{Surrogate}/u.test(text))
    throw new Refusal('text', 'the text is empty or no Unicode');
  try {
    return splitText(text).texts.length;
  } catch (error) {
    throw new Refusal('text', (error as Error).message);
  }
}

/** How many are in which state. */
export function countJobs(jobs: Iterable<Job>): Record<JobState, number> {
  const counts = { queued: 0, sending: 0, sent: 0, delivered: 0, failed: 0, unknown: 0 };
  for (const { state } of jobs) counts[state]++;
  return counts;
}
