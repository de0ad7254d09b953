/** What came from the network and was not read yet: datagrams, or arrivals of a byte stream. */
import type { Endpoint } from './sim-hosts.ts';

export interface Arrival {
  readonly data: Buffer;
  readonly from: Endpoint;
}

export interface ReadPolicy {
  /** One read goes on into the next arrival. */
  readonly joins: boolean;
  /** What does not fit into one read is lost. */
  readonly truncates: boolean;
}

export class ReceiveQueue {
  #arrivals: Arrival[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The size of the arrival that comes next. */
  get nextBytes(): number | undefined {
    return this.#arrivals[0]?.data.length;
  }

  push(arrival: Arrival): void {
    this.#arrivals.push(arrival);
    this.#bytes += arrival.data.length;
  }

  /** Everything; it is empty then. */
  clear(): Arrival[] {
    this.#bytes = 0;
    return this.#arrivals.splice(0);
  }

  /** What one read gives. Joined data are from where the first of them came. */
  take(limit: number, { joins, truncates }: ReadPolicy): Arrival | undefined {
    const from = this.#arrivals[0]?.from;
    if (!from) return undefined;
    const pieces: Buffer[] = [];
    let length = 0;
    do {
      const piece = this.#takePiece(limit - length, truncates);
      pieces.push(piece);
      length += piece.length;
    } while (joins && length < limit && this.#arrivals.length > 0);
    const [only] = pieces;
    return { data: only && pieces.length === 1 ? only : Buffer.concat(pieces, length), from };
  }

  #takePiece(limit: number, truncates: boolean): Buffer {
    const first = this.#arrivals.shift();
    if (!first) return Buffer.alloc(0);
    const { data, from } = first;
    const whole = truncates || data.length <= limit;
    if (!whole) this.#arrivals.unshift({ data: data.subarray(limit), from });
    this.#bytes -= whole ? data.length : limit;
    return data.subarray(0, limit);
  }
}
