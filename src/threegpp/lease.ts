/** Whether the PDP context still has the addresses it had: if not, it was the network that ended the connections. */
import type { AtChannel } from '../at/channel.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import { readContextAddresses } from './network.ts';

/**
 * A modem says of a connection that it is closed, and not by whom. One that the network took away together with its
 * address was not ended by the peer, and what was heard of it may be half of a message (reliability.md I1, F43).
 */
export class Lease {
  readonly #at: AtChannel;
  readonly #cid: number;
  #addresses: string | undefined;
  #changes = 0;

  constructor(at: AtChannel, cid: number) {
    this.#at = at;
    this.#cid = cid;
  }

  /** Given back to `check()` by what is opened now. */
  get current(): number {
    return this.#changes;
  }

  /** @throws AtError */
  async look(): Promise<void> {
    const addresses = (await readContextAddresses(this.#at, this.#cid)).join();
    if (this.#addresses !== undefined && this.#addresses !== addresses) this.#changes++;
    this.#addresses = addresses;
  }

  /** @throws SocketFailure ECONNRESET; AtError */
  async check(since: number): Promise<void> {
    await this.look();
    if (this.#changes === since) return;
    throw new SocketFailure('ECONNRESET', 'the network has taken the address of the connection away');
  }
}
