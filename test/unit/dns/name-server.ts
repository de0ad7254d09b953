/** A name server on loopback that says what a test tells it to say, over UDP and TCP. */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type Answer, type DecodedPacket, decode, encode, type Packet } from 'dns-packet';
import { onTestFinished } from 'vitest';
import { freePort } from '../../support/programs.ts';

const HERE = '127.0.0.1';

export interface Asked {
  readonly packet: DecodedPacket;
  readonly name: string;
  readonly type: string;
  readonly overTcp: boolean;
  readonly message: Buffer;
}

/** What to send back: messages in order, after a while if it wants; none is silence. */
export type Responder = (asked: Asked) => readonly Buffer[] | Promise<readonly Buffer[]>;

export class NameServer {
  readonly port: number;
  readonly asked: Asked[] = [];
  readonly udp: UdpSocket;
  readonly #tcp: Server;
  readonly #respond: Responder;

  private constructor(port: number, udp: UdpSocket, tcp: Server, respond: Responder) {
    this.port = port;
    this.udp = udp;
    this.#tcp = tcp;
    this.#respond = respond;
    udp.on('message', (message, from) => void this.#answerUdp(message, from));
    tcp.on('connection', socket => this.#serve(socket));
  }

  /** Closed when the test has ended. */
  static async start(respond: Responder): Promise<NameServer> {
    // The same number twice: no kernel chooses that.
    const port = await freePort();
    const udp = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
    const tcp = createServer();
    onTestFinished(() => {
      udp.close();
      tcp.close();
    });
    udp.bind(port, HERE);
    tcp.listen(port, HERE);
    await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
    return new NameServer(port, udp, tcp, respond);
  }

  get address(): string {
    return `${HERE}:${this.port}`;
  }

  /** Only datagrams from now on. */
  refuseTcp(): void {
    this.#tcp.close();
  }

  async #answerUdp(message: Buffer, from: RemoteInfo): Promise<void> {
    for (const answer of await this.#answers(message, false)) this.udp.send(answer, from.port, from.address);
  }

  #serve(socket: Socket): void {
    let waiting = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', async chunk => {
      waiting = Buffer.concat([waiting, chunk]);
      const end = waiting.length < 2 ? Number.POSITIVE_INFINITY : 2 + waiting.readUInt16BE();
      if (waiting.length < end) return;
      const message = waiting.subarray(2, end);
      waiting = waiting.subarray(end);
      for (const answer of await this.#answers(message, true)) {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.write(Buffer.concat([length, answer]));
      }
    });
  }

  async #answers(message: Buffer, overTcp: boolean): Promise<readonly Buffer[]> {
    const asked = readQuestion(message, overTcp);
    this.asked.push(asked);
    return this.#respond(asked);
  }
}

export function readQuestion(message: Buffer, overTcp = false): Asked {
  const packet = decode(message);
  const [question] = packet.questions ?? [];
  if (!question) throw new Error('a question without a question');
  return { packet, name: question.name, type: question.type, overTcp, message };
}

export interface ResponseParts {
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly code?: number;
  readonly truncated?: boolean;
}

const RECURSIVE = 0x180;
const TRUNCATED = 0x200;

/** A well-formed response to a question. */
export function response({ packet }: Asked, parts: ResponseParts = {}): Buffer {
  const { answers = [], authorities = [], code = 0, truncated = false } = parts;
  const whole: Packet = {
    type: 'response',
    id: packet.id ?? 0,
    flags: RECURSIVE | code | (truncated ? TRUNCATED : 0),
    questions: [...(packet.questions ?? [])],
    answers: [...answers],
    authorities: [...authorities],
  };
  return encode(whole);
}

export const addressOf = (name: string, data = '192.0.2.1', ttl = 60): Answer => ({
  type: 'A',
  name,
  ttl,
  data,
});

export const authority = (ttl: number, minimum: number): Answer => ({
  type: 'SOA',
  name: 'test',
  ttl,
  data: {
    mname: 'ns.test',
    rname: 'admin.test',
    serial: 1,
    refresh: 2,
    retry: 3,
    expire: 4,
    minimum,
  },
});

/** The answer section made of raw bytes. */
export function rawResponse(asked: Asked, answers: Buffer, count = 1): Buffer {
  const head = response(asked);
  head.writeUInt16BE(count, 6);
  return Buffer.concat([head, answers]);
}

/** The same message with some bits turned over. */
export function flipped(message: Buffer, offset: number, bits = 0xff): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt8(copy.readUInt8(offset) ^ bits, offset);
  return copy;
}
