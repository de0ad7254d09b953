/** Finds out what this firmware knows: names by test commands, the rest by a socket to nobody (quectel-qfwd.md 4). */
import { SocketFailure } from '../../driver/socket-failure.ts';
import { ignoreRefusal } from '../../threegpp/network.ts';
import type { Choice } from './capabilities.ts';
import * as qfwd from './commands.ts';
import type { QfwdContext } from './context.ts';

/** @throws SocketFailure EOPNOTSUPP where the firmware is without the family */
export async function probeNames(context: QfwdContext): Promise<void> {
  const { capabilities } = context;
  const isKnown = async (name: string): Promise<boolean> =>
    (await context.run(qfwd.isKnown(name)).catch(ignoreRefusal)) ?? false;
  const find = async <K extends 'server' | 'state' | 'close' | 'read'>(
    key: K,
  ): Promise<Choice<K> | undefined> => {
    for (const name of capabilities.candidates(key)) if (await isKnown(name)) return name;
    return undefined;
  };
  const client = await isKnown('+QFWDCLIENT');
  for (const key of ['server', 'state', 'close'] as const) {
    const name = await find(key);
    if (name) capabilities.prefer(key, name);
  }
  // The other one means two things: what it answers to a read proves nothing.
  if (await isKnown('+QFWDRECV')) capabilities.learn('read', '+QFWDRECV');
  // A firmware may refuse the test form only (section 4.4).
  if (client || (await context.run(qfwd.readClients).catch(ignoreRefusal))) return;
  throw new SocketFailure(
    'EOPNOTSUPP',
    'this firmware does not know the socket forwarding commands (AT+QFWD…); the QI… commands that it may know are a dialect that is not there yet',
  );
}
