/** A Quectel modem behind its own Ethernet port: AT commands in the frames of its ETH_AT service. */
import { createFrameDecoder, encodeFrames, FRAME } from './qeth-frames.ts';
import { relayed } from './relay-stream.ts';
import { createTcpTransport, type TcpTransportOptions } from './tcp.ts';
import type { Transport, TransportDecorator } from './transport.ts';

/** Its stream fails with EPROTO when what comes is no frame. */
export const createQethTransport = (options: Omit<TcpTransportOptions, 'scheme'>): Transport =>
  framed(createTcpTransport({ ...options, scheme: 'qeth' }));

/** That the modem is ready it says once in each connection, in a frame of its own; nobody waits for it (ecosystem.md B13). */
const framed: TransportDecorator = relayed(() => {
  const decode = createFrameDecoder([FRAME.fromModem, FRAME.ready]);
  return {
    sent: chunk => encodeFrames(FRAME.toModem, chunk),
    received: chunk => decode(chunk).flatMap(({ type, payload }) => (type === FRAME.ready ? [] : [payload])),
  };
});
