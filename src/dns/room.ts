/** Room for a connection: what to do while the program has them all. */
import { SocketFailure } from '../driver/socket-failure.ts';
import type { Exchange } from './exchange.ts';

/** How long a lookup waits for a connection when the program has them all. */
const ROOM_MS = 2_000;
const ROOM_POLL_MS = 100;

/** A program gives connections back, so a modem without any is asked again for a moment. */
export async function openWithRoom(open: () => Promise<Exchange>): Promise<Exchange> {
  const deadline = performance.now() + ROOM_MS;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!isFull(error) || performance.now() >= deadline) throw error;
      await new Promise(resolve => setTimeout(resolve, ROOM_POLL_MS));
    }
  }
}

export const isFull = (error: unknown): boolean => error instanceof SocketFailure && error.code === 'EMFILE';
