/** Names of the workload: each has one address, and whoever gets that of another is found out. */
import type { Modem } from '../../src/index.ts';
import type { Random } from '../../src/util/random.ts';
import { pick } from './fault.ts';

export const HOSTS: Readonly<Record<string, string>> = {
  'one.test': '192.0.2.11',
  'two.test': '192.0.2.22',
  'three.test': '198.51.100.33',
  'four.test': '203.0.113.44',
};
const MISSING = 'missing.test';

const CODES = new Set(
  'ENOTFOUND ENODATA ESERVFAIL EREFUSED EBADRESP ETIMEOUT ECANCELLED ECONNREFUSED EAI_AGAIN ENETDOWN'.split(
    ' ',
  ),
);
const STUCK_MS = 400_000;
const PAUSE_MS = 400;

/** Gives back what is wrong. */
export async function askNames(
  modem: Modem,
  ready: () => Promise<void>,
  random: Random,
  count: number,
): Promise<string[]> {
  const problems: string[] = [];
  for (let index = 0; index < count; index++) {
    await ready();
    const name = pick([...Object.keys(HOSTS), MISSING], random);
    const heard = await withinLimit(ask(modem, name, random(2) === 0));
    if (heard === undefined) return [...problems, `I6: ${name} was never answered`];
    const right = heard === HOSTS[name] || CODES.has(heard);
    if (!right) problems.push(`I4: ${name} is ${heard} in place of ${HOSTS[name]}`);
    await new Promise<void>(resolve => setTimeout(resolve, PAUSE_MS));
  }
  return problems;
}

/** The addresses, or the code of the error. */
function ask({ dns }: Modem, name: string, byServers: boolean): Promise<string> {
  const asked = byServers
    ? dns.promises.resolve4(name)
    : dns.promises.lookup(name, { family: 4 }).then(({ address }) => [address]);
  return asked.then(
    addresses => addresses.join(),
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
}

function withinLimit(answer: Promise<string>): Promise<string | undefined> {
  return new Promise(resolve => {
    const limit = setTimeout(() => resolve(undefined), STUCK_MS);
    void answer.then(heard => {
      clearTimeout(limit);
      resolve(heard);
    });
  });
}
