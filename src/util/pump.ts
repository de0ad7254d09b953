/** Work that is asked for at any time and runs once at a time. */

/** @param work never rejects. Asked for while it runs, it runs once more. */
export function createPump(work: () => Promise<void>): () => void {
  let running = false;
  let wanted = false;
  const run = async (): Promise<void> => {
    running = true;
    while (wanted) {
      wanted = false;
      await work();
    }
    running = false;
  };
  return () => {
    wanted = true;
    if (!running) void run();
  };
}
