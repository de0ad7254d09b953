/** A stub resolver over a modem: what is known about a name, from memory or from a name server. */
import type { ModemDriver } from '../driver/driver.ts';
import type { Endpoint } from '../driver/port.ts';
import type { Knowledge } from './answers.ts';
import { Cache } from './cache.ts';
import { ContextServers, contextOf, type NamedServers } from './context-servers.ts';
import { DnsFailure, unreachable } from './dns-failure.ts';
import { queryName } from './names.ts';
import type { Patience } from './patience.ts';
import type { Query, QueryEngine } from './query.ts';
import { formatServer } from './servers.ts';

export interface Asking {
  /** undefined: the usual ones. */
  readonly servers: readonly Endpoint[] | undefined;
  /** Nothing in the questions that a simple server might not know. */
  readonly plain: boolean;
  readonly patience: Patience;
  readonly signal: AbortSignal;
}

export class DnsClient {
  readonly #driver: () => Promise<ModemDriver>;
  readonly #cache = new Cache();
  readonly network: ContextServers;
  #engine: QueryEngine | undefined;
  /** The addresses of the PDP context in which the cache was filled. */
  #context = '';

  constructor(driver: () => Promise<ModemDriver>, named: NamedServers) {
    this.#driver = driver;
    this.network = new ContextServers(driver, named);
  }

  /**
   * @param type any that dns-packet knows, or ANY
   * @throws DnsFailure if nobody could be asked; that a name does not exist is knowledge
   */
  async ask(name: string, type: string, { servers, plain, patience, signal }: Asking): Promise<Knowledge> {
    const asked = queryName(name);
    if (asked === undefined) throw new DnsFailure('EBADNAME', `${name} is no name`);
    // RFC 7686: such names must not leave the machine.
    if (/(^|\.)onion$/i.test(asked)) throw new DnsFailure('ENOTFOUND', 'there is no .onion in the DNS');
    const those = servers ?? (await this.#reaching(() => this.network.servers()));
    const context = contextOf(await this.#reaching(this.#driver));
    // What another network said may have been for those inside (reliability F64).
    if (context !== this.#context) this.#cache.clear();
    this.#context = context;
    const key = [type, asked.toLowerCase(), ...those.map(formatServer)].join(' ');
    const remembered = this.#cache.get(key);
    if (remembered) return remembered;
    const learnt = await this.#learn({ name: asked, type, servers: those, plain, patience, signal });
    if (context === this.#context) this.#cache.set(key, learnt);
    return learnt;
  }

  /** What writes and reads questions is loaded with the first one. */
  async #learn(query: Query): Promise<Knowledge> {
    const [{ QueryEngine }, { knowledge }] = await Promise.all([
      import('./query.ts'),
      import('./answers.ts'),
    ]);
    this.#engine ??= new QueryEngine(this.#driver);
    return knowledge(query.name, await this.#engine.ask(query));
  }

  async #reaching<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw unreachable(cause);
    }
  }
}
