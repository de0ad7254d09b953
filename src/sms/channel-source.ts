/** Where short messages get their modem from. */
import type { AtChannel } from '../at/channel.ts';

/**
 * The channel of a modem that is ready. While a lost modem is being recovered it fails at once, or, with `recovery`, waits;
 * then it fails only when the modem will not come back.
 */
export type ChannelSource = (waitFor?: { readonly recovery: true }) => Promise<AtChannel>;
