/** The modem that is shared: one channel, opened again when it is lost, and the ids of its connections. */
import { EventEmitter } from 'node:events';
import { type AtChannel, type LineObserver, openChannel, type Urc } from '../at/index.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { chooseDialect, readIdentity } from '../dialects/registry.ts';
import type { Sharing } from '../dialects/sharing.ts';
import { RecoveryMemory } from '../recovery/memory.ts';
import { Supervisor } from '../recovery/supervisor.ts';
import { treatmentsOf, type WatchdogOptions } from '../recovery/treatment.ts';
import type { Transport } from '../transport/transport.ts';
import { IdPool } from './connection-ids.ts';

export interface SharedModemOptions {
  /** `auto`: recognised; a modem that nobody recognises is shared all the same, but for its sockets. */
  readonly dialect?: string | undefined;
  readonly maxLine?: number | undefined;
  readonly observer?: LineObserver;
  /** What may be done to one that does not answer. Whether it has a network is its users' business: radio and reset are theirs. */
  readonly watchdog?: Omit<WatchdogOptions, 'radio' | 'reset'>;
  readonly memory?: RecoveryMemory;
  /** For the log. */
  readonly report: (event: string) => void;
}

/** A run of the modem. */
export interface Run {
  readonly at: AtChannel;
  readonly ids: IdPool;
  /** undefined: nothing is known of its sockets. */
  readonly sharing: Sharing | undefined;
}

/** `lost` has the line by which such a modem says that nothing of before is left, if it has one. */
export class SharedModem extends EventEmitter<{ urc: [Urc]; lost: [string | undefined] }> {
  readonly #transport: Transport;
  readonly #options: SharedModemOptions;
  readonly #closing = new AbortController();
  readonly #supervisor: Supervisor;
  #run: Run | undefined;

  private constructor(transport: Transport, options: SharedModemOptions) {
    super();
    this.#transport = transport;
    this.#options = options;
    const { watchdog = {}, memory = new RecoveryMemory(), report } = options;
    this.#supervisor = new Supervisor({
      name: transport.name,
      open: () => this.#open(),
      memory,
      treatments: treatmentsOf({ ...watchdog, radio: false, reset: false }, transport.resetUsb),
      dryRun: watchdog.dryRun ?? false,
      report: ({ rung, action, reason, result }) => report(`rung ${rung}, ${action}: ${result} (${reason})`),
      signal: this.#closing.signal,
    });
    // One listener for each client.
    this.setMaxListeners(0);
  }

  /** @throws Error the first opening fails */
  static async open(
    transport: Transport,
    options: SharedModemOptions,
    signal: AbortSignal,
  ): Promise<SharedModem> {
    const modem = new SharedModem(transport, options);
    const leave = (): void => modem.#closing.abort(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      await modem.#open();
    } finally {
      signal.removeEventListener('abort', leave);
    }
    return modem;
  }

  /** undefined: it is lost, and being looked for. */
  get run(): Run | undefined {
    return this.#run;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#run?.at.close();
  }

  async #open(): Promise<void> {
    const { maxLine, observer } = this.#options;
    const { signal } = this.#closing;
    const at = await openChannel(this.#transport, {
      signal,
      ...(maxLine !== undefined && { maxLine }),
      ...(observer && { observer }),
    });
    const leave = (): void => void at.close();
    signal.addEventListener('abort', leave, { once: true });
    try {
      const sharing = (await this.#recognise(at))?.sharing;
      this.#run = { at, sharing, ids: sharing ? await prepare(at, sharing) : new IdPool({ all: [] }) };
    } catch (error) {
      await at.close();
      throw error;
    } finally {
      signal.removeEventListener('abort', leave);
    }
    at.on('urc', urc => this.emit('urc', urc));
    // Where nobody has an error to hear of, it is heard here.
    void at.closed.then(reason => this.#lost(at, reason));
  }

  async #recognise(at: AtChannel): Promise<Dialect | undefined> {
    const { dialect = 'auto', report } = this.#options;
    const identity = await readIdentity(at);
    try {
      return chooseDialect(dialect, identity);
    } catch (error) {
      if (dialect !== 'auto') throw error;
      report(`its sockets are not shared: ${(error as Error).message}`);
      return undefined;
    }
  }

  async #lost(at: AtChannel, reason: Error | undefined): Promise<void> {
    this.#run = undefined;
    this.emit('lost', at.framing.bootLines[0]);
    const { signal } = this.#closing;
    if (signal.aborted) return;
    this.#options.report(`the modem is lost: ${reason?.message ?? 'its line was closed'}`);
    // It fails when this is closed.
    await this.#supervisor.bringBack(reason).then(
      () => this.#options.report('the modem is back'),
      () => {},
    );
  }
}

/** Connections of an earlier program are closed here, once, and no client has to: it would close those of the others. */
async function prepare(at: AtChannel, sharing: Sharing): Promise<IdPool> {
  const ids = new IdPool(await sharing.ids(at));
  at.framing = sharing.createFraming(id => ids.hexFromModem.has(id));
  // Known to nobody, they would be taken for lines of the command in flight.
  for (const prefix of sharing.urcNames) at.onUrc({ prefix, parse: params => params }, () => {});
  for (const id of await sharing.openIds(at)) {
    try {
      await sharing.close(at, id);
    } catch {
      // What cannot be closed is lent to nobody while it is open.
      ids.assign(id, ids);
      ids.orphan(id);
    }
  }
  return ids;
}
