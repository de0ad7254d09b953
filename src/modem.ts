/** openModem(): puts the layers together, supervises them and opens them again. */
import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { LineObserver } from './at/channel.ts';
import { shielded } from './at/urc.ts';
import { SocketFailure } from './driver/socket-failure.ts';
import { ModemAt } from './modem-at.ts';
import { Figures, type ModemInfo, type ModemStats, type ModemStatus } from './modem-figures.ts';
import type { Session, SessionOptions } from './modem-session.ts';
import type { Setup } from './modem-setup.ts';
import type { ParsedModemUrl } from './modem-url.ts';
import type { Patient, RecoveryEvent, Supervisor } from './recovery/supervisor.ts';
import type { WatchdogOptions } from './recovery/treatment.ts';
import { Sms } from './sms/sms.ts';
import { createDgram } from './sockets/dgram.ts';
import { createDns, type Dns } from './sockets/dns.ts';
import type { DriverSource } from './sockets/driver-source.ts';
import { createNet } from './sockets/net.ts';
import { TraceWriter } from './transport/trace-writer.ts';
import { createHold } from './util/hold.ts';

/** `recovering`: lost, and being opened again. `closed` is for good. */
export type ModemState = 'opening' | 'ready' | 'recovering' | 'closed';

/** Those of the URL count less. */
export interface OpenOptions extends SessionOptions {
  /** Gives up opening. */
  readonly signal?: AbortSignal;
  /** Hears every line in and out from the first one on, in the dialogue format, secrets removed. */
  readonly trace?: (line: string) => void;
  /** What may be done to bring it back when opening it again is not enough. */
  readonly watchdog?: WatchdogOptions;
}

/** A dial that nobody answers holds up every other command: then the line is closed all the same. */
const CLOSE_MS = 5_000;

interface ModemEvents {
  state: [ModemState];
  trace: [string];
  recovery: [RecoveryEvent];
}

/**
 * A modem, opened by `openModem()`.
 *
 * Events: `state` with the new state; `trace` with every line in and out, secrets removed; `recovery` with what was done
 * to get a lost modem back.
 */
export class Modem extends EventEmitter<ModemEvents> {
  /** Stands in for `node:dgram`. */
  readonly dgram: typeof import('node:dgram');
  /** Stands in for `node:net`. */
  readonly net: typeof import('node:net');
  /** Stands in for `node:dns`. */
  readonly dns: Dns;
  /** Raw AT commands, between those of the sockets. */
  readonly at: ModemAt;
  /** Short messages. */
  readonly sms: Sms;
  readonly #url: () => Promise<ParsedModemUrl>;
  #setup: Promise<Setup> | undefined;
  readonly #options: OpenOptions;
  readonly #hold = createHold();
  readonly #closing = new AbortController();
  /** Called when a lost modem is ready again or closed. Not events: there may be as many as sockets. */
  readonly #comebacks: (() => void)[] = [];
  readonly #figures = new Figures();
  /** Of the firmware, by the driver of this or an earlier run. */
  #learned: Readonly<Record<string, string>> | undefined;
  /** Those that the user wants; known once the URL has been read. */
  #nameServers: string | undefined;
  #recoveries = 0;
  #supervisor: Supervisor | undefined;
  #state: ModemState = 'opening';
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Opens nothing: `open()` does, or the first use of a socket. Programs want `openModem`.
   * @internal
   */
  constructor(url: () => Promise<ParsedModemUrl>, options: OpenOptions = {}) {
    super();
    this.#url = url;
    this.#options = options;
    this.#learned = options.capabilities;
    this.#hold.unref();
    const session = async (waitFor?: { readonly recovery: true }): Promise<Session> => {
      if (waitFor?.recovery) await this.#recovered();
      return this.#ready();
    };
    const driver: DriverSource = async waitFor => (await session(waitFor)).driver;
    const self = this;
    const dns = createDns(driver, {
      get dns() {
        return self.#nameServers;
      },
    });
    this.dns = dns;
    const services = {
      driver,
      // Read at each use: a program may put its own in place, as with `node:dns`.
      get lookup() {
        return dns.lookup;
      },
    };
    this.dgram = createDgram(services);
    this.net = createNet(services);
    this.at = new ModemAt(async () => (await session()).channel);
    this.sms = new Sms(async waitFor => (await session(waitFor)).channel);
  }

