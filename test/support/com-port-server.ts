/** The server's side of RFC 2217 around a socket, for tests: says yes to what it knows, and keeps what it was told. */
import { TelnetOptions } from '../../src/telnet/options.ts';
import { TelnetParser } from '../../src/telnet/parser.ts';
import { doubleIac, formatVerb, IAC, SUBNEGOTIATION } from '../../src/telnet/protocol.ts';
import { relayed } from '../../src/transport/relay-stream.ts';
import type { ByteStream } from '../../src/transport/transport.ts';

const COM_PORT = 44;
const KNOWN = [0, 3, COM_PORT];

export interface ComPortServer {
  /** The bytes of the port, for whoever is behind it. */
  readonly port: ByteStream;
  /** The commands of RFC 2217 in their order, in hexadecimal. */
  readonly heard: string[];
  /** Tells the client: a command of the server and its value. */
  tell(content: Buffer): void;
}

/** @param known options it agrees to; without 44 it is a plain telnet server */
export async function serveComPort(socket: ByteStream, known = KNOWN): Promise<ComPortServer> {
  const heard: string[] = [];
  const tell = (content: Buffer): void => {
    const [begin, end] = [Buffer.of(IAC, SUBNEGOTIATION.begin, COM_PORT), Buffer.of(IAC, SUBNEGOTIATION.end)];
    socket.write(Buffer.concat([begin, doubleIac(content), end]));
  };
  const data: Buffer[] = [];
  const options = new TelnetOptions({
    ours: known,
    theirs: known,
    send: (verb, option) => void socket.write(formatVerb(verb, option)),
  });
  const parser = new TelnetParser({
    data: bytes => void data.push(bytes),
    option: (verb, option) => options.receive(verb, option),
    subnegotiation: (_option, content) => {
      heard.push(content.toString('hex'));
      tell(Buffer.concat([Buffer.of(content.readUInt8(0) + 100), content.subarray(1)]));
    },
  });
  const transport = relayed(() => ({
    sent: chunk => [doubleIac(chunk)],
    received: chunk => {
      parser.feed(chunk);
      return data.splice(0);
    },
  }))({ name: 'server', open: async () => socket });
  const port = await transport.open();
  port.read(0);
  return { port, heard, tell };
}
