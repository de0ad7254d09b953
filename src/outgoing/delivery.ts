/** Carries events to one destination: in order, each at least once, tried again for a day (reliability.md F72). */
import { setTimeout as pause } from 'node:timers/promises';
import type { EventSource, ServeEvent } from '../serve/events.ts';
import type { Cursor } from './cursor.ts';
import { type Destination, RefusedError } from './destination.ts';
import { oneLine } from './one-line.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;
const DAY_MS = 86_400_000;

export interface DeliveryOptions {
  readonly signal: AbortSignal;
  /** Told what people should know, in sentences without anybody's text or number. */
  readonly log: (sentence: string) => void;
}

/**
 * Each destination has a delivery of its own, so one that is down delays no other. One event is in memory, the rest is
 * where the source keeps it. Resolves after the signal. @throws Error of the source or of the cursor's file
 */
export async function deliverAll(
  source: EventSource,
  destination: Destination,
  cursor: Cursor,
  options: DeliveryOptions,
): Promise<void> {
  const { signal } = options;
  const patience = new Patience(destination.name, options.log);
  for await (const event of source.after(cursor.id, signal)) {
    if (!destination.wants(event)) continue;
    if (!(await deliver(event, destination, patience, signal))) return;
    cursor.move(event.id);
  }
}

/** False: the signal came first. */
async function deliver(
  event: ServeEvent,
  destination: Destination,
  patience: Patience,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await destination.deliver(event, signal);
      patience.succeeded();
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (patience.failed(event, error) === 'drop') return true;
      await pause(patience.pauseMs, undefined, { signal }).catch(() => {});
    }
  }
  return false;
}

/** How long a destination is waited for, and what is said meanwhile: once when it fails, once when it works again. */
class Patience {
  readonly #name: string;
  readonly #log: (sentence: string) => void;
  #failures = 0;
  #failingSince = 0;

  constructor(name: string, log: (sentence: string) => void) {
    this.#name = name;
    this.#log = log;
  }

  get pauseMs(): number {
    return Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS);
  }

  succeeded(): void {
    if (this.#failures > 0) this.#log(`${this.#name} works again`);
    this.#failures = 0;
  }

  failed({ id, at }: ServeEvent, error: unknown): 'again' | 'drop' {
    const reason = oneLine(error instanceof Error ? error.message : String(error));
    if (error instanceof RefusedError) {
      this.#log(`${this.#name} refused event ${id}, which is dropped: ${reason}`);
      this.succeeded();
      return 'drop';
    }
    const now = performance.now();
    if (this.#failures === 0) {
      this.#failingSince = now;
      this.#log(`${this.#name} fails and is tried again: ${reason}`);
    }
    this.#failures++;
    // Both: the service itself may have been off for days, and the clock of a small computer is wrong until it has a network.
    if (now - this.#failingSince < DAY_MS || Date.now() - Date.parse(at) < DAY_MS) return 'again';
    this.#log(`${this.#name} has failed for a day; event ${id} is dropped: ${reason}`);
    return 'drop';
  }
}