  /** What it is doing now. */
  get state(): ModemState {
    return this.#state;
  }

  /** @throws Error of one sentence that says what was tried and what the modem answered; AbortError */
  async open(signal?: AbortSignal): Promise<void> {
    if (!this.#session) await this.#openOnce(signal);
  }

  /**
   * Opens it however long that takes, with all that supervision may do to it: for programs that nobody watches.
   * @throws Error what no waiting mends: the port is another's, the SIM is locked; AbortError
   */
  async bringUp(signal?: AbortSignal): Promise<void> {
    try {
      await this.open(signal);
    } catch (error) {
      const isOver = signal?.aborted || this.#state !== 'opening';
      if (isOver || !this.#supervisor?.canMend(error)) throw error;
      this.#enter('recovering');
      await this.#supervisor.bringBack(error as Error);
    }
  }

  /** @throws SocketFailure ENETDOWN while it is not open */
  info(): ModemInfo {
    const { identity, dialect, driver } = this.#live();
    return { ...identity, dialect: dialect.name, connections: driver.limits.connections };
  }

  /** What was learned of the firmware where its dialect leaves things open: an option of `openModem`, too. */
  get capabilities(): Readonly<Record<string, string>> {
    return this.#live().driver.capabilities ?? {};
  }

  /**
   * Asks the modem. The first time on a network with IPv6 only it waits for the NAT64 prefix, at most as long as for a name.
   * @throws SocketFailure ENETDOWN while it is not open; AtError
   */
  async status(): Promise<ModemStatus> {
    const { driver } = this.#live();
    const status = await driver.network();
    const nat64 = await driver.nat64Prefix();
    return { ...status, ...(nat64 !== undefined && { nat64 }) };
  }

  /** What has passed so far; never fails, and asks the modem nothing. */
  stats(): ModemStats {
    const { channel, driver } = this.#session ?? {};
    return {
      ...this.#figures.upTo(this.#session),
      connections: driver?.connectionsOpen ?? 0,
      queueLength: channel?.queueLength ?? 0,
      recoveries: this.#recoveries,
      rung: this.#supervisor?.rung ?? 0,
    };
  }

  /** Keeps the process alive, as open sockets do by themselves. */
  ref(): this {
    this.#hold.ref();
    return this;
  }

  /** Undoes `ref()`. */
  unref(): this {
    this.#hold.unref();
    return this;
  }

  /** Closes every connection on the modem, then the line. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** For `await using`: closes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    this.#enter('closed');
    this.#closing.abort(new SocketFailure('ENETDOWN', 'the modem was closed'));
    this.#hold.release();
    await this.#opening?.catch(() => {});
    if (session) await withinLimit(session.driver.close(), CLOSE_MS);
    await session?.channel.close();
    if (session) this.#remember(session);
  }

  async #ready(): Promise<Session> {
    if (this.#session || this.#state !== 'opening') return this.#live();
    await this.open();
    return this.#live();
  }

  #live(): Session {
    if (this.#session) return this.#session;
    const why = {
      opening: 'is not open yet',
      ready: '',
      recovering: 'is being recovered',
      closed: 'is closed',
    };
    throw new SocketFailure('ENETDOWN', `the modem ${why[this.#state]}`);
  }

  #openOnce(signal?: AbortSignal, attended?: (patient: Patient) => void): Promise<Session> {
    this.#opening ??= this.#open(signal, attended).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(signal?: AbortSignal, attended?: (patient: Patient) => void): Promise<Session> {
    const cancelled = AbortSignal.any(signal ? [signal, this.#closing.signal] : [this.#closing.signal]);
    this.#setup ??= this.#prepare();
    this.#setup.catch(() => {
      this.#setup = undefined;
    });
    const { transport, supervisor, memory, options, openSession } = await this.#setup;
    this.#nameServers = options.dns;
    this.#supervisor = supervisor;
    try {
      const session = await openSession(
        transport,
        {
          ...options,
          capabilities: this.#learned,
          pinMemory: memory,
          // What was open once waits for its network: that is no failure (reliability.md F42).
          ...(attended && { registrationTimeoutMs: Number.POSITIVE_INFINITY }),
        },
        cancelled,
        this.#observer(),
        session => attended?.(this.#patient(session)),
      );
      session.channel.on('urc', urc => this.at.emit('urc', urc));
      void session.channel.closed.then(cause => this.#lost(session, supervisor, cause));
      this.#session = session;
      if (!attended) void supervisor?.watch(this.#patient(session));
      this.#enter('ready');
      return session;
    } catch (cause) {
      cancelled.throwIfAborted();
      const { message, code } = cause as NodeJS.ErrnoException;
      throw Object.assign(
        new Error(`cannot open ${transport.name}: ${message}`, { cause }),
        code && { code },
      );
    }
  }

  /** Once: a modem that is opened again is the same one. */
  async #prepare(): Promise<Setup> {
    const url = await this.#url();
    const { setUp } = await import('./modem-setup.ts');
    return setUp(url, this.#options, {
      open: attended => this.#openOnce(undefined, attended),
      report: event => this.#report(event),
      signal: this.#closing.signal,
    });
  }

