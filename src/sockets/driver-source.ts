/** Where sockets get their modem from. */
import type { ModemDriver } from '../driver/driver.ts';

/**
 * Called at each opening; resolves when the modem is ready. While a lost modem is being
 * recovered it fails at once, or, with `recovery`, waits; then it fails only when the modem will not come back.
 */
export type DriverSource = (waitFor?: { readonly recovery: true }) => Promise<ModemDriver>;
