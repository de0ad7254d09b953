/** One client: its lines are carried out one after the other, and each is one transaction on the modem. */
import type { Duplex } from 'node:stream';
import { NOT_YET } from '../at/channel.ts';
import { type Call, parseCalls } from '../at/command-line.ts';
import { AtError, type Executor, type InfoLine, type Reply, type Urc } from '../at/index.ts';
import type { Expected } from '../telnet/client-stream.ts';
import { lineCommand, payloadSize } from './commands.ts';
import { Connections } from './connections.ts';
import type { Payload } from './line-reader.ts';
import { LineReader } from './line-reader.ts';
import { LineSettings } from './line-settings.ts';
import { Lock } from './lock.ts';
import { Outbox } from './outbox.ts';
import { permits, type Role } from './policy.ts';
import type { Run, SharedModem } from './shared-modem.ts';

/** Bytes to and from a client. Told what it carries next, it may treat it as that. */
export interface ClientLine extends Duplex {
  expects?: Expected;
}

export interface Client {
  readonly stream: ClientLine;
  readonly name: string;
  readonly address: string;
  /** undefined: it has to give a token first. */
  readonly roles: ReadonlySet<Role> | undefined;
  /** A serial port: programs come and go unseen. */
  readonly isPort?: boolean;
}

/** What a session needs of the service. */
export interface Hub {
  readonly modem: SharedModem;
  /** Roles of a token; undefined: it has none. */
  login(token: string): ReadonlySet<Role> | undefined;
  /** In `shared` mode the others see it too. */
  overheard(from: Session, text: string | Buffer): void;
  report(event: string): void;
}

/** Nobody knows whether a program has a serial port open: after so long without a line it is told of nothing any more. */
const PORT_FORGOTTEN_MS = 600_000;

/** A client that says nothing for so long at a prompt has left it. */
const PROMPT_MS = 120_000;

/** How often a client that waits for its turn is told so: well within the patience of a fence. */
const NOT_YET_EVERY_MS = 1_500;

/** What brings a message itself; the lines behind it, up to the next that has a name, are the message (27.005 3.4.1). */
const MESSAGE = /^\+(CMT|CDS|CBM)$/;
const NAMED = /^[+^*#%$!&]/;

/** A browser was told to talk to this port: not one line of it is for us (S5). */
const HTTP = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) \S+ HTTP\//;

type Answer = { readonly info: readonly InfoLine[]; readonly result: string };

class Refused extends Error {
  readonly failure: Pick<AtError, 'kind' | 'value'>;
  constructor(failure: Pick<AtError, 'kind' | 'value'>) {
    super(failure.value ?? failure.kind);
    this.failure = failure;
  }
}

const ERROR = { kind: 'error', value: 'ERROR' } as const;
/** No connection to phone (27.007 9.2). */
const AWAY = { kind: 'cme', value: '1' } as const;

export class Session {
  readonly name: string;
  readonly #stream: ClientLine;
  readonly #hub: Hub;
  readonly #isPort: boolean;
  readonly #reader: LineReader;
  readonly #outbox: Outbox;
  readonly #settings = new LineSettings();
  readonly #connections = new Connections();
  readonly #lock: Lock;
  readonly #gone = new AbortController();
  #roles: ReadonlySet<Role> | undefined;
  #urcs: 'all' | ReadonlySet<string> = 'all';
  #lastLine = '';
  #lastLineAt = Number.NEGATIVE_INFINITY;
  #waiting = false;
  /** The last unsolicited lines are a message. */
  #inMessage = false;

