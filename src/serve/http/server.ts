/** The HTTP server: who may come in, which route, and how the answer goes out. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Token, Tokens } from '../../util/tokens.ts';
import type { Scope } from '../scopes.ts';
import type { Service } from '../service.ts';
import { check } from './check.ts';
import { checkSource } from './guard.ts';
import { readJson } from './json-body.ts';
import { openApi } from './openapi.ts';
import { Problem } from './problem.ts';
import { type Answer, matchPath, type Params, type Route } from './route.ts';
import { routes } from './routes.ts';

export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly tokens: Tokens<Scope>;
  /** Host names under which it may be asked for, besides its own addresses. */
  readonly names: readonly string[];
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Of the package. */
  readonly version: string;
  /** Without token, for whoever opens `/` in a browser. */
  readonly page: { readonly html: string; readonly policy: string };
  /** Hears of mistakes of our own. */
  readonly report: (message: string) => void;
}

export interface HttpServer {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Slow and many clients must not keep others out (reliability.md S19; CVE-2018-12122). */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000 };
const HANDSHAKE_TIMEOUT_MS = 10_000;
const MOST_CONNECTIONS = 1_024;

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** @throws Error of the system: the address is taken, or not one of this computer */
export async function listenHttp(service: Service, options: ServeOptions): Promise<HttpServer> {
  const { host, port, tls } = options;
  const closing = new AbortController();
  const entrance = new Entrance(service, options, closing.signal);
  const listener: RequestListener = (request, response) => void entrance.answer(request, response);
  const server = tls
    ? createTlsServer(
        { ...tls, ...LIMITS, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
        listener,
      )
    : createServer(LIMITS, listener);
  // Node would drop those beyond it without a word: the guard counts them.
  server.maxHeadersCount = 0;
  server.maxConnections = MOST_CONNECTIONS;
  server.listen({ host, port });
  await once(server, 'listening');
  const bound = server.address() as AddressInfo;
  return {
    address: bound.address,
    port: bound.port,
    close: async () => {
      closing.abort();
      server.close();
      server.closeAllConnections();
    },
  };
}

class Entrance {
  readonly #service: Service;
  readonly #options: ServeOptions;
  readonly #closing: AbortSignal;
  /** What is shown without a token: nothing that is secret. */
  readonly #open: Readonly<Record<string, () => Answer>>;

  constructor(service: Service, options: ServeOptions, closing: AbortSignal) {
    this.#service = service;
    this.#options = options;
    this.#closing = closing;
    const { html, policy } = options.page;
    const document = openApi(routes, options.version);
    this.#open = {
      '/': () => ({
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
        stream: async response => void response.end(html),
      }),
      '/healthz': () => {
        const isReady = service.modem.state === 'ready';
        return { status: isReady ? 200 : 503, body: { status: isReady ? 'ok' : 'not ready' } };
      },
      '/openapi.json': () => ({ status: 200, body: document }),
    };
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort()).on('error', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#closing]);
    try {
      await send(response, await this.#find(request, signal));
    } catch (error) {
      const isHangUp = error === request.errored && !(error instanceof Problem);
      if (response.headersSent || isHangUp) response.destroy();
      else await send(response, this.#describe(error));
    }
  }

  /** @throws Problem */
  async #find(request: IncomingMessage, signal: AbortSignal): Promise<Answer> {
    const { tls, names } = this.#options;
    checkSource(request, tls ? 'https' : 'http', names);
    // Behind a host of our own: `//name` would be taken for one.
    const url = new URL(`http://localhost${request.url}`);
    const open = request.method === 'GET' && url.search === '' ? this.#open[request.url ?? ''] : undefined;
    if (open) return open();
    // Before anything is said of what there is (reliability.md S29).
    const token = this.#admit(request);
    const { route, params } = findRoute(request.method ?? '', request.url?.replace(/\?.*/s, '') ?? '');
    if (!route.scopes.some(scope => token.scopes.has(scope)))
      throw new Problem(403, `this needs a token with the scope ${route.scopes.join(' or ')}`);
    const query = readQuery(url.searchParams);
    check(route.query, query, 'query');
    const body = route.body && (await readJson(request));
    if (route.body) check(route.body, body, 'body');
    return route.handle({
      service: this.#service,
      request,
      params,
      query,
      body: body as never,
      token,
      signal,
    });
  }

  #admit({ headers, socket }: IncomingMessage): Token<Scope> {
    const [, secret] = /^Bearer ([\w-]+)$/i.exec(headers.authorization ?? '') ?? [];
    const token = secret && this.#options.tokens.find(socket.remoteAddress ?? '', secret);
    if (token) return token;
    throw new Problem(401, 'this needs a token: Authorization: Bearer TOKEN', {
      headers: { 'www-authenticate': 'Bearer realm="atsock"' },
    });
  }

  /** What went wrong inside is not for clients. */
  #describe(error: unknown): Answer {
    const isProblem = error instanceof Problem;
    if (!isProblem) this.#options.report(error instanceof Error ? error.message : String(error));
    const { status, details, headers } = isProblem ? error : new Problem(500, 'the service has failed here');
    return { status, body: details, headers: { 'content-type': 'application/problem+json', ...headers } };
  }
}

/** @throws Problem */
function findRoute(method: string, path: string): { readonly route: Route; readonly params: Params } {
  const matches = routes.flatMap(route => {
    const params = matchPath(route, path);
    return params ? [{ route, params }] : [];
  });
  const found = matches.find(({ route }) => route.method === method);
  if (found) return found;
  if (matches.length === 0) throw new Problem(404, 'there is nothing here');
  const allow = matches.map(({ route }) => route.method).join(', ');
  throw new Problem(405, `here are only ${allow}`, { headers: { allow } });
}

/** @throws Problem */
function readQuery(params: URLSearchParams): Params {
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of params) {
    if (name in query) throw new Problem(400, `"${name}" stands twice in the query`);
    query[name] = value;
  }
  return { ...query };
}

async function send(response: ServerResponse, { status, body, headers, stream }: Answer): Promise<void> {
  response.writeHead(status, { ...HEADERS, 'content-type': 'application/json', ...headers });
  if (stream) await stream(response);
  else response.end(`${JSON.stringify(body)}\n`);
}
