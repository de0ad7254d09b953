/** What all connections of one Sequans modem share: the channel, the ids, their settings, what the firmware can. */
import { AtError } from '../../at/at-error.ts';
import type { AtChannel } from '../../at/channel.ts';
import type { Param } from '../../at/params.ts';
import type { ConnectionTable } from '../../driver/connection-table.ts';
import { PeerCache } from '../../driver/peer-cache.ts';
import type { Family } from '../../driver/port.ts';
import { SafetyPoll } from '../../driver/safety-poll.ts';
import type { SocketFailure } from '../../driver/socket-failure.ts';
import { Lease } from '../../threegpp/lease.ts';
import { ignoreRefusal, noNetwork } from '../../threegpp/network.ts';
import { Pending } from '../../util/pending.ts';
import * as sequans from './commands.ts';

/** Learned once from the identity and from what the modem refuses. */
export interface Capabilities {
  /** One connection talks to any number of peers (Monarch 2, sequans.md 10). */
  perDatagram: boolean;
  /** The receiver's address in SQNSSENDEXT wants quotes (3.6, doubtful). */
  quotedAddress: boolean;
  /** Several connections may have the same local port number (12, doubtful). */
  sharedLocalPort: boolean;
}

/** What is still open then will refuse to be dialled. */
const CLOSE_TRIES = 2;

/** Told what the modem's own table says of its connection. */
export interface Watched {
  readonly id: number;
  seen(state: number): void;
}

/** A close that was refused may have been damaged on its way: then the table still has the connection. */
async function closeStale(at: AtChannel, status: readonly sequans.Status[], form: '' | '?'): Promise<void> {
  const isOpen = ({ state }: sequans.Status): boolean => state !== sequans.CLOSED;
  let open = status.filter(isOpen);
  for (let tries = 0; open.length > 0 && tries < CLOSE_TRIES; tries++) {
    for (const { id } of open) await at.execute(sequans.close(id)).catch(ignoreRefusal);
    open = (await at.execute(sequans.readStatus(form))).filter(isOpen);
  }
}

type Configs = Map<number, readonly Param[]>;

/** Whatever is open on the modem and has an owner to tell. */
export interface Closable {
  /** Without an error: the modem is closed in order. */
  fail(error: SocketFailure | undefined): void;
  close(): Promise<void>;
}

export class SequansContext {
  readonly at: AtChannel;
  readonly hex: boolean;
  readonly table: ConnectionTable;
  readonly capabilities: Capabilities;
  readonly payload = { sent: 0, received: 0 };
  readonly ports = new Set<Closable>();
  /** Connections that are being closed: the line stays open for them. */
  readonly pending = new Pending();
  readonly peers = new PeerCache();
  readonly poll = new SafetyPoll();
  readonly lease: Lease;
  readonly watched = new Set<Watched>();
  /** Why nothing of a family can be reached or heard, if the network is why. */
  readonly noNetwork: (family: Family, cause: unknown) => Promise<SocketFailure | undefined>;
  readonly #wanted: Readonly<Record<sequans.ConfigName, readonly number[]>>;
  readonly #configs: Readonly<Record<sequans.ConfigName, Configs>>;
  readonly #statusForm: '' | '?';

  private constructor(
    at: AtChannel,
    table: ConnectionTable,
    settings: { cid: number; hex: boolean; capabilities: Capabilities; statusForm: '' | '?' },
    configs: Readonly<Record<sequans.ConfigName, Configs>>,
  ) {
    this.at = at;
    this.table = table;
    this.lease = new Lease(at, settings.cid);
    this.hex = settings.hex;
    this.capabilities = settings.capabilities;
    this.#statusForm = settings.statusForm;
    this.#wanted = {
      '+SQNSCFG': sequans.socketConfig(settings.cid),
      '+SQNSCFGEXT': sequans.extendedConfig(settings.hex),
    };
    this.#configs = configs;
    this.noNetwork = (family, cause) => noNetwork(at, settings.cid, family, cause);
  }

  /** Reads the table of connections and closes those that an earlier program left open. @throws AtError */
  static async create(
    at: AtChannel,
    settings: { cid: number; hex: boolean; capabilities: Capabilities },
    createTable: (ids: readonly number[]) => ConnectionTable,
  ): Promise<SequansContext> {
    let statusForm: '' | '?' = '';
    let status = await at.execute(sequans.readStatus('')).catch(ignoreRefusal);
    if (!status?.length) {
      statusForm = '?';
      status = await at.execute(sequans.readStatus('?'));
    }
    // A modem that has no connections at all is no modem: an answer was lost, or another one was taken for it.
    if (status.length === 0) throw new AtError('reply', sequans.readStatus(statusForm), 'no connections');
    await closeStale(at, status, statusForm);
    const configs = async (name: sequans.ConfigName): Promise<Configs> =>
      (await at.execute(sequans.readConfig(name)).catch(ignoreRefusal)) ?? new Map();
    return new SequansContext(
      at,
      createTable(status.map(({ id }) => id)),
      { ...settings, statusForm },
      { '+SQNSCFG': await configs('+SQNSCFG'), '+SQNSCFGEXT': await configs('+SQNSCFGEXT') },
    );
  }

  /** Tells every owner and gives every connection back. Never rejects. */
  async closePorts(error: SocketFailure | undefined): Promise<void> {
    this.poll.stop();
    for (const port of this.ports) {
      port.fail(error);
      void port.close();
    }
    await this.pending.settled();
  }

  /** One look at the table tells of every connection. @throws AtError */
  async look(): Promise<void> {
    for (const { id, state } of await this.status())
      for (const watched of this.watched) if (watched.id === id) watched.seen(state);
  }

  status(): Promise<sequans.Status[]> {
    return this.at.execute(sequans.readStatus(this.#statusForm));
  }

  /** Settings stay with the id, over restarts too: they are written only when they differ. */
  async configure(id: number): Promise<void> {
    for (const name of ['+SQNSCFG', '+SQNSCFGEXT'] as const) {
      const wanted = this.#wanted[name];
      const current = this.#configs[name].get(id);
      if (wanted.every((value, index) => current?.[index] === value)) continue;
      await this.at.execute(sequans.writeConfig(name, id, wanted));
      this.#configs[name].set(id, wanted);
    }
  }
}
