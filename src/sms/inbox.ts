/** Receiving: looks at the card at the start, when something is announced, and each minute; hands over, then deletes. */
import type { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { AtChannel } from '../at/channel.ts';
import { shielded } from '../at/urc.ts';
import { isLineLost } from '../threegpp/failures.ts';
import { messageStored, reportStored } from '../threegpp/sms-commands.ts';
import { createHold, type Hold } from '../util/hold.ts';
import { announce, readCard, removeEntry } from './card.ts';
import type { ChannelSource } from './channel-source.ts';
import type { Entry } from './entry.ts';
import type { ReceivedSms, SmsEvents } from './messages.ts';
import type { PartStore } from './part-store.ts';
import { type Letter, Sorter } from './sorter.ts';

export interface Receiver {
  readonly handler: (message: ReceivedSms) => Promise<void>;
  readonly store: PartStore | undefined;
}

/** An announcement may be lost, and a full card has none (reliability.md F67). */
const LOOK_MS = 60_000;
/** Until it is known that the line was lost. */
const LOST_MS = 1_000;
/** Of the places on the card. */
const ALARMING = 0.8;

const isReport = (message: Entry['message']): boolean => 'type' in message && message.type === 'report';

/** Since 1970, but even: a clock that is set meanwhile would make parts overdue. */
const now = (): number => Math.round(performance.timeOrigin + performance.now());

export class Inbox {
  readonly #source: ChannelSource;
  readonly #events: EventEmitter<SmsEvents>;
  readonly #sorter = new Sorter();
  #receiver: Receiver | undefined;
  /** While there is a receiver. */
  #hold: Hold | undefined;
  #loaded: PartStore | undefined;
  #running: Promise<void> | undefined;
  #channel: AtChannel | undefined;
  #announcedAt = Number.NEGATIVE_INFINITY;
  #alarm = new AbortController();
  /** Places, at this look. */
  #freed = 0;

  constructor(source: ChannelSource, events: EventEmitter<SmsEvents>) {
    this.#source = source;
    this.#events = events;
  }

  /** From now on until the modem is closed. Looks at once. */
  start(): void {
    this.#running ??= this.#run();
    this.#alarm.abort();
  }

  /** Keeps the process alive, as a listening socket does. Gives the way to stop. */
  receive(receiver: Receiver): () => void {
    if (this.#receiver) throw new Error('another receiver takes the messages of this modem already');
    this.#receiver = receiver;
    this.#hold = createHold();
    this.start();
    return () => {
      if (this.#receiver !== receiver) return;
      this.#receiver = undefined;
      this.#hold?.release();
    };
  }

  async #run(): Promise<void> {
    for (let channel = await this.#next(); channel; channel = await this.#next()) {
      this.#alarm = new AbortController();
      if (this.#channel !== channel) this.#listen(channel);
      const error = await this.#look(channel).then(
        () => undefined,
        (cause: Error) => cause,
      );
      if (error && !isLineLost(error)) this.#emit('trouble', error);
      if (error) await pause(LOST_MS, undefined, { ref: false });
      await pause(LOOK_MS, undefined, { signal: this.#alarm.signal, ref: false }).catch(() => {});
    }
    this.#hold?.release();
  }

  /** Undefined: the modem is closed. */
  #next(): Promise<AtChannel | undefined> {
    return this.#source({ recovery: true }).catch(() => undefined);
  }

  #listen(channel: AtChannel): void {
    const wake = (): void => this.#alarm.abort();
    this.#channel = channel;
    this.#announcedAt = Number.NEGATIVE_INFINITY;
    for (const rule of [messageStored, reportStored]) channel.onUrc(rule, wake);
    void channel.closed.then(wake);
  }

  async #look(channel: AtChannel): Promise<void> {
    // Somebody else may have switched it off, and some firmware does so itself.
    if (performance.now() - this.#announcedAt >= LOOK_MS) await channel.transaction(announce);
    this.#announcedAt = performance.now();
    await this.#load();
    this.#freed = 0;
    const { entries, used, total } = await channel.transaction(readCard);
    if (used >= total * ALARMING && total > 0) this.#emit('storage', { used, total });
    const { letters, reports, unreadable } = this.#sorter.see(
      this.#mayDelete ? entries : entries.filter(({ message }) => !isReport(message)),
      now(),
    );
    for (const { message } of letters) this.#emit('message', message);
    for (const report of reports) this.#emit('report', report);
    for (const one of unreadable) this.#emit('unreadable', one);
    for (const letter of this.#sorter.letters) await this.#handOver(letter, channel);
    await this.#keepLoose();
    if (this.#mayDelete) await this.#discard(channel);
    // The network had no room for more, and its announcement may be lost.
    if (used === total && this.#freed > 0) this.#alarm.abort();
  }

  /** What was stored before the program was started again. */
  async #load(): Promise<void> {
    const store = this.#receiver?.store;
    if (!store || store === this.#loaded) return;
    for (const part of await store.load()) this.#sorter.restore(part);
    this.#loaded = store;
  }

  async #handOver(letter: Letter, channel: AtChannel): Promise<void> {
    const receiver = this.#receiver;
    if (!receiver) return;
    try {
      await receiver.handler(letter.message);
    } catch (error) {
      // It stays, and comes again with the next look.
      this.#emit('trouble', error instanceof Error ? error : new Error(String(error)));
      return;
    }
    for (const key of this.#sorter.finish(letter, now())) await receiver.store?.drop(key);
    await this.#discard(channel);
  }

  async #keepLoose(): Promise<void> {
    const store = this.#receiver?.store;
    if (!store) return;
    for (const part of this.#sorter.loose) {
      await store.keep(part);
      this.#sorter.stored(part.key);
    }
  }

  /** Of who only listens to messages the card stays as it was, and the reports are there for who listens later. */
  get #mayDelete(): boolean {
    return this.#receiver !== undefined || this.#events.listenerCount('report') > 0;
  }

  async #discard(channel: AtChannel): Promise<void> {
    for (const entry of this.#sorter.doomed) {
      if (await channel.transaction(at => removeEntry(at, entry))) this.#freed++;
      this.#sorter.discarded(entry);
    }
  }

  #emit<Name extends keyof SmsEvents>(name: Name, event: SmsEvents[Name][0]): void {
    shielded(() => (this.#events as EventEmitter).emit(name, event));
  }
}