  #patient(session: Session): Patient {
    const { channel, driver, dialect, cid } = session;
    const isReady = (): boolean => this.#session === session;
    return {
      channel,
      cid,
      reset: dialect.reset,
      onDoubt: listener => driver.onDoubt(listener),
      get isReady() {
        return isReady();
      },
      get connectionsOpen() {
        return driver.connectionsOpen;
      },
      get addresses() {
        return driver.addressesAtStart;
      },
    };
  }

  #report(event: RecoveryEvent): void {
    this.#figures.acted(event.action);
    // What a listener throws must not keep the modem from being brought back.
    shielded(() => this.emit('recovery', event));
  }

  #lost(session: Session, supervisor: Supervisor | undefined, cause: Error | undefined): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#remember(session);
    if (!supervisor) {
      this.#enter('closed');
      return;
    }
    this.#recoveries++;
    this.#enter('recovering');
    // close() ends it.
    supervisor.bringBack(cause).catch(() => {});
  }

  #remember(session: Session): void {
    this.#learned = session.driver.capabilities;
    this.#figures.ended(session);
  }

  #enter(state: ModemState): void {
    const wasLost = this.#state === 'recovering';
    this.#state = state;
    shielded(() => this.emit('state', state));
    if (wasLost && (state === 'ready' || state === 'closed'))
      for (const comeBack of this.#comebacks.splice(0)) comeBack();
  }

  async #recovered(): Promise<void> {
    if (this.#state === 'recovering') await new Promise<void>(resolve => this.#comebacks.push(resolve));
  }

  /** Costs nothing while nobody listens. */
  #observer(): LineObserver {
    const { trace } = this.#options;
    const writer = new TraceWriter(line => {
      trace?.(line);
      this.emit('trace', line);
    });
    const wanted = (): boolean => trace !== undefined || this.listenerCount('trace') > 0;
    return {
      sent: chunk => wanted() && writer.sent(chunk),
      received: chunk => wanted() && writer.received(chunk),
    };
  }
}

async function withinLimit(work: Promise<void>, limitMs: number): Promise<void> {
  const done = new AbortController();
  const limit = pause(limitMs, undefined, { signal: done.signal }).catch(() => {});
  await Promise.race([work, limit]);
  done.abort();
}

/**
 * Opens a modem: `serial:/dev/ttyUSB2?apn=iot`, `tcp://127.0.0.1:5000`, `sim:sequans`.
 * @throws Error of one sentence that says what was tried and what the modem answered; AbortError
 */
export async function openModem(url: string, options: OpenOptions = {}): Promise<Modem> {
  options.signal?.throwIfAborted();
  const modem = new Modem(async () => (await import('./modem-url.ts')).parseModemUrl(url), options);
  try {
    await modem.open(options.signal);
  } catch (error) {
    await modem.close();
    throw error;
  }
  return modem;
}
