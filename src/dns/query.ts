/** One question to several name servers: who is asked when, how often, and what is tried after a failure. */
import type { ModemDriver } from '../driver/driver.ts';
import type { Endpoint } from '../driver/port.ts';
import { SocketFailure } from '../driver/socket-failure.ts';
import { DnsFailure, unreachable } from './dns-failure.ts';
import type { Exchange } from './exchange.ts';
import { createQuestion, type Question, type Response, ResultCode } from './message.ts';
import { type Patience, plan } from './patience.ts';
import { isFull, openWithRoom } from './room.ts';
import { formatServer, ServerMemory } from './servers.ts';
import { TcpExchange } from './tcp-exchange.ts';
import { type Lease, Turns } from './turns.ts';
import { UdpExchange } from './udp-exchange.ts';
import { type Limit, within } from './waiting.ts';

export interface Query {
  /** As `queryName()` gives it. */
  readonly name: string;
  readonly type: string;
  readonly servers: readonly Endpoint[];
  /** Nothing in the questions that a simple server might not know. */
  readonly plain: boolean;
  readonly patience: Patience;
  readonly signal: AbortSignal;
}

/**
 * How much longer a query may take than its patience, because the modem is busy: while it dials for another socket
 * nothing else runs for up to 30 s (deviation dial-blocks).
 */
const MODEM_MS = 35_000;
/** More does not pass every network unfragmented (RFC 9715). */
const ANSWER_BYTES = 1232;
/** What every DNS message may have; less is not worth an announcement. */
const PLAIN_ANSWER_BYTES = 512;
/** The handshakes and round trips of TCP take longer than a datagram. */
const TCP_MS = 10_000;

const REFUSALS: Readonly<Record<number, DnsFailure['code']>> = {
  [ResultCode.serverFailure]: 'ESERVFAIL',
  [ResultCode.notImplemented]: 'ENOTIMP',
  [ResultCode.refused]: 'EREFUSED',
};

export class QueryEngine {
  readonly #driver: () => Promise<ModemDriver>;
  readonly #turns = new Turns();
  readonly #memory = new ServerMemory();

  constructor(driver: () => Promise<ModemDriver>) {
    this.#driver = driver;
  }

  /**
   * The first answer of any server. A server that fails or refuses is not asked again; silence is worth another try.
   * @throws DnsFailure; the reason of the signal
   */
  async ask(query: Query): Promise<Response> {
    const driver = await this.#ready();
    const attempt = new Attempt(driver, query, this.#turns, this.#memory);
    try {
      return await attempt.run();
    } finally {
      // What the answer is needed for may need the connection.
      const left = attempt.leave();
      if (!query.signal.aborted) await left;
    }
  }

  async #ready(): Promise<ModemDriver> {
    try {
      return await this.#driver();
    } catch (cause) {
      throw unreachable(cause);
    }
  }
}

class Attempt {
  readonly #driver: ModemDriver;
  readonly #query: Query;
  readonly #turns: Turns;
  readonly #memory: ServerMemory;
  readonly #limit: Limit;
  readonly #plan: readonly (readonly number[])[];
  readonly #questions = new Map<Endpoint, Question>();
  #lease: (Lease & { readonly way: string }) | undefined;

  constructor(driver: ModemDriver, query: Query, turns: Turns, memory: ServerMemory) {
    this.#driver = driver;
    this.#query = query;
    this.#turns = turns;
    this.#memory = memory;
    const { patience, servers, signal } = query;
    this.#plan = plan(patience, servers.length);
    const waitMs = this.#plan.flat().reduce((sum, ms) => sum + ms, MODEM_MS);
    this.#limit = { deadline: performance.now() + waitMs, signal };
  }

  async run(): Promise<Response> {
    const failures = new Map<Endpoint, unknown>();
    let refusal: unknown;
    let silence: unknown;
    for (const waits of this.#plan) {
      for (const [index, server] of this.#memory.inOrder(this.#query.servers).entries()) {
        const waitMs = waits[index];
        if (waitMs === undefined || failures.has(server)) continue;
        try {
          return await this.#askServer(server, waitMs);
        } catch (error) {
          this.#limit.signal.throwIfAborted();
          if (isFinal(error) || performance.now() >= this.#limit.deadline) throw asDnsFailure(error);
          this.#memory.failed(server);
          if (isSilence(error)) silence = error;
          else failures.set(server, error);
          if (error instanceof DnsFailure && !isSilence(error)) refusal = error;
        }
      }
      // One that answers that it cannot tell is more certain than another that says nothing.
      if (refusal !== undefined) break;
    }
    const [unreached = new DnsFailure('ECONNREFUSED', 'there is no name server to ask')] = failures.values();
    throw asDnsFailure(refusal ?? silence ?? unreached);
  }

  async leave(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.leave();
  }

  async #askServer(server: Endpoint, patienceMs: number): Promise<Response> {
    let response = await this.#exchange('udp', server, patienceMs);
    if (response.truncated) response = await this.#exchange('tcp', server, TCP_MS);
    const refusal = REFUSALS[response.code];
    if (refusal) throw new DnsFailure(refusal, `the name server ${formatServer(server)} cannot tell`);
    this.#memory.worked(server);
    return response;
  }

  /** Once more, and simpler, if the server does not understand. */
  async #exchange(protocol: 'udp' | 'tcp', server: Endpoint, patienceMs: number): Promise<Response> {
    const exchange = await this.#open(protocol, server);
    const traits = this.#memory.traits(server);
    for (;;) {
      const question = this.#question(server);
      const response = await exchange.ask(question, patienceMs, this.#limit);
      if (response === 'other-case') traits.plainCase = true;
      else if (response.code === ResultCode.formatError && question.withEdns) traits.plainDns = true;
      else return response;
      this.#questions.delete(server);
    }
  }

  /** The same each time, so that a late answer to the first counts as well. */
  #question(server: Endpoint): Question {
    const known = this.#questions.get(server);
    if (known) return known;
    const { plainCase, plainDns } = this.#memory.traits(server);
    const { name, type, plain } = this.#query;
    const room = Math.min(ANSWER_BYTES, this.#driver.limits.datagramBytes);
    const question = createQuestion(name, type, {
      mixedCase: !plain && !plainCase,
      answerBytes: plain || plainDns || room < PLAIN_ANSWER_BYTES ? undefined : room,
    });
    this.#questions.set(server, question);
    return question;
  }

  #open(protocol: 'udp' | 'tcp', server: Endpoint): Promise<Exchange> {
    const way = `${protocol} ${formatServer(server)}`;
    if (this.#lease?.way !== way) {
      void this.leave();
      const kind = protocol === 'udp' ? UdpExchange : TcpExchange;
      this.#lease = {
        way,
        ...this.#turns.join(way, () => openWithRoom(() => kind.open(this.#driver, server))),
      };
    }
    const late = (): Error => new DnsFailure('ETIMEOUT', 'the modem did not reach the name server in time');
    return within(this.#lease.exchange, this.#limit, late);
  }
}

/** No other server will do better. */
const isFinal = (error: unknown): boolean =>
  isFull(error) || (error instanceof SocketFailure && error.code === 'ENETDOWN');

const isSilence = (error: unknown): boolean => error instanceof DnsFailure && error.code === 'ETIMEOUT';

const asDnsFailure = (error: unknown): DnsFailure =>
  error instanceof DnsFailure ? error : unreachable(error);