  constructor({ stream, name, roles, isPort = false }: Client, hub: Hub) {
    this.name = name;
    this.#stream = stream;
    this.#roles = roles;
    this.#hub = hub;
    this.#isPort = isPort;
    this.#reader = new LineReader(stream);
    // Behind a port that nobody reads bytes are lost, but the port stays.
    this.#outbox = new Outbox(stream, () => isPort || this.drop('it does not read what it is sent'));
    this.#lock = new Lock(this.#gone.signal);
    stream.on('error', () => {});
    stream.on('close', () => this.#gone.abort());
  }

  /** Until the client is gone, and nothing of it is left on the modem. Never rejects. */
  async run(): Promise<void> {
    try {
      for (;;) {
        const line = await this.#reader.line();
        if (line === undefined || this.#gone.signal.aborted) break;
        this.#lastLineAt = performance.now();
        await this.#line(line);
        await this.#outbox.room();
      }
    } catch (error) {
      // An AbortError: the client has left while it waited.
      if (!this.#gone.signal.aborted) this.#hub.report(`${this.name}: ${(error as Error).message}`);
    } finally {
      this.#lock.release();
      this.#outbox.end();
      await this.#connections.close();
    }
  }

  /** True until it has shown its token, if it needs one. */
  get isStranger(): boolean {
    return this.#roles === undefined;
  }

  get #mayReadMessages(): boolean {
    return this.#roles?.has('sms') === true || this.#roles?.has('admin') === true;
  }

  drop(why: string): void {
    this.#hub.report(`${this.name}: dropped, ${why}`);
    this.#stream.destroy();
  }

  /** To this client alone. */
  write(text: string | Buffer): void {
    this.#outbox.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** A line that nobody asked for. @param everybodys also where it is of another's connection */
  urc({ line, name, params, data }: Urc, everybodys: boolean): void {
    if (NAMED.test(name)) this.#inMessage = MESSAGE.test(name);
    if (this.#inMessage && !everybodys && !this.#mayReadMessages) return;
    if (this.isStranger || (this.#urcs !== 'all' && !this.#urcs.has(name))) return;
    if (this.#isPort && performance.now() - this.#lastLineAt > PORT_FORGOTTEN_MS) return;
    const owned = this.#hub.modem.run?.sharing?.urc({ name, params });
    const text = owned ? this.#connections.rename(line, owned) : line;
    if (text === undefined && !everybodys) return;
    const whole = Buffer.from(this.#settings.info(text ?? line), 'latin1');
    const [head, end] = [whole.subarray(0, -2), whole.subarray(-2)];
    this.write(data ? Buffer.concat([head, data, end]) : whole);
  }

  /** Nothing of its connections is left. @param bootLine what says so in the modem's own words */
  modemLost(bootLine: string | undefined): void {
    this.#connections.forget();
    this.#lock.release();
    if (bootLine !== undefined && !this.isStranger) this.write(this.#settings.info(bootLine));
  }

  /** Said while its command waits for its turn. */
  notYet(): void {
    if (this.#waiting && this.#urcs === 'all') this.write(this.#settings.info(NOT_YET));
  }

  async #line(line: string): Promise<void> {
    if (HTTP.test(line)) return this.drop('it speaks HTTP');
    if (line === 'too long') return this.write(this.#settings.refusal('error', 'ERROR'));
    const own = /^\s*(AUTH|LOCK|UNLOCK|URC)\b\s*(.*)$/i.exec(line);
    const [, name = '', text = ''] = own ?? [];
    // A token is for nobody's eyes.
    if (/^AUTH$/i.test(name)) return this.#answer(name, async () => this.#authenticate(text.trim()));
    if (own) return this.#answer(line, () => this.#ownCommand(name.toUpperCase(), text));
    const typed = /^a\/$/i.test(line) ? this.#lastLine : line;
    const start = typed.search(/AT/i);
    if (start < 0) return;
    this.#lastLine = typed;
    await this.#answer(typed, () => this.#atLine(typed.slice(start + 2)));
  }

  async #answer(line: string, work: () => Promise<string>): Promise<void> {
    this.#overheard(`${line}\r\n`);
    if (this.#settings.echo) this.write(`${line}\r`);
    try {
      this.#tell(this.#settings.result(await work()));
    } catch (error) {
      if (this.#gone.signal.aborted) throw error;
      this.#tell(this.#failureText(error));
    }
  }

  #failureText(error: unknown): string {
    const failure = error instanceof Refused ? error.failure : error;
    if (error instanceof Refused || (error instanceof AtError && error.refused)) {
      const { kind, value = '' } = failure as AtError;
      return this.#settings.refusal(kind, value);
    }
    this.#hub.report(`${this.name}: ${(error as Error).message}`);
    // Not a final result code for programs: whether it was carried out is not known, and they must not be told that it was not.
    return error instanceof AtError
      ? this.#settings.info('ABORTED')
      : this.#settings.refusal('error', 'ERROR');
  }

  #tell(text: string | Buffer): void {
    if (text.length === 0) return;
    this.write(text);
    this.#overheard(text);
  }

  #overheard(text: string | Buffer): void {
    if (!this.isStranger) this.#hub.overheard(this, text);
  }

  #authenticate(token: string): string {
    const roles = this.#hub.login(token);
    if (!roles) throw new Refused(ERROR);
    this.#roles = roles;
    return 'OK';
  }

  async #ownCommand(name: string, text: string): Promise<string> {
    if (this.isStranger) throw new Refused(ERROR);
    if (name === 'URC') {
      const names = text.trim().toUpperCase();
      this.#urcs = names === 'ALL' ? 'all' : new Set(names === 'NONE' ? [] : names.split(/[\s,]+/));
      return 'OK';
    }
    if (name === 'UNLOCK') {
      this.#lock.release();
      return 'OK';
    }
    const seconds = text.trim() === '' ? undefined : Number(text);
    if (seconds !== undefined && !(seconds > 0)) throw new Refused(ERROR);
    const run = this.#runNow();
    await this.#inTurn(() => this.#lock.take(run.at, seconds));
    // It was lost before its turn came.
    if (this.#hub.modem.run !== run) throw new Refused(AWAY);
    return 'OK';
  }

  /** Parts that are the line's own are answered here, in their order; the others go to the modem. */
  async #atLine(body: string): Promise<string> {
    const calls = parseCalls(body);
    if (!calls || this.isStranger || calls.some(call => !this.#permits(call))) throw new Refused(ERROR);
    let result = 'OK';
    let group: Call[] = [];
    const flush = async (): Promise<void> => {
      if (group.length > 0) result = await this.#perform(group);
      group = [];
    };
    for (const call of calls) {
      const local = this.#settings.perform(call);
      if (!local) {
        // What names a connection goes alone: its number is the client's, and its reply is read with that in mind.
        const isAlone = this.#namesConnections(call);
        if (isAlone) await flush();
        group.push(call);
        if (isAlone || this.#hasPayload(call)) await flush();
        continue;
      }
      await flush();
      if (local === 'refused') throw new Refused(ERROR);
      for (const text of local.info) this.#tell(this.#settings.info(text));
    }
    await flush();
    return result;
  }

  #permits(call: Call): boolean {
    const isLocal = /^(S\d+|[EVQ]|\+CMEE)$/.test(call.name);
    const leaves = this.#hub.modem.run?.sharing?.leavesCommandMode(call) ?? false;
    if (isLocal || (!leaves && permits(this.#roles ?? new Set(), call))) return true;
    this.#hub.report(
      `${this.name}: refused ${call.name} (its roles: ${[...(this.#roles ?? [])].join(', ')})`,
    );
    return false;
  }

  #namesConnections(call: Call): boolean {
    const { sharing } = this.#hub.modem.run ?? {};
    return sharing?.naming(call) !== undefined || sharing?.list(call) !== undefined;
  }

  #hasPayload(call: Call): boolean {
    return payloadSize(call, this.#hub.modem.run?.sharing, () => false) !== undefined;
  }

  async #perform(calls: readonly Call[]): Promise<string> {
    const run = this.#runNow();
    const [last] = calls.slice(-1);
    const size =
      last && payloadSize(last, run.sharing, number => this.#connections.isHexToModem(run, number));
    const payload = size === undefined ? undefined : await this.#payload(size);
    // As after ESC at a modem's own prompt (27.005 3.5.1): nothing was asked of it.
    if (payload === 'cancelled') return 'OK';
    const { info, result } = await this.#transaction(run, async at => {
      const openEnded = size === 'text';
      const execute = (asked: readonly Call[]): Promise<Reply> =>
        at.execute(lineCommand(asked, run.sharing, payload && { bytes: payload, openEnded }));
      const [only] = calls;
      return only && calls.length === 1 ? this.#connections.perform(run, at, only, execute) : execute(calls);
    });
    for (const { text, data } of info) this.#tell(this.#infoText(text, data));
    return result;
  }

  #infoText(text: string, data: Buffer | undefined): string | Buffer {
    if (!data) return this.#settings.info(text);
    // Some firmware writes a comma before the line end; with the usual form of the data behind it, it would be one of them.
    const head = Buffer.from(this.#settings.info(text.replace(/,$/, '')), 'latin1');
    return Buffer.concat([head, data, Buffer.from('\r\n')]);
  }

  /**
   * The prompt is ours: the modem is asked when the payload is here. So it never waits for a person, no other client does, and of
   * one who leaves at the prompt nothing has reached it.
   */
  async #payload(size: number | 'text'): Promise<Exclude<Payload, 'late'>> {
    if (typeof size === 'number' && !(size > 0 && size <= 65_536)) throw new Refused(ERROR);
    this.#stream.expects = size === 'text' ? 'text' : 'data';
    this.write('\r\n> ');
    const payload = await (size === 'text'
      ? this.#reader.text(PROMPT_MS)
      : this.#reader.counted(size, PROMPT_MS));
    this.#stream.expects = 'line';
    if (payload === 'late') throw new Refused(ERROR);
    if (payload !== undefined) return payload;
    this.#gone.abort();
    throw this.#gone.signal.reason;
  }

  #transaction(run: Run, work: (at: Executor) => Promise<Answer>): Promise<Answer> {
    if (this.#gone.signal.aborted) throw this.#gone.signal.reason;
    const alone = (): Promise<Answer> =>
      run.at.transaction(
        at => {
          this.#waiting = false;
          return work(at);
        },
        { signal: this.#gone.signal },
      );
    return this.#lock.run(run.at, work) ?? this.#inTurn(alone);
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting = true;
    const timer = setInterval(() => this.notYet(), NOT_YET_EVERY_MS);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      this.#waiting = false;
    }
  }

  #runNow(): Run {
    const { run } = this.#hub.modem;
    if (!run) throw new Refused(AWAY);
    return run;
  }
}
