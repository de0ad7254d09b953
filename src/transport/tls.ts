/** A modem behind TLS, as `atsock share` serves it to other computers: nothing is said before it is known who is there. */
import type { TLSSocket } from 'node:tls';
import { nodeNet, nodeTls } from '../util/nodes-own.ts';
import { abortError, codedError, codeOf } from './open-error.ts';
import { createTcpTransport, type TcpTransportOptions } from './tcp.ts';
import type { ByteStream, Transport } from './transport.ts';

export interface TlsTransportOptions extends Omit<TcpTransportOptions, 'scheme'> {
  /** Certificates in PEM that are trusted in place of Node's. */
  readonly ca?: string;
}

const HANDSHAKE_MS = 10_000;

/** @throws as TCP does, and with OpenSSL's code where the server is not who it should be */
export function createTlsTransport({ ca, ...place }: TlsTransportOptions): Transport {
  const tcp = createTcpTransport({ ...place, scheme: 'tls' });
  return {
    name: tcp.name,
    open: async signal => {
      const socket = await tcp.open(signal);
      const line = nodeTls.connect({
        socket,
        host: place.host,
        // No name of a server (RFC 6066 3), but compared with the certificate all the same.
        ...(nodeNet.isIP(place.host) === 0 && { servername: place.host }),
        ...(ca !== undefined && { ca }),
        minVersion: 'TLSv1.2',
      });
      return secured(tcp.name, line, signal);
    },
  };
}

function secured(name: string, line: TLSSocket, signal?: AbortSignal): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      forget();
      line.on('error', () => {}).destroy();
      reject(error);
    };
    const failWith = (code: string, why: string, cause?: Error): void =>
      fail(codedError(code, `Cannot connect to ${name}: ${why}`, cause));
    const onAbort = (): void => signal && fail(abortError(name, signal));
    const onError = (error: Error): void => failWith(codeOf(error) ?? 'EPROTO', error.message, error);
    const onClose = (): void => failWith('ECONNRESET', 'it hung up before the handshake was over');
    const onSecure = (): void => {
      forget();
      resolve(line);
    };
    const timer = setTimeout(failWith, HANDSHAKE_MS, 'ETIMEDOUT', 'no handshake in time');
    const forget = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      line.off('error', onError).off('close', onClose).off('secureConnect', onSecure);
    };
    signal?.addEventListener('abort', onAbort);
    line.once('error', onError).once('close', onClose).once('secureConnect', onSecure);
    if (signal?.aborted) onAbort();
  });
}
