/** The service in this process, on a simulated modem, with a token for each scope. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type HttpServer, listenHttp } from '../../src/serve/http/server.ts';
import { page } from '../../src/serve/page/page.ts';
import { SCOPES, type Scope } from '../../src/serve/scopes.ts';
import { Service, type ServiceOptions } from '../../src/serve/service.ts';
import type { SimModem, SimOptions } from '../../src/sim/index.ts';
import { createToken, Tokens } from '../../src/util/tokens.ts';
import { openBench } from '../e2e/modems.ts';
import { temporaryFolder } from '../support/programs.ts';
import { within } from '../tools/run-cli.ts';

const DEADLINE_MS = 15_000;

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** undefined: it is no JSON. */
  readonly body: unknown;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, text as it is. */
  readonly body?: unknown;
  /** A token with all scopes unless told. */
  readonly token?: string;
}

export class Served {
  readonly sim: SimModem;
  readonly service: Service;
  readonly server: HttpServer;
  readonly tokens: Readonly<Record<Scope | 'all', string>>;
  /** What the server complained of. */
  readonly complaints: readonly string[];

  constructor(parts: Pick<Served, 'sim' | 'service' | 'server' | 'tokens' | 'complaints'>) {
    this.sim = parts.sim;
    this.service = parts.service;
    this.server = parts.server;
    this.tokens = parts.tokens;
    this.complaints = parts.complaints;
  }

  ask(path: string, { method, headers = {}, body, token = this.tokens.all }: Asking = {}): Promise<Reply> {
    const data = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const reply = new Promise<Reply>((resolve, reject) => {
      const request = httpRequest(
        {
          ...{ host: '127.0.0.1', port: this.server.port, path, agent: false },
          method: method ?? (data === undefined ? 'GET' : 'POST'),
          headers: {
            ...(token && { authorization: `Bearer ${token}` }),
            ...(data !== undefined && { 'content-type': 'application/json' }),
            ...headers,
          },
        },
        response => {
          let text = '';
          response.setEncoding('utf8').on('error', reject);
          response.on('data', chunk => {
            text += chunk;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) }),
          );
        },
      );
      request.once('error', reject).end(data);
    });
    return within(DEADLINE_MS, path, reply);
  }

  send(to: string, text: string, asking: Asking & { readonly more?: object } = {}): Promise<Reply> {
    return this.ask('/v1/messages', { ...asking, body: { to, text, ...asking.more } });
  }

  /** Bytes as they are → the status line of the first answer; empty: hung up without one. */
  raw(text: string): Promise<string> {
    const answer = new Promise<string>(resolve => {
      let said = '';
      const socket = connect(this.server.port, '127.0.0.1', () => socket.end(text));
      socket.setEncoding('latin1').on('error', () => {});
      socket.on('data', chunk => {
        said += chunk;
      });
      socket.on('close', () => resolve(said.split('\r\n', 1)[0] ?? ''));
    });
    return within(DEADLINE_MS, text.slice(0, 80), answer);
  }

  /** Resolves when the job has one of these states. */
  async reaches(id: string, ...states: readonly string[]): Promise<void> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    for await (const event of this.service.journal.after('0', signal))
      if (event.type === 'job' && event.job.id === id && states.includes(event.job.state)) return;
    throw new Error(`${id} is ${this.service.outbox.jobs.get(id)?.state} and not ${states.join(' or ')}`);
  }
}

export const EASY = {
  name: 'sim',
  report: () => {},
  gapMs: 0,
  quota: { perHour: 100_000, perDay: 100_000 },
  prefixes: ['+'],
} as const;

/** @param options more than those of an easy-going service */
export async function openServed(
  options: Partial<ServiceOptions> = {},
  simOptions: SimOptions = {},
): Promise<Served> {
  const { modem, sim } = await openBench(simOptions);
  const service = new Service(modem, {
    folder: join(temporaryFolder(), 'serve'),
    ...EASY,
    ...options,
  });
  const named = [...SCOPES, 'all'].map(scope => [scope, createToken()] as const);
  const lines = named.map(([scope, token]) => `${scope === 'all' ? SCOPES.join(',') : scope} ${token}`);
  const complaints: string[] = [];
  const server = await listenHttp(service, {
    ...{ host: '127.0.0.1', port: 0, names: ['localhost'], version: '0.0.0', page },
    tokens: new Tokens(lines.join('\n'), 'here', SCOPES),
    report: message => complaints.push(message),
  });
  onTestFinished(async () => {
    await server.close();
    await service.close();
  });
  const tokens = Object.fromEntries(named) as Record<Scope | 'all', string>;
  return new Served({ sim, service, server, tokens, complaints });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
