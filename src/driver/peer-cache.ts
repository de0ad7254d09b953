/** Least recently used peers of all UDP ports, so that one more id can be had when the modem's are all taken. */

/** A connection that its port can do without. */
export interface Spare {
  readonly lastUsed: number;
  giveUp(): Promise<void>;
}

export class PeerCache {
  readonly #ports = new Set<{ readonly spare: Spare | undefined }>();

  add(port: { readonly spare: Spare | undefined }): void {
    this.#ports.add(port);
  }

  delete(port: { readonly spare: Spare | undefined }): void {
    this.#ports.delete(port);
  }

  /** Closes the connection of the peer that was silent longest; false if no port can spare one. */
  async makeRoom(): Promise<boolean> {
    const spare = [...this.#ports].flatMap(port => port.spare ?? []);
    spare.sort((a, b) => a.lastUsed - b.lastUsed);
    await spare[0]?.giveUp();
    return spare.length > 0;
  }
}
