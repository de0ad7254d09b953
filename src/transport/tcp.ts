/** A modem behind a TCP connection: ser2net, our own daemon, the simulator. */
import { nodeDns, nodeNet } from '../util/nodes-own.ts';
import { abortError, codedError, codeOf } from './open-error.ts';
import type { ByteStream, Transport } from './transport.ts';

const { Socket, isIPv6 } = nodeNet;
const { lookup } = nodeDns;

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset at once',
  EHOSTUNREACH: 'the host is not reachable',
  ENETUNREACH: 'there is no route to it',
  ENOTFOUND: 'the host name does not exist',
  EAI_AGAIN: 'the host name could not be resolved now',
  ETIMEDOUT: 'it did not answer in time',
  EACCES: 'the system does not permit it',
};

const KEEP_ALIVE_AFTER_MS = 15_000;

export interface TcpTransportOptions {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs?: number;
  /** What is spoken over it, for its name. Default: `tcp`, the bytes as they are. */
  readonly scheme?: string;
}

export function createTcpTransport(options: TcpTransportOptions): Transport {
  const { host, port, scheme = 'tcp' } = options;
  const name = `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return { name, open: signal => connect(name, options, signal) };
}

function connect(name: string, options: TcpTransportOptions, signal?: AbortSignal): Promise<ByteStream> {
  const { host, port, connectTimeoutMs = 10_000 } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortError(name, signal));
    const socket = new Socket();
    const fail = (error: Error): void => {
      forget();
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => signal && fail(abortError(name, signal));
    const onError = (error: Error): void => fail(connectError(name, codeOf(error) ?? 'EIO', error));
    const onTimeout = (): void => fail(connectError(name, 'ETIMEDOUT'));
    const onConnect = (): void => {
      forget();
      // Until here the attempt holds the process, since somebody waits for it; from here on it does not.
      socket.unref();
      resolve(socket);
    };
    const forget = (): void => {
      signal?.removeEventListener('abort', onAbort);
      socket.setTimeout(0);
      socket.off('error', onError).off('timeout', onTimeout).off('connect', onConnect);
    };
    signal?.addEventListener('abort', onAbort);
    socket.once('error', onError).once('timeout', onTimeout).once('connect', onConnect);
    socket.setTimeout(connectTimeoutMs);
    socket.connect({
      host,
      port,
      lookup,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
    });
  });
}

function connectError(name: string, code: string, cause?: Error): Error {
  return codedError(code, `Cannot connect to ${name}: ${REASONS[code] ?? cause?.message ?? code}`, cause);
}
