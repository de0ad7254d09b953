/** Decorator: writes everything that passes, in the dialogue format of architecture 7.1, secrets left out. */
import { relayed } from './relay-stream.ts';
import { TraceWriter } from './trace-writer.ts';
import type { TransportDecorator } from './transport.ts';

export { redact } from './redact.ts';

/**
 * A trace is a dialogue that a player can replay: byte-exact, but for the secrets. `write` gets one step at a time,
 * without line end. Payload is not a secret here; whoever shares a trace shares what the program sent and received.
 */
export function traced(write: (line: string) => void): TransportDecorator {
  return relayed(() => {
    const trace = new TraceWriter(write);
    return {
      sent: chunk => {
        trace.sent(chunk);
        return [chunk];
      },
      received: chunk => {
        trace.received(chunk);
        return [chunk];
      },
      closed: lost => trace.closed(lost),
    };
  });
}
