/** Connection ids of the modem: reserve, ring, close, release. */
import { SocketFailure } from './socket-failure.ts';

/** Told to whoever holds a slot. */
export interface SlotEvents {
  /** The modem says that data waits; with `data` it has pushed them and there is nothing to fetch. */
  ring(bytes: number | undefined, data: Buffer | undefined): void;
  /** The modem says that the connection is gone. Not proven: it may be a late word about an earlier one. */
  closed(): void;
}

/** One connection id, held before the command that opens it is written, so that no URC can come too early. */
export interface Slot {
  readonly connectionId: number;
  release(): void;
}

export class ConnectionTable {
  /** Free ids, the longest unused first: a late word about a closed connection then meets no new one. */
  readonly #free: number[];
  readonly #held = new Map<number, { readonly events: SlotEvents; readonly use: string }>();

  #waiting: (() => void)[] = [];

  constructor(ids: readonly number[]) {
    this.#free = [...ids];
  }

  get open(): number {
    return this.#held.size;
  }

  get full(): boolean {
    return this.#free.length === 0;
  }

  /**
   * @param use what the connection is for, to name it when all are taken
   * @throws SocketFailure EMFILE
   */
  reserve(use: string, events: SlotEvents): Slot {
    const connectionId = this.#free.shift();
    if (connectionId === undefined) {
      const uses = [...this.#held.values()].map(held => held.use).join(', ');
      throw new SocketFailure(
        'EMFILE',
        `all ${this.#held.size} connections of the modem are in use: ${uses}`,
      );
    }
    const held = { events, use };
    this.#held.set(connectionId, held);
    return {
      connectionId,
      release: () => {
        // A second release must not take the id from whoever has it now.
        if (this.#held.get(connectionId) !== held) return;
        this.#held.delete(connectionId);
        this.#free.push(connectionId);
        for (const wake of this.#waiting.splice(0)) wake();
      },
    };
  }

  /** Resolves when an id comes free; whoever asks first gets it. */
  freed(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve));
  }

  ring(connectionId: number, bytes?: number, data?: Buffer): void {
    this.#held.get(connectionId)?.events.ring(bytes, data);
  }

  closed(connectionId: number): void {
    this.#held.get(connectionId)?.events.closed();
  }
}
