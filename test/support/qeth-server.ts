/** The modem's side of Quectel's ETH_AT service around any line, for tests. */
import { createFrameDecoder, encodeFrames, FRAME } from '../../src/transport/qeth-frames.ts';
import { relayed } from '../../src/transport/relay-stream.ts';
import type { TransportDecorator } from '../../src/transport/transport.ts';

/** Around what a server opens for a client: the client's bytes are written to it, and read from it. */
export const qethServed: TransportDecorator = relayed(() => {
  const decode = createFrameDecoder([FRAME.toModem]);
  const greeting = [...encodeFrames(FRAME.ready, Buffer.from('RGMII_ATC_READY'))];
  return {
    sent: chunk => decode(chunk).map(({ payload }) => payload),
    received: chunk => [...greeting.splice(0), ...encodeFrames(FRAME.fromModem, chunk)],
  };
});

/** Around a socket that a server has accepted. */
export const qethAccepted: TransportDecorator = relayed(() => {
  const decode = createFrameDecoder([FRAME.toModem]);
  return {
    sent: chunk => encodeFrames(FRAME.fromModem, chunk),
    received: chunk => decode(chunk).map(({ payload }) => payload),
  };
});
