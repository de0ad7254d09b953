/** How fast bytes pass: collected per turn of the event loop, or paced like those of a serial line. */

export interface ByteFlow {
  /** Bytes that are still under way. */
  readonly pending: number;
  push(bytes: Buffer): void;
  /** What is under way is lost. */
  stop(): void;
}

/** Everything pushed in one turn is delivered at its end, in one piece. */
export function createTurnFlow(deliver: (bytes: Buffer) => void): ByteFlow {
  let waiting: Buffer[] = [];
  let pending = 0;
  let turn: NodeJS.Immediate | undefined;
  const flush = (): void => {
    const bytes = waiting.length === 1 && waiting[0] ? waiting[0] : Buffer.concat(waiting, pending);
    waiting = [];
    pending = 0;
    turn = undefined;
    deliver(bytes);
  };
  return {
    get pending() {
      return pending;
    },
    push: bytes => {
      waiting.push(bytes);
      pending += bytes.length;
      // Not unref'ed: such an immediate does not wake the loop, and it lasts no longer than the turn anyway.
      turn ??= setImmediate(flush);
    },
    stop: () => {
      clearImmediate(turn);
      turn = undefined;
      waiting = [];
      pending = 0;
    },
  };
}

/**
 * A byte takes ten bit times (8N1). The clock runs on absolute deadlines, so a late timer is made up for by a
 * bigger piece and the rate is right over any length.
 */
export function createPacedFlow(baud: number, deliver: (bytes: Buffer) => void): ByteFlow {
  const bytesPerMs = baud / 10_000;
  let queue: Buffer[] = [];
  let pending = 0;
  /** When the byte delivered last had passed. */
  let clock = 0;
  let timer: NodeJS.Timeout | undefined;

  const wait = (): void => {
    // Until the next byte, or for a millisecond's worth of them.
    const next = clock + 1 / bytesPerMs - performance.now();
    timer = setTimeout(tick, Math.max(1, Math.ceil(next))).unref();
  };
  const take = (count: number): Buffer => {
    const pieces: Buffer[] = [];
    pending -= count;
    for (let left = count; left > 0; ) {
      const [first = Buffer.alloc(0)] = queue;
      pieces.push(first.subarray(0, left));
      if (first.length > left) queue[0] = first.subarray(left);
      else queue.shift();
      left -= Math.min(left, first.length);
    }
    return Buffer.concat(pieces);
  };
  const tick = (): void => {
    timer = undefined;
    const due = Math.min(pending, Math.floor((performance.now() - clock) * bytesPerMs));
    clock += due / bytesPerMs;
    const bytes = take(due);
    if (pending > 0) wait();
    if (due > 0) deliver(bytes);
  };
  return {
    get pending() {
      return pending;
    },
    push: bytes => {
      if (pending === 0) clock = Math.max(clock, performance.now());
      queue.push(bytes);
      pending += bytes.length;
      if (!timer) wait();
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
      queue = [];
      pending = 0;
    },
  };
}
