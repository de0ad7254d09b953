/** A simulated modem behind a pseudo-terminal. */
import { openPty as openPtyOf, type Pty } from '../transport/pty.ts';
import type { SimModem } from './sim-modem.ts';

export type { Pty as SimPty } from '../transport/pty.ts';

/**
 * The port outlives the programs that open and close it, as a real one does. It keeps the process alive.
 * @throws Error that says how to get socat if it is missing, or what socat said
 */
export const openPty = (sim: Pick<SimModem, 'transport'>, link?: string): Promise<Pty> =>
  openPtyOf(sim.transport, link);
