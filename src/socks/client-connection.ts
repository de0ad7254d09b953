/** One client of the SOCKS server: its handshake, then a tunnel or a UDP association. */
import type { Socket } from 'node:net';
import type { Modem } from '../modem.ts';
import type { AddressRules } from '../util/address-rules.ts';
import { HandshakeParser } from './handshake-parser.ts';
import type { LoginGate } from './login-gate.ts';
import {
  COMMAND,
  formatLoginResult,
  formatMethod,
  formatReply,
  type LoginAttempt,
  METHOD,
  type Message,
  REPLY,
  type Request,
  type Target,
} from './messages.ts';
import { replyTo } from './reply-codes.ts';
import { tunnel } from './tunnel.ts';
import { UdpRelay } from './udp-relay.ts';

export interface SocksService {
  readonly modem: Pick<Modem, 'net' | 'dgram' | 'dns'>;
  readonly rules: AddressRules;
  /** Undefined: nobody is asked who he is. */
  readonly gate: LoginGate | undefined;
  /** Connections whose client has said all, the oldest first. A modem has few, so these make room for new ones. */
  readonly ending: Set<Socket>;
}

const HANDSHAKE_MS = 5_000;

export class ClientConnection {
  readonly #client: Socket;
  readonly #service: SocksService;
  readonly #parser: HandshakeParser;
  readonly #limit: NodeJS.Timeout;
  /** It has not said yet what it wants. */
  #inHandshake = true;
  readonly #hear = (chunk: Buffer): void => this.#feed(chunk);
  readonly #leave = (): void => void this.#client.destroy();

  constructor(client: Socket, service: SocksService) {
    this.#client = client;
    this.#service = service;
    this.#parser = new HandshakeParser({ withLogin: service.gate !== undefined });
    this.#limit = setTimeout(this.#leave, HANDSHAKE_MS);
    // 'close' follows, and ends what is to end.
    client.on('error', () => {});
    client.on('close', () => clearTimeout(this.#limit));
    client.on('data', this.#hear).on('end', this.#leave);
  }

  get inHandshake(): boolean {
    return this.#inHandshake;
  }

  destroy(): void {
    this.#client.destroy();
  }

  #feed(chunk: Buffer): void {
    for (const message of this.#parser.feed(chunk)) {
      this.#answer(message);
      if (!this.#client.writable) return;
    }
  }

  #answer(message: Message): void {
    switch (message.kind) {
      case 'greeting':
        this.#chooseMethod(message.methods);
        break;
      case 'login':
        this.#admit(message);
        break;
      case 'request':
        this.#serve(message);
        break;
      case 'malformed':
        this.#refuse(message.answer);
    }
  }

  #chooseMethod(methods: readonly number[]): void {
    const wanted = this.#service.gate ? METHOD.login : METHOD.none;
    if (methods.includes(wanted)) this.#client.write(formatMethod(wanted));
    else this.#refuse(formatMethod(METHOD.noneOfThem));
  }

  #admit({ user, password }: LoginAttempt): void {
    const admitted = this.#service.gate?.admits(this.#client.remoteAddress ?? '', user, password) ?? false;
    if (admitted) this.#client.write(formatLoginResult(true));
    else this.#refuse(formatLoginResult(false));
  }

  #serve({ command, target }: Request): void {
    const client = this.#client;
    this.#inHandshake = false;
    clearTimeout(this.#limit);
    client.off('data', this.#hear).off('end', this.#leave).pause();
    if (this.#parser.rest.length > 0) client.unshift(this.#parser.rest);
    // To no port there is nothing to dial.
    if (command === COMMAND.connect && target.port === 0) this.#refuse(formatReply(REPLY.failed));
    else if (command === COMMAND.connect) this.#connect(target);
    else if (command === COMMAND.udpAssociate) void this.#associate(target.port);
    else this.#refuse(formatReply(REPLY.unknownCommand));
  }

  #connect(target: Target): void {
    const client = this.#client;
    // While another connection made room it may have gone.
    if (client.destroyed) return;
    const { modem, rules, ending } = this.#service;
    // Half open, since an answer may come after the client has said all.
    const options = { ...target, allowHalfOpen: true, blockList: rules };
    const remote = modem.net.connect(options);
    const giveUp = (): void => void remote.destroy();
    const failed = (error: NodeJS.ErrnoException): void => {
      client.off('close', giveUp);
      const done = error.code === 'EMFILE' && [...ending].find(({ writableLength }) => writableLength === 0);
      if (!done) {
        this.#refuse(formatReply(replyTo(error)));
        return;
      }
      // It makes room for one.
      ending.delete(done);
      done.once('close', () => this.#connect(target)).destroy();
    };
    client.once('close', giveUp);
    remote.once('error', failed).once('connect', () => {
      client.off('close', giveUp);
      remote.off('error', failed);
      client.write(formatReply(REPLY.succeeded, remote.localAddress, remote.localPort));
      tunnel(client, remote, ending);
    });
  }

  /** @param port from where the client is going to send, or 0 */
  async #associate(port: number): Promise<void> {
    const client = this.#client;
    const { modem, rules } = this.#service;
    const local = plain(client.localAddress);
    const user = { address: plain(client.remoteAddress), port };
    const relay = await UdpRelay.open(modem, rules, user, local).catch(() => undefined);
    if (!relay) {
      this.#refuse(formatReply(REPLY.failed));
      return;
    }
    if (client.destroyed) relay.close();
    else client.once('close', () => relay.close());
    client.write(formatReply(REPLY.succeeded, local, relay.port));
    // What it says from now on means nothing; its end is the end of the association.
    client.on('end', this.#leave).resume();
  }

  /** The last words. What still comes is read, since closing with something unread would reset the connection. */
  #refuse(answer: Buffer): void {
    this.#inHandshake = false;
    this.#client.off('data', this.#hear).off('end', this.#leave).end(answer).resume();
    setTimeout(this.#leave, HANDSHAKE_MS).unref();
  }
}

/** As datagram sockets of one family show it. */
const plain = (address = ''): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
