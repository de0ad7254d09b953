/** A modem at a serial port of another machine, behind an RFC 2217 server such as ser2net. */
import { createHold } from '../util/hold.ts';
import { ComPort, type ComPortSettings } from './com-port.ts';
import { abortError } from './open-error.ts';
import { relayed } from './relay-stream.ts';
import { createTcpTransport, type TcpTransportOptions } from './tcp.ts';
import type { ByteStream, Transport } from './transport.ts';

export interface Rfc2217Options extends Omit<TcpTransportOptions, 'scheme'>, Partial<ComPortSettings> {}

/** @throws as TCP does, EPROTONOSUPPORT or ETIMEDOUT if the server does not speak it, EINVAL if it cannot run at this speed */
export function createRfc2217Transport({
  baud = 115_200,
  flow = 'hardware',
  ...place
}: Rfc2217Options): Transport {
  const tcp = createTcpTransport({ ...place, scheme: 'rfc2217' });
  const open = async (signal?: AbortSignal): Promise<ByteStream> => {
    const inner = await tcp.open(signal);
    const port = new ComPort(tcp.name, inner);
    const stream = await relayed(() => port)({ name: tcp.name, open: async () => inner }).open();
    const hold = createHold();
    try {
      // The server is heard only while the stream is read; what the modem says meanwhile is kept.
      stream.read(0);
      await port.start({ baud, flow }, signal);
      return stream;
    } catch (error) {
      stream.on('error', () => {}).destroy();
      throw signal?.aborted ? abortError(tcp.name, signal) : error;
    } finally {
      hold.release();
    }
  };
  return { name: tcp.name, open };
}
