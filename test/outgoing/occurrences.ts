/** Events for tests, and a source of them that keeps them in memory as the journal does on disk. */
import type { EventSource, ServeEvent } from '../../src/serve/events.ts';

/** The day on which nothing else happened: long enough ago for a delivery to lose patience. */
const LONG_AGO = Date.parse('2026-01-01T00:00:00Z');

export function receivedMessage(id: number, text = `message ${id}`, from = '+43660123456'): ServeEvent {
  const at = new Date(LONG_AGO + id).toISOString();
  const message = { id: `sms-${id}`, from, text, receivedAt: at, parts: 1 };
  return { id: `${id}`, at, type: 'message', message };
}

export const recentMessage = (id: number): ServeEvent => ({
  ...receivedMessage(id),
  at: new Date().toISOString(),
});

export class Occurrences implements EventSource {
  readonly #events: ServeEvent[];
  #wake: () => void = () => {};

  constructor(...events: readonly ServeEvent[]) {
    this.#events = [...events];
  }

  get latest(): string {
    return this.#events.at(-1)?.id ?? '0';
  }

  add(...events: readonly ServeEvent[]): void {
    this.#events.push(...events);
    this.#wake();
  }

  async *after(cursor = '0', signal?: AbortSignal): AsyncGenerator<ServeEvent> {
    let last = Number(cursor);
    const stopped = new Promise<void>(resolve => signal?.addEventListener('abort', () => resolve()));
    while (!signal?.aborted) {
      const next = this.#events.find(({ id }) => Number(id) > last);
      if (next) {
        last = Number(next.id);
        yield next;
      } else {
        const woken = new Promise<void>(resolve => {
          const wakeOthers = this.#wake;
          this.#wake = () => {
            wakeOthers();
            resolve();
          };
        });
        await Promise.race([woken, stopped]);
      }
    }
  }
}
