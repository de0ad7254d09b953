/** openModem(): puts the layers together, supervises them and opens them again. */
import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { AtChannel, Executor, LineObserver, Urc } from './at/channel.ts';
import type { Command } from './at/command.ts';
import type { Identity } from './dialects/dialect.ts';
import type { NetworkStatus } from './driver/driver.ts';
import { SocketFailure } from './driver/socket-failure.ts';
import { bytesOf, openSession, type Session, type SessionOptions } from './modem-session.ts';
import { checkOptions, type ParsedModemUrl, parseModemUrl } from './modem-url.ts';
import { createDgram } from './sockets/dgram.ts';
import { createDns, type Dns } from './sockets/dns.ts';
import type { DriverSource } from './sockets/driver-source.ts';
import { createNet } from './sockets/net.ts';
import { TraceWriter } from './transport/trace-writer.ts';
import { createHold } from './util/hold.ts';

export type ModemState = 'opening' | 'ready' | 'recovering' | 'closed';

export interface OpenOptions extends SessionOptions {
  readonly signal?: AbortSignal;
  /** Hears every line in and out from the first one on, in the dialogue format, secrets removed. */
  readonly trace?: (line: string) => void;
}

export interface ModemInfo extends Identity {
  readonly dialect: string;
  /** Connections the modem has at once. */
  readonly connections: number;
}

export interface ModemStatus extends NetworkStatus {
  /** Where the network gives IPv6 only: the prefix by which IPv4 is reached, if there is one. */
  readonly nat64?: string;
}

export interface ModemStats {
  /** Bytes on the line to and from the modem. */
  readonly bytesWritten: number;
  readonly bytesRead: number;
  /** Payload bytes of sockets. */
  readonly payloadSent: number;
  readonly payloadReceived: number;
  /** Command lines written, by name. */
  readonly commands: Readonly<Record<string, number>>;
  /** Connections open on the modem now. */
  readonly connections: number;
  /** Commands that wait for their turn now. */
  readonly queueLength: number;
  /** How often the modem was lost and opened again. */
  readonly recoveries: number;
}

/** Growing pauses between attempts to get a lost modem back. */
const REOPEN_PAUSES_MS = [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000];

/** A dial that nobody answers holds up every other command: then the line is closed all the same. */
const CLOSE_MS = 5_000;

/** Raw AT commands on the modem that is open now; stays valid when it is opened again. */
export class ModemAt extends EventEmitter<{ urc: [Urc] }> implements Executor {
  readonly #channel: () => Promise<AtChannel>;

  constructor(channel: () => Promise<AtChannel>) {
    super();
    this.#channel = channel;
  }

