/** The AT engine alone, for people who want no sockets: `openChannel(transport)`, commands, URC rules. */
import { type AttentionOptions, attend, type Line } from './attention.ts';
import type { AtChannel } from './channel.ts';

export { AtError } from './at-error.ts';
export type { AttentionOptions, Line } from './attention.ts';
export {
  AtChannel,
  type ChannelOptions,
  type ChannelStats,
  type Executor,
  type LineObserver,
  type Urc,
} from './channel.ts';
export { action, type Command, type InfoLine, type Reply, read, set, test } from './command.ts';
export type { Block, BlockForm } from './framer.ts';
export type { Framing } from './framing.ts';
export { Bare, formatParams, type Param, parseParams } from './params.ts';
export { rawCommand } from './raw-command.ts';
export type { AtErrorKind } from './result-code.ts';
export type { UrcRule } from './urc.ts';

/**
 * Opens the line and waits until a modem answers.
 * @throws Error that says what was tried
 */
export async function openChannel(
  transport: { open(signal?: AbortSignal): Promise<Line> },
  options: AttentionOptions = {},
): Promise<AtChannel> {
  return attend(await transport.open(options.signal), options);
}
