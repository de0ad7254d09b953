/** A modem on a simulator that others use, too: opened for one piece of work. */
import { Modem } from '../../src/index.ts';
import type { SimModem } from '../../src/sim/index.ts';

export async function modemOf<T>(sim: SimModem, work: (modem: Modem) => Promise<T>): Promise<T> {
  const modem = new Modem(async () => ({ options: {}, createTransport: async () => sim.transport }));
  await modem.open();
  try {
    return await work(modem);
  } finally {
    await modem.close();
  }
}
