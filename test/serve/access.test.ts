/** Who may do what: each route with no token, a wrong one, one of another scope, and the right one (reliability.md S2, S29). */
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { routes } from '../../src/serve/http/routes.ts';
import { SCOPES } from '../../src/serve/scopes.ts';
import { createToken } from '../../src/util/tokens.ts';
import { openServed, type Served } from './served.ts';

const PUBLIC = ['/', '/healthz', '/openapi.json'];
const METHODS = ['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'];

/** A good body for each route that takes one: what is refused is refused for who asks. */
const BODIES: Readonly<Record<string, object>> = {
  '/v1/messages': { to: '+12025550111', text: 'x' },
  '/v1/at': { command: '+CGMR' },
  '/compat/sms': { recipient: '+43664123456', message: 'x' },
  '/compat/custom-command': { binaryCommand: '2B43474D52', readableCommand: 'x', timeoutMs: 1_000 },
};

/** What the routes would have made of them. */
function effects({ service, sim }: Served): readonly unknown[] {
  const { commands } = service.modem.stats();
  return [
    sim.sms.sent.length,
    service.outbox.jobs.size,
    ...['+CGMR', '+CSCS', '+CNUM'].map(name => commands[name]),
  ];
}

test('without a token every path and method looks the same, and the modem hears nothing', async () => {
  const served = await openServed();
  const before = effects(served);
  const answers = new Set<string>();
  for (const path of [
    ...routes.map(route => route.path.replace('{id}', 'x')),
    '/nothing',
    '/v1',
    '/v1/messages/',
  ])
    for (const method of METHODS) {
      const body = method === 'POST' ? BODIES[path] : undefined;
      const asking = { method, token: '', ...(body && { body }) };
      const { status, text, headers } = await served.ask(path, asking);
      answers.add(JSON.stringify([status, text, headers['www-authenticate'], headers.allow]));
    }
  expect([...answers]).toHaveLength(1);
  expect([...answers][0]).toContain('[401,');
  expect(effects(served)).toEqual(before);
});

test('a token of another scope is not enough, and does nothing', async () => {
  const served = await openServed();
  const before = effects(served);
  for (const { method, path, scopes, body } of routes)
    for (const scope of SCOPES.filter(each => !scopes.includes(each))) {
      const asking = { method, token: served.tokens[scope], ...(body && { body: BODIES[path] }) };
      expect(await served.ask(path.replace('{id}', 'x'), asking), `${method} ${path} ${scope}`).toMatchObject(
        { status: 403 },
      );
    }
  expect(effects(served)).toEqual(before);
});

test('with a token: nothing there is 404, another method is 405 and says which', async () => {
  const served = await openServed();
  expect(await served.ask('/v1/nothing')).toMatchObject({ status: 404 });
  expect(await served.ask('/v1/messages', { method: 'PUT' })).toMatchObject({
    status: 405,
    headers: { allow: 'POST, GET' },
  });
});

test.each(PUBLIC)('%s needs no token, but the right host', async path => {
  const served = await openServed();
  expect(await served.ask(path, { token: '' })).toMatchObject({ status: 200 });
  expect(await served.ask(path, { token: '', headers: { host: 'evil.example' } })).toMatchObject({
    status: 421,
  });
  expect(await served.ask(path, { token: '', method: 'POST', body: {} })).toMatchObject({ status: 401 });
});

test('after five wrong tokens in a minute nobody of that address is listened to', async () => {
  const served = await openServed();
  for (let n = 0; n < 5; n++) {
    expect(await served.ask('/v1/modem')).toMatchObject({ status: 200 });
    expect(await served.ask('/v1/modem', { token: createToken() })).toMatchObject({ status: 401 });
  }
  expect(await served.ask('/v1/modem')).toMatchObject({ status: 401 });
  expect(await served.ask('/healthz', { token: '' })).toMatchObject({ status: 200 });
});

test('problems are RFC 9457, one of each kind, and say nothing of what is inside', async () => {
  const served = await openServed();
  const wrong = [
    await served.ask('/v1/modem', { token: '' }),
    await served.ask('/v1/nothing'),
    await served.ask('/v1/messages', { body: '{' }),
    await served.ask('/v1/messages', { body: { to: 'nobody', text: '' } }),
  ];
  for (const { status, headers, body, text } of wrong) {
    expect(headers['content-type']).toBe('application/problem+json');
    expect(body).toMatchObject({
      type: 'about:blank',
      status,
      title: expect.any(String),
      detail: expect.any(String),
    });
    expect(text).not.toMatch(/\.ts|\.js|\bat \w+ \(/);
  }
  expect(wrong[3]?.body).toMatchObject({ errors: [{ field: 'to' }, { field: 'text' }] });
});

test('the OpenAPI document is valid and has every route', async () => {
  const served = await openServed();
  const { body } = await served.ask('/openapi.json', { token: '' });
  const document = structuredClone(body) as Record<string, unknown> & { paths: Record<string, object> };
  const { valid, errors } = await new Validator().validate(document);
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual(
    [...routes.map(({ method, path }) => `${method} ${path}`), 'GET /healthz'].sort(),
  );
});

test('every answer has the headers that keep browsers from guessing and storing', async () => {
  const served = await openServed();
  for (const path of [...PUBLIC, '/v1/modem', '/nothing']) {
    const { headers } = await served.ask(path);
    expect(headers, path).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(headers['content-security-policy'], path).toMatch(/^default-src 'none'/);
    expect(headers, path).not.toHaveProperty('access-control-allow-origin');
  }
});
