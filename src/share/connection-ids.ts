/** Which client holds which connection of the modem: real ids are lent, and each client sees numbers of its own. */

/** Whoever has ids. */
export type Holder = object;

interface Loan {
  /** undefined: whoever it was is gone, and the connection could not be closed. */
  holder: Holder | undefined;
  lastUse: number;
}

/** What the modem has. */
export type IdSource = { readonly all: readonly number[] } | { readonly range: readonly [number, number] };

/** A connection that is closed on the modem and was not named for so long is nobody's any more. */
const FORGOTTEN_MS = 5_000;

export class IdPool {
  readonly #source: IdSource;
  /** In the order of their loan. */
  readonly #loans = new Map<number, Loan>();
  /** Where data come, or go, in hex. */
  readonly hexFromModem = new Set<number>();
  readonly hexToModem = new Set<number>();
  #next = 0;

  constructor(source: IdSource) {
    this.#source = source;
  }

  /** Ids that every client sees; none where each chooses. */
  get visible(): readonly number[] {
    return 'all' in this.#source ? this.#source.all : [];
  }

  /** Whether a client may use the number for a connection of its own. */
  knows(id: number): boolean {
    return 'all' in this.#source ? this.#source.all.includes(id) : id >= 0 && id <= 65_535;
  }

  /** The one that was unused longest; undefined: all are lent. */
  lend(holder: Holder): number | undefined {
    const ids = 'all' in this.#source ? this.#source.all : numbers(this.#source.range);
    for (let tried = 0; tried < ids.length; tried++) {
      const id = ids[this.#next++ % ids.length];
      if (id === undefined || this.#loans.has(id)) continue;
      this.assign(id, holder);
      return id;
    }
    return undefined;
  }

  /** The modem itself has given it out. */
  assign(id: number, holder: Holder): void {
    this.#loans.set(id, { holder, lastUse: performance.now() });
  }

  holder(id: number): Holder | undefined {
    return this.#loans.get(id)?.holder;
  }

  touch(id: number): void {
    const loan = this.#loans.get(id);
    if (loan) loan.lastUse = performance.now();
  }

  give(id: number): void {
    this.#loans.delete(id);
  }

  orphan(id: number): void {
    const loan = this.#loans.get(id);
    if (loan) loan.holder = undefined;
  }

  /** Takes back what is closed on the modem, and was forgotten. Returns the ids. */
  reclaim(open: readonly number[]): number[] {
    const since = performance.now() - FORGOTTEN_MS;
    const closed = [...this.#loans].filter(
      ([id, { holder, lastUse }]) => !open.includes(id) && (!holder || lastUse < since),
    );
    for (const [id] of closed) this.#loans.delete(id);
    return closed.map(([id]) => id);
  }
}

function numbers([first, last]: readonly [number, number]): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The numbers of one client. */
export class ClientIds implements Holder {
  readonly #pool: IdPool;
  readonly #real = new Map<number, number>();

  constructor(pool: IdPool) {
    this.#pool = pool;
  }

  /** The modem's id behind the client's number. A loan that was taken back counts no more. */
  real(number: number): number | undefined {
    const id = this.#real.get(number);
    if (id === undefined) return undefined;
    if (this.#pool.holder(id) !== this) {
      this.#real.delete(number);
      return undefined;
    }
    this.#pool.touch(id);
    return id;
  }

  /** The client's number for an id of the modem; undefined: it is not this client's. */
  number(id: number): number | undefined {
    if (this.#pool.holder(id) !== this) return undefined;
    for (const [number, real] of this.#real) if (real === id) return number;
    return undefined;
  }

  /** undefined: all are lent. */
  lend(number: number): number | undefined {
    const id = this.#pool.lend(this);
    if (id !== undefined) this.#real.set(number, id);
    return id;
  }

  /** A caller that the modem has accepted for this client, under its own number if that is free. */
  adopt(id: number): number {
    const known = this.number(id);
    if (known !== undefined) return known;
    let number = id;
    while (this.real(number) !== undefined) number++;
    this.#pool.assign(id, this);
    this.#real.set(number, id);
    return number;
  }

  give(number: number): void {
    const id = this.real(number);
    this.#real.delete(number);
    if (id !== undefined) this.#pool.give(id);
  }

  /** Ids that it still has. */
  get held(): number[] {
    return [...this.#real.keys()].flatMap(number => this.real(number) ?? []);
  }
}
