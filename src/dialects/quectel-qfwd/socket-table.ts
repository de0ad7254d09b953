/** Who holds which socket id: we choose those of our own sockets, the modem those of its callers, from one number space. */
import { SocketFailure } from '../../driver/socket-failure.ts';
import type { UrcPort } from './forms.ts';
import type { SocketEvent } from './urcs.ts';

/**
 * High enough that the modem, which takes the smallest that is free, is unlikely to come there (quectel-qfwd.md 3.1), and
 * short: they stand in every command and reply.
 */
const FIRST_ID = 100;
const LAST_ID = 999;

/** Told to whoever holds an id. */
export interface Holder {
  /** Names the socket when all are taken. */
  readonly use: string;
  /** The modem has closed it, and may give its id to somebody else. */
  readonly hungUp: boolean;
  /** Where its URCs were told to go. */
  readonly urcPort: UrcPort | undefined;
  event(event: SocketEvent): void;
  /** The modem has given the id to somebody else. */
  displace(): void;
  /** Bytes that were read for the one before, but are this one's. */
  push(data: Buffer): void;
}

export class SocketTable {
  readonly #limit: number;
  readonly #holders = new Map<number, Holder>();
  /** Opened by us; only these count: of callers the modem takes any number (3.3). */
  readonly #own = new Set<number>();
  #next = FIRST_ID;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get open(): number {
    return this.#holders.size;
  }

  get full(): boolean {
    return this.#own.size >= this.#limit;
  }

  /** Ids of an earlier program: a late word about them must meet nobody. */
  avoid(ids: readonly number[]): void {
    for (const id of ids) if (id >= this.#next && id < LAST_ID) this.#next = id + 1;
  }

  /** An id for a socket of ours, before the command that opens it is written. @throws SocketFailure EMFILE */
  reserve(holder: Holder): number {
    if (this.full) throw this.tooMany();
    // The whole range is gone through before an id comes again.
    while (this.#holders.has(this.#next)) this.#advance();
    const id = this.#next;
    this.#advance();
    this.#own.add(id);
    this.#holders.set(id, holder);
    return id;
  }

  /** The modem has chosen this id, whoever held it before. */
  adopt(id: number, holder: Holder): void {
    this.#holders.get(id)?.displace();
    this.#own.delete(id);
    this.#holders.set(id, holder);
  }

  /** For a server of ours that the modem knows by another id (2.1). */
  rename(from: number, to: number, holder: Holder): void {
    this.release(from, holder);
    this.adopt(to, holder);
    this.#own.add(to);
  }

  /** @param cause what the modem said */
  tooMany(cause?: unknown): SocketFailure {
    const uses = [...this.#holders.values()].map(({ use }) => use).join(', ');
    const many = `no more than ${this.#holders.size} sockets of the modem can be had; in use are ${uses}`;
    return new SocketFailure('EMFILE', many, { cause });
  }

  /** Does nothing if somebody else has the id by now. */
  release(id: number, holder: Holder): void {
    if (this.#holders.get(id) !== holder) return;
    this.#holders.delete(id);
    this.#own.delete(id);
  }

  holder(id: number): Holder | undefined {
    return this.#holders.get(id);
  }

  #advance(): void {
    this.#next = this.#next < LAST_ID ? this.#next + 1 : FIRST_ID;
  }
}
