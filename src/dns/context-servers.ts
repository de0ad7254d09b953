/** Which name servers are asked: those of the user, else those of the network that the modem is in, else public ones. */
import { isIP } from 'node:net';
import type { ModemDriver } from '../driver/driver.ts';
import type { Endpoint, Family } from '../driver/port.ts';
import { PUBLIC_SERVERS, parseServer } from './servers.ts';

/** How long the modem is not asked again, unless it is another one. */
const FRESH_MS = 60_000;

/** Read at each use. */
export type NamedServers = () => readonly Endpoint[] | undefined;

interface Network {
  readonly named: readonly Endpoint[];
  readonly families: readonly Family[];
}

export class ContextServers {
  readonly #driver: () => Promise<ModemDriver>;
  readonly #named: NamedServers;
  #looked: { driver: ModemDriver; context: string; untilMs: number; network: Promise<Network> } | undefined;
  #last: Network = { named: [], families: [] };

  constructor(driver: () => Promise<ModemDriver>, named: NamedServers) {
    this.#driver = driver;
    this.#named = named;
  }

  /** The servers to ask, as far as is known without the modem. */
  get lastKnown(): readonly Endpoint[] {
    return this.#named() ?? serversOf(this.#last);
  }

  /** @throws SocketFailure ENETDOWN */
  async servers(): Promise<readonly Endpoint[]> {
    return (await this.byUser()) ?? serversOf(await this.#network());
  }

  /** Those that the user wants and no others; undefined if it is all the same. */
  async byUser(): Promise<readonly Endpoint[] | undefined> {
    // With the modem come the options that stand in its URL.
    await this.#driver();
    return this.#named();
  }

  /** Whether the PDP context names servers of its own. */
  async namesServers(): Promise<boolean> {
    return (await this.#network()).named.length > 0;
  }

  /** Those of the PDP context; none if that is not known. */
  async families(): Promise<readonly Family[]> {
    return (await this.#network()).families;
  }

  async #network(): Promise<Network> {
    const driver = await this.#driver();
    const context = contextOf(driver);
    const now = performance.now();
    const same = this.#looked?.driver === driver && this.#looked.context === context;
    if (!this.#looked || !same || now >= this.#looked.untilMs)
      this.#looked = { driver, context, untilMs: now + FRESH_MS, network: look(driver) };
    this.#last = await this.#looked.network;
    return this.#last;
  }
}

/** The same text, the same network. */
export const contextOf = ({ contextAddresses = [] }: ModemDriver): string => contextAddresses.join();

/** Never rejects: a lookup that cannot be helped fails on its own. */
async function look(driver: ModemDriver): Promise<Network> {
  const [named = [], { addresses }] = [
    await driver.nameServers?.().catch(() => []),
    await driver.network().catch(() => ({ addresses: [] })),
  ];
  return {
    named: named.flatMap(text => parseServer(text) ?? []),
    families: [...new Set(addresses.map((address): Family => (isIP(address) === 4 ? 4 : 6)))],
  };
}

/** The public ones are of the families that the context has; IPv4 as long as that is not known. */
function serversOf({ named, families }: Network): readonly Endpoint[] {
  const usable: readonly Family[] = families.length > 0 ? families : [4];
  return named.length > 0 ? named : PUBLIC_SERVERS.filter(({ family }) => usable.includes(family));
}
