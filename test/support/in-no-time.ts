/** Time that passes as fast as a played module answers. */
import { VirtualTime } from '../faults/virtual-time.ts';

export async function inNoTime<T>(work: () => Promise<T>): Promise<T> {
  const time = new VirtualTime();
  time.install();
  try {
    return await time.run('the module', 600_000, work());
  } finally {
    time.uninstall();
  }
}
