/** Shows the token that `atsock share` asks for before it hears a line (reliability.md S26). */
import { abortError, codedError } from './open-error.ts';
import type { ByteStream, TransportDecorator } from './transport.ts';

const PATIENCE_MS = 10_000;
/** More than an answer has. */
const LONGEST_ANSWER = 64;

/**
 * It never passes a decorator around this one, so no trace has it.
 * @param readToken each time the line is opened
 * @throws EACCES if it is refused, EPROTO if nobody there understands it
 */
export function withToken(readToken: () => string): TransportDecorator {
  return transport => ({
    ...transport,
    open: async signal => {
      const token = readToken();
      const line = await transport.open(signal);
      try {
        await show(transport.name, line, token, signal);
        return line;
      } catch (error) {
        line.on('error', () => {}).destroy();
        throw error;
      }
    },
  });
}

function show(name: string, line: ByteStream, token: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = Buffer.alloc(0);
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      line.off('readable', onReadable).off('error', settle).off('close', onEnd).off('end', onEnd);
      if (error) reject(error);
      else resolve();
    };
    const stranger = (): Error => codedError('EPROTO', `${name} does not answer as atsock share does`);
    const onAbort = (): void => signal && settle(abortError(name, signal));
    const onEnd = (): void => settle(stranger());
    const onReadable = (): void => {
      const chunk: Buffer | null = line.read();
      if (!chunk) return;
      heard = Buffer.concat([heard, chunk]);
      const [answer, result] = /^\r\n(OK|ERROR)\r\n/.exec(heard.toString('latin1')) ?? [];
      if (!answer && heard.length > LONGEST_ANSWER) settle(stranger());
      if (!answer) return;
      settle(result === 'OK' ? undefined : codedError('EACCES', `${name} refuses the token`));
      if (heard.length > answer.length) line.unshift(heard.subarray(answer.length));
    };
    const timer = setTimeout(() => settle(stranger()), PATIENCE_MS);
    signal?.addEventListener('abort', onAbort);
    line.on('readable', onReadable).on('error', settle).on('close', onEnd).on('end', onEnd);
    line.write(`AUTH ${token}\r`);
  });
}
