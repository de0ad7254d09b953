/** Counts what keeps the process alive (`util/hold.ts`): its timers, apart from those of the test runner, which come and go. */
import { onTestFinished, vi } from 'vitest';

/** → how many of the holds made from now on are held. */
export function watchHolds(): () => number {
  const made = vi.spyOn(globalThis, 'setInterval');
  const cleared = vi.spyOn(globalThis, 'clearInterval');
  onTestFinished(() => {
    made.mockRestore();
    cleared.mockRestore();
  });
  return () => {
    const over = cleared.mock.calls.map(([timer]) => timer);
    const timers = made.mock.results.map(({ value }) => value as NodeJS.Timeout);
    return timers.filter(timer => timer.hasRef() && !over.includes(timer)).length;
  };
}
