/** The list of dialects and how one is chosen. */
import type { AtChannel } from '../at/channel.ts';
import { identify } from '../threegpp/commands.ts';
import { ignoreRefusal } from '../threegpp/network.ts';
import type { Dialect, Identity } from './dialect.ts';
import { quectelQfwd } from './quectel-qfwd/index.ts';
import { sequans } from './sequans/index.ts';

export const dialects: readonly Dialect[] = [sequans, quectelQfwd];

export async function readIdentity(at: AtChannel): Promise<Identity> {
  return {
    manufacturer: await ask(at, '+CGMI'),
    model: await ask(at, '+CGMM'),
    revision: await ask(at, '+CGMR'),
  };
}

export const readImei = (at: AtChannel): Promise<string> => ask(at, '+CGSN');

async function ask(at: AtChannel, name: Parameters<typeof identify>[0]): Promise<string> {
  return (await at.execute(identify(name)).catch(ignoreRefusal)) ?? '';
}

/** @throws Error that says what the modem called itself, and what is known */
export function chooseDialect(name: string, identity: Identity): Dialect {
  const chosen = dialects.find(dialect =>
    name === 'auto' ? dialect.matches(identity) : dialect.name === name,
  );
  if (chosen) return chosen;
  const known = dialects.map(dialect => dialect.name).join(', ');
  const { manufacturer, model, revision } = identity;
  throw new Error(
    name === 'auto'
      ? `the modem "${manufacturer} ${model} ${revision}" is of no dialect known here (${known}); choose one with dialect=`
      : `unknown dialect ${name} (known: ${known})`,
  );
}
