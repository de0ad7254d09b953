/** One connection of the modem at a time for all lookups: those to the same server share it, others wait in order. */
import type { Exchange } from './exchange.ts';

export interface Lease {
  /** Rejects if the modem cannot open it. */
  readonly exchange: Promise<Exchange>;
  /** Once; the last to leave gives the connection back, and waits for that unless it is still being opened. */
  leave(): Promise<void>;
}

export class Turns {
  /** The first has the connection. */
  readonly #queue: Turn[] = [];

  /** @param way names server and protocol: the same way, the same connection */
  join(way: string, open: () => Promise<Exchange>): Lease {
    const turn = this.#joinable(way) ?? this.#append(way, open);
    turn.users++;
    return {
      exchange: turn.exchange,
      leave: async () => {
        turn.users--;
        if (turn.users === 0) await this.#unused(turn);
      },
    };
  }

  /** Whoever comes while others wait joins those, so that nobody waits forever. */
  #joinable(way: string): Turn | undefined {
    const [current, ...waiting] = this.#queue;
    if (waiting.length > 0) return waiting.find(turn => turn.way === way);
    return current?.way === way && current.users > 0 ? current : undefined;
  }

  #append(way: string, open: () => Promise<Exchange>): Turn {
    const turn = new Turn(way, open);
    this.#queue.push(turn);
    if (this.#queue.length === 1) turn.start();
    return turn;
  }

  async #unused(turn: Turn): Promise<void> {
    const place = this.#queue.indexOf(turn);
    if (place > 0) {
      this.#queue.splice(place, 1);
      return;
    }
    const ended = turn.end().then(() => this.#next());
    if (turn.isOpen) await ended;
  }

  #next(): void {
    this.#queue.shift();
    this.#queue[0]?.start();
  }
}

class Turn {
  readonly way: string;
  readonly exchange: Promise<Exchange>;
  readonly start: () => void;
  users = 0;
  isOpen = false;

  constructor(way: string, open: () => Promise<Exchange>) {
    this.way = way;
    let begin: () => void = () => {};
    const begun = new Promise<void>(resolve => {
      begin = resolve;
    });
    this.start = begin;
    this.exchange = begun.then(open);
    // Those who waited for it may have left.
    this.exchange.then(
      () => {
        this.isOpen = true;
      },
      () => {},
    );
  }

  /** Also where it is still being opened: the modem cannot be called back. */
  async end(): Promise<void> {
    const exchange = await this.exchange.catch(() => undefined);
    await exchange?.close();
  }
}
