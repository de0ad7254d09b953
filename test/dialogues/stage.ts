/** The stage of a driver run: a real driver whose modem is a dialogue, and sockets that a script can play with. */
import { AtChannel } from '../../src/at/channel.ts';
import { chooseDialect } from '../../src/dialects/registry.ts';
import type { ModemDriver } from '../../src/driver/driver.ts';
import type { Datagram, Endpoint, PortEvents, TcpListener, TcpPort, UdpPort } from '../../src/driver/port.ts';
import type { Dialogue } from '../dialogue/parser.ts';
import { type Player, playDialogue } from '../dialogue/player.ts';
import type { Slicing } from '../dialogue/slices.ts';
import { deadline, StreamOwner, writeAll } from '../support/owner.ts';

export interface StageOptions {
  readonly dialect: string;
  readonly encoding?: 'auto' | 'hex';
  readonly apn?: string;
  readonly slicing: Slicing;
  readonly asides: (line: string, said: string) => string | undefined;
}

const IDENTITY = { manufacturer: '', model: '', revision: 'played' };

/** A start without the driver's own trial of its payload forms, which no dialogue has. */
const CAPABILITIES = { firmware: IDENTITY.revision, payload: 'binary' };

const CHANNEL_LIMITS = { timeoutMs: 2_000, fenceTimeoutMs: 500 };

export class Stage {
  readonly driver: ModemDriver;
  readonly #player: Player;
  readonly #at: AtChannel;

  private constructor(player: Player, at: AtChannel, driver: ModemDriver) {
    this.#player = player;
    this.#at = at;
    this.driver = driver;
  }

  static async open(dialogue: Dialogue, options: StageOptions): Promise<Stage> {
    const { dialect, encoding = 'auto', apn, slicing, asides } = options;
    const player = playDialogue(dialogue, { slicing, asides });
    const at = new AtChannel(await player.transport.open(), CHANNEL_LIMITS);
    const driverOptions = { cid: 1, encoding, apn, capabilities: CAPABILITIES };
    const driver = chooseDialect(dialect, IDENTITY).create(at, driverOptions, IDENTITY);
    const stage = new Stage(player, at, driver);
    // The dialogue says better than the driver what went wrong.
    await Promise.race([driver.start(), stage.failed]);
    return stage;
  }

  /** @throws DialogueError when the driver did not say all of its part, or anything else */
  finish(): Promise<void> {
    return this.#player.finish();
  }

  /** Rejects at the first wrong byte, else never settles. */
  get failed(): Promise<never> {
    return new Promise((_, reject) => this.#player.done.catch(reject));
  }

  close(): Promise<void> {
    return this.#at.close();
  }

  async udp(peer: Endpoint | undefined, port = 0): Promise<UdpActor> {
    const actor = new UdpActor();
    const binding = { family: peer?.family ?? 4, port, ...(peer && { remote: peer }) };
    return actor.take(await this.driver.openUdp(binding, actor), peer);
  }

  async tcp(peer: Endpoint): Promise<TcpActor> {
    const owner = new StreamOwner();
    const port = await this.driver.openTcp?.(peer, owner);
    if (!port) throw new Error('this driver has no TCP');
    return new TcpActor(owner, port);
  }

  async listen(port: number, family: 4 | 6 = 4): Promise<ListenerActor> {
    const actor = new ListenerActor();
    const listener = await this.driver.listenTcp?.(
      { family, port },
      { connection: caller => actor.add(caller), closed: () => {} },
    );
    if (!listener) throw new Error('this driver cannot listen');
    actor.listener = listener;
    return actor;
  }
}

export class UdpActor implements PortEvents {
  #port: UdpPort | undefined;
  #peer: Endpoint | undefined;
  readonly #heard: Datagram[] = [];
  #reading = Promise.resolve();
  #wake = (): void => {};

  take(port: UdpPort, peer: Endpoint | undefined): this {
    this.#port = port;
    this.#peer = peer;
    return this;
  }

  readable(): void {
    this.#reading = this.#reading.then(async () => {
      for (let next = await this.#port?.receive(); next; next = await this.#port?.receive()) {
        this.#heard.push(next);
        this.#wake();
      }
    });
  }

  closed(): void {}

  async send(text: string, peer = this.#peer): Promise<void> {
    if (!this.#port || !peer) throw new Error('nowhere to send to');
    await this.#port.send(Buffer.from(text, 'latin1'), peer);
  }

  /** The next datagram and who sent it: `hello from 127.0.0.1 7`. */
  async hear(): Promise<string> {
    await deadline(resolve => {
      this.#wake = () => this.#heard.length > 0 && resolve();
      this.#wake();
    }, 'a datagram');
    const [next] = this.#heard.splice(0, 1);
    return `${next?.data.toString('latin1')} from ${next?.remote.address} ${next?.remote.port}`;
  }

  async close(): Promise<void> {
    await this.#reading;
    await this.#port?.close();
  }
}

export class TcpActor {
  readonly owner: StreamOwner;
  readonly port: TcpPort;

  constructor(owner: StreamOwner, port: TcpPort) {
    this.owner = owner;
    this.port = port;
    owner.port = port;
  }

  write(text: string): Promise<void> {
    return writeAll(this.port, Buffer.from(text, 'latin1'));
  }

  /** Everything heard so far, once it is that long. */
  async hear(bytes: number): Promise<string> {
    await this.owner.until(() => this.owner.bytes >= bytes, `${bytes} bytes`);
    return this.owner.data.toString('latin1');
  }

  /** Everything heard up to the end of the peer. */
  async hearAll(): Promise<string> {
    await this.owner.until(() => this.owner.ended, 'the end');
    return this.owner.data.toString('latin1');
  }

  close(): Promise<void> {
    return this.port.close();
  }
}

export class ListenerActor {
  listener: TcpListener | undefined;
  readonly #callers: TcpActor[] = [];
  #wake = (): void => {};

  add(port: TcpPort): PortEvents {
    const owner = new StreamOwner();
    this.#callers.push(new TcpActor(owner, port));
    this.#wake();
    return owner;
  }

  async caller(): Promise<TcpActor> {
    await deadline(resolve => {
      this.#wake = () => this.#callers.length > 0 && resolve();
      this.#wake();
    }, 'a caller');
    const [next] = this.#callers.splice(0, 1);
    if (!next) throw new Error('no caller');
    return next;
  }

  async close(): Promise<void> {
    await this.listener?.close();
  }
}
