/** Routes → their OpenAPI 3.1 document. */
import type { Route } from './route.ts';
import { ProblemSchema } from './schemas.ts';

const KEY_HEADER = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'The same key with the same body is the same message, however often it is asked for.',
  schema: { type: 'string', pattern: '^[!-~]{1,128}$' },
};

const problem = {
  description: 'Anything else is a problem (RFC 9457).',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

export function openApi(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    path[route.method.toLowerCase()] = operation(route);
    paths[route.path] = path;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'atsock serve',
      version,
      description: 'Short messages and the state of a cellular modem.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths: { ...paths, ...openPaths },
    components: {
      schemas: { Problem: ProblemSchema },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

const openPaths = {
  '/healthz': {
    get: {
      summary: 'Whether the modem is ready; needs no token.',
      security: [],
      responses: {
        200: { description: 'It is.' },
        503: { description: 'It is not.' },
      },
    },
  },
};

function operation({ summary, scopes, path, query, body, answer, method }: Route): object {
  const required = new Set<string>(query.required ?? []);
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(query.properties).map(([name, schema]) => ({
      name,
      in: 'query',
      required: required.has(name),
      schema,
    })),
    ...(method === 'POST' && scopes.includes('sms-send') ? [KEY_HEADER] : []),
  ];
  const type = answer.type ?? 'application/json';
  const schema = answer.schema ?? { type: 'string' };
  return {
    summary,
    description: `Needs a token with the scope ${scopes.join(' or ')}.`,
    parameters,
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      [answer.status]: { description: summary, content: { [type]: { schema } } },
      default: problem,
    },
  };
}
