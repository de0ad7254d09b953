/** Sends many datagrams with only so many under way at once, so that no buffer on the path can overflow. */

export interface Stream {
  readonly count: number;
  /** How many may have been sent and not have arrived. */
  readonly window: number;
  /** Sends the datagram of this number; it may resolve long before the datagram arrives. */
  send(index: number): Promise<unknown>;
  /** Resolves when the next datagram has arrived. @throws when it is not the one of this number */
  arrive(index: number): Promise<void>;
}

/** @throws what `send` or `arrive` throws first */
export async function stream({ count, window, send, arrive }: Stream): Promise<void> {
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  let last: Promise<unknown> = Promise.resolve();
  let sent = 0;
  for (let arrived = 0; arrived < count; arrived++) {
    for (; sent < count && sent - arrived < window; sent++) {
      last = send(sent);
      last.catch(fail);
    }
    await Promise.race([failed, arrive(arrived)]);
  }
  // One socket tells of its sends in their order.
  await last;
}