  async execute<T>(command: Command<T>, options?: { readonly signal?: AbortSignal }): Promise<T> {
    return (await this.#channel()).execute(command, options);
  }

  async send(
    line: string,
    options?: { readonly payload?: Uint8Array; readonly timeoutMs?: number },
  ): Promise<string[]> {
    return (await this.#channel()).send(line, options);
  }

  async transaction<T>(
    work: (at: Executor) => Promise<T>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<T> {
    return (await this.#channel()).transaction(work, options);
  }
}

export class Modem extends EventEmitter<{ state: [ModemState]; trace: [string] }> {
  /** Stands in for `node:dgram`. */
  readonly dgram: typeof import('node:dgram');
  /** Stands in for `node:net`. */
  readonly net: typeof import('node:net');
  /** Stands in for `node:dns`. */
  readonly dns: Dns;
  readonly at: ModemAt;
  readonly #url: () => Promise<ParsedModemUrl>;
  readonly #options: OpenOptions;
  readonly #hold = createHold();
  readonly #closing = new AbortController();
  /** Called when a lost modem is ready again or closed. Not events: there may be as many as sockets. */
  readonly #comebacks: (() => void)[] = [];
  readonly #past = { bytesWritten: 0, bytesRead: 0, payloadSent: 0, payloadReceived: 0 };
  readonly #pastCommands: Record<string, number> = {};
  /** Of the firmware, by the driver of this or an earlier run. */
  #learned: Readonly<Record<string, string>> | undefined;
  /** Those that the user wants; known once the URL has been read. */
  #nameServers: string | undefined;
  #recoveries = 0;
  #state: ModemState = 'opening';
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #closed: Promise<void> | undefined;
  /** The SIM wants another PIN, or none was given: trying again would lock the card. */
  #locked: Error | undefined;

  /** Opens nothing: `open()` does, or the first use of a socket. Most programs want `openModem`. */
  constructor(url: () => Promise<ParsedModemUrl>, options: OpenOptions = {}) {
    super();
    this.#url = url;
    this.#options = options;
    this.#learned = options.capabilities;
    this.#hold.unref();
    const driver: DriverSource = async waitFor => {
      if (waitFor?.recovery) await this.#recovered();
      return (await this.#ready()).driver;
    };
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
    this.at = new ModemAt(async () => (await this.#ready()).channel);
  }

  get state(): ModemState {
    return this.#state;
  }

  /** @throws Error of one sentence that says what was tried and what the modem answered; AbortError */
  async open(signal?: AbortSignal): Promise<void> {
    if (this.#session) return;
    this.#opening ??= this.#open(signal).finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
  }

  info(): ModemInfo {
    const { identity, dialect, driver } = this.#live();
    return { ...identity, dialect: dialect.name, connections: driver.limits.connections };
  }

  /** What was learned of the firmware where its dialect leaves things open: an option of `openModem`, too. */
  get capabilities(): Readonly<Record<string, string>> {
    return this.#live().driver.capabilities ?? {};
  }

  /** The first time on a network with IPv6 only it waits for the NAT64 prefix, at most as long as for a name. */
  async status(): Promise<ModemStatus> {
    const { driver } = this.#live();
    const status = await driver.network();
    const nat64 = await driver.nat64Prefix();
    return { ...status, ...(nat64 !== undefined && { nat64 }) };
  }

  stats(): ModemStats {
    const { channel, driver } = this.#session ?? {};
    const now = this.#session && bytesOf(this.#session);
    const commands = { ...this.#pastCommands };
    addTo(commands, channel?.stats.commands ?? {});
    return {
      bytesWritten: this.#past.bytesWritten + (now?.bytesWritten ?? 0),
      bytesRead: this.#past.bytesRead + (now?.bytesRead ?? 0),
      payloadSent: this.#past.payloadSent + (now?.payloadSent ?? 0),
      payloadReceived: this.#past.payloadReceived + (now?.payloadReceived ?? 0),
      commands,
      connections: driver?.connectionsOpen ?? 0,
      queueLength: channel?.queueLength ?? 0,
      recoveries: this.#recoveries,
    };
  }

  /** Keeps the process alive, as open sockets do by themselves. */
  ref(): this {
    this.#hold.ref();
    return this;
  }

  unref(): this {
    this.#hold.unref();
    return this;
  }

  /** Closes every connection on the modem, then the line. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

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

  async #open(signal: AbortSignal | undefined): Promise<Session> {
    if (this.#locked) throw this.#locked;
    const cancelled = AbortSignal.any(signal ? [signal, this.#closing.signal] : [this.#closing.signal]);
    const { createTransport, options: fromUrl } = await this.#url();
    checkOptions(this.#options);
    const options = { ...fromUrl, ...this.#options, capabilities: this.#learned };
    this.#nameServers = options.dns;
    const transport = await createTransport(options);
    try {
      const session = await openSession(transport, options, cancelled, this.#observer());
      session.channel.on('urc', urc => this.at.emit('urc', urc));
      void session.channel.closed.then(() => this.#lost(session, options.reopen !== 'off'));
      this.#session = session;
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

  #lost(session: Session, reopen: boolean): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#remember(session);
    if (!reopen) {
      this.#enter('closed');
      return;
    }
    this.#recoveries++;
    this.#enter('recovering');
    void this.#reopen();
  }

  async #reopen(): Promise<void> {
    for (let attempt = 0; this.#state === 'recovering' && !this.#locked; attempt++) {
      const waitMs = REOPEN_PAUSES_MS[Math.min(attempt, REOPEN_PAUSES_MS.length - 1)] ?? 0;
      try {
        await pause(waitMs, undefined, { signal: this.#closing.signal, ref: false });
        await this.open();
      } catch {
        // The next attempt comes; close() ends the loop.
      }
    }
    if (this.#locked) await this.close();
  }

  #remember(session: Session): void {
    this.#learned = session.driver.capabilities;
    addTo(this.#past, bytesOf(session));
    addTo(this.#pastCommands, session.channel.stats.commands);
  }

  #enter(state: ModemState): void {
    const wasLost = this.#state === 'recovering';
    this.#state = state;
    this.emit('state', state);
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

function addTo(sums: Record<string, number>, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) sums[name] = (sums[name] ?? 0) + value;
}

/**
 * Opens a modem: `serial:/dev/ttyUSB2?apn=iot`, `tcp://127.0.0.1:5000`, `sim:sequans`.
 * @throws Error of one sentence that says what was tried and what the modem answered; AbortError
 */
export async function openModem(url: string, options: OpenOptions = {}): Promise<Modem> {
  options.signal?.throwIfAborted();
  const modem = new Modem(() => parseModemUrl(url), options);
  try {
    await modem.open(options.signal);
  } catch (error) {
    await modem.close();
    throw error;
  }
  return modem;
}
