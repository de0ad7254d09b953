/** A route: what a request must look like, who may make it, and what is done then. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TObject, TSchema } from '@sinclair/typebox';
import type { Token } from '../../util/tokens.ts';
import type { Scope } from '../scopes.ts';
import type { Service } from '../service.ts';

export type Params = Readonly<Record<string, string>>;

/** A request that was let in and checked. */
export interface Call<Body> {
  readonly service: Service;
  readonly request: IncomingMessage;
  /** Of the path. */
  readonly params: Params;
  readonly query: Params;
  readonly body: Body;
  readonly token: Token<Scope>;
  /** Aborts when the client has gone or the service closes. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of a body: writes the rest by itself. */
  readonly stream?: (response: ServerResponse) => Promise<void>;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `/v1/messages/{id}` */
  readonly path: string;
  readonly summary: string;
  /** Any of them will do. */
  readonly scopes: readonly Scope[];
  readonly query: TObject;
  readonly body?: TSchema;
  /** Of the answer when all is well. */
  readonly answer: { readonly status: number; readonly schema?: TSchema; readonly type?: string };
  // The body was checked by its schema before.
  readonly handle: (call: Call<never>) => Promise<Answer> | Answer;
}

/** @returns its parameters; undefined: another path */
export function matchPath({ path }: Route, asked: string): Params | undefined {
  const wanted = path.split('/');
  const given = asked.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    const text = given[index] ?? '';
    if (name === undefined ? text !== part : text === '') return undefined;
    if (name !== undefined) params[name] = text;
  }
  return params;
}
