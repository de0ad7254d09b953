/** What pages of others can make a browser send, and what else is no request of ours: none has an effect (reliability.md S5). */
import { expect, test } from 'vitest';
import { openServed } from './served.ts';

/** Everything is right about it but what `changes` say; `Authorization` is that of a token with all scopes. */
interface Shape {
  readonly line?: string;
  readonly host?: string;
  /** Instead of the host header of this service. */
  readonly hosts?: readonly string[];
  readonly type?: string;
  readonly more?: readonly string[];
  readonly body?: string;
  /** The usual one unless told; undefined: none. */
  readonly authorization?: string | undefined;
}

const BODY = '{"to":"+12025550111","text":"stolen"}';

/** `PORT` stands for the port of the service. */
const shapes: Readonly<Record<string, [Shape, number]>> = {
  // Names that point here.
  'the name of an attacker': [{ host: 'evil.example:PORT' }, 421],
  'the same without a port number': [{ host: 'evil.example' }, 421],
  'a name that has localhost in it': [{ host: 'localhost.evil.example:PORT' }, 421],
  'a name that ends with localhost': [{ host: 'evil.localhost:PORT' }, 421],
  'localhost with the dot of the root': [{ host: 'localhost.:PORT' }, 421],
  'an address as a name': [{ host: '127.0.0.1.nip.io:PORT' }, 421],
  'another loopback address': [{ host: '127.0.0.2:PORT' }, 421],
  'an address in short': [{ host: '127.1:PORT' }, 421],
  'an address as one number': [{ host: '2130706433:PORT' }, 421],
  'an address in hexadecimal digits': [{ host: '0x7f.0.0.1:PORT' }, 421],
  'every address': [{ host: '0.0.0.0:PORT' }, 421],
  'the other loopback': [{ host: '[::1]:PORT' }, 421],
  'a mapped address': [{ host: '[::ffff:127.0.0.1]:PORT' }, 421],
  'an address of the network': [{ host: '192.168.1.10:PORT' }, 421],
  'a user before the host': [{ host: 'evil@localhost:PORT' }, 421],
  'two names in one header': [{ host: 'localhost:PORT, evil.example' }, 421],
  'two host headers': [{ hosts: ['localhost:PORT', 'evil.example'] }, 421],
  'the same host header twice': [{ hosts: ['localhost:PORT', 'localhost:PORT'] }, 421],
  'no host header': [{ hosts: [] }, 400],
  'an empty host header': [{ host: '' }, 421],
  'HTTP 1.0 without a host': [{ line: 'POST /v1/messages HTTP/1.0', hosts: [] }, 421],
  'another host in the target': [{ line: 'POST http://evil.example/v1/messages HTTP/1.1' }, 400],
  'our own host in the target': [{ line: 'POST http://localhost:PORT/v1/messages HTTP/1.1' }, 400],
  'a target without a slash': [{ line: 'POST v1/messages HTTP/1.1' }, 400],
  'a tunnel': [{ line: 'CONNECT localhost:PORT HTTP/1.1' }, 0],
  // Pages of others.
  'a foreign origin': [{ more: ['Origin: http://evil.example'] }, 403],
  'an origin that hides': [{ more: ['Origin: null'] }, 403],
  'our host with another scheme': [{ more: ['Origin: https://localhost:PORT'] }, 403],
  'our host on another port': [{ more: ['Origin: http://localhost:1'] }, 403],
  'our host by its address': [{ more: ['Origin: http://127.0.0.1:PORT'] }, 403],
  'two origins, one of them ours': [
    { more: ['Origin: http://localhost:PORT', 'Origin: http://evil.example'] },
    403,
  ],
  'an extension': [{ more: ['Origin: chrome-extension://abc'] }, 403],
  'from another site': [{ more: ['Sec-Fetch-Site: cross-site'] }, 403],
  'from the same site, another origin': [{ more: ['Sec-Fetch-Site: same-site'] }, 403],
  'a site that nobody knows': [{ more: ['Sec-Fetch-Site: friendly'] }, 403],
  'two sites': [{ more: ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site'] }, 403],
  'a preflight': [
    {
      line: 'OPTIONS /v1/messages HTTP/1.1',
      more: ['Origin: http://evil.example', 'Access-Control-Request-Method: POST'],
    },
    403,
  ],
  'a preflight of our own': [{ line: 'OPTIONS /v1/messages HTTP/1.1' }, 405],
  // What a form or a script without asking first can send.
  'a form': [{ type: 'application/x-www-form-urlencoded' }, 415],
  'a form with files': [{ type: 'multipart/form-data; boundary=x' }, 415],
  'plain text': [{ type: 'text/plain' }, 415],
  'plain text that names JSON': [{ type: 'text/plain; application/json' }, 415],
  'JSON that is no UTF-8': [{ type: 'application/json; charset=utf-7' }, 415],
  'a relative of JSON': [{ type: 'application/json-seq' }, 415],
  'no type': [{ type: '' }, 415],
  'a body that is packed': [{ more: ['Content-Encoding: gzip'] }, 415],
  'by GET': [{ line: 'GET /v1/messages?to=%2B1&text=x HTTP/1.1' }, 400],
  'by HEAD': [{ line: 'HEAD /v1/messages HTTP/1.1' }, 405],
  'by PUT': [{ line: 'PUT /v1/messages HTTP/1.1' }, 405],
  'by a method of its own': [{ line: 'PATCH /v1/messages HTTP/1.1' }, 405],
  'a method in a header': [
    { line: 'GET /v1/messages HTTP/1.1', more: ['X-HTTP-Method-Override: POST'] },
    200,
  ],
  'a slash at the end': [{ line: 'POST /v1/messages/ HTTP/1.1' }, 404],
  'two slashes': [{ line: 'POST //v1/messages HTTP/1.1' }, 404],
  'nothing but slashes': [{ line: 'POST // HTTP/1.1', authorization: undefined }, 401],
  'what would be no host': [{ line: 'POST //[:x HTTP/1.1' }, 404],
  'an origin behind too many headers to be read': [
    { more: [...Array(64).fill('X-Dull: 1'), 'Origin: http://evil.example'] },
    431,
  ],
  'a path in other letters': [{ line: 'POST /V1/messages HTTP/1.1' }, 404],
  'a path that goes up': [{ line: 'POST /v1/inbox/../messages HTTP/1.1' }, 404],
  'a path that is escaped': [{ line: 'POST /v1%2Fmessages HTTP/1.1' }, 404],
  'an upgrade': [
    {
      line: 'GET /v1/events HTTP/1.0',
      more: ['Connection: Upgrade', 'Upgrade: websocket'],
      authorization: undefined,
    },
    401,
  ],
  // Who may.
  'no token': [{ authorization: undefined }, 401],
  'a cookie': [{ authorization: undefined, more: ['Cookie: token=TOKEN'] }, 401],
  'the token in the target': [
    { authorization: undefined, line: 'POST /v1/messages?token=TOKEN HTTP/1.1' },
    401,
  ],
  'another way to say who': [{ authorization: 'Basic TOKEN' }, 401],
  'two tokens': [{ authorization: 'Bearer TOKEN TOKEN' }, 401],
};

test(`${Object.keys(shapes).length} shapes, and nothing is sent`, async () => {
  expect(Object.keys(shapes).length).toBeGreaterThanOrEqual(40);
  const served = await openServed();
  const fill = (text: string): string =>
    text.replaceAll('PORT', `${served.server.port}`).replaceAll('TOKEN', served.tokens.all);
  const statuses: Record<string, number> = {};
  for (const [name, [shape]] of Object.entries(shapes)) {
    const {
      line = 'POST /v1/messages HTTP/1.1',
      host = 'localhost:PORT',
      type = 'application/json',
      body = BODY,
    } = shape;
    const { hosts = [host], more = [] } = shape;
    const authorization = 'authorization' in shape ? shape.authorization : 'Bearer TOKEN';
    const head = [
      line,
      ...hosts.map(each => `Host: ${each}`),
      ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
      ...(type === '' ? [] : [`Content-Type: ${type}`]),
      `Content-Length: ${body.length}`,
      ...more,
    ];
    const said = await served.raw(fill(`${head.join('\r\n')}\r\n\r\n${body}`));
    statuses[name] = Number(said.split(' ')[1] ?? 0);
  }
  expect(statuses).toEqual(
    Object.fromEntries(Object.entries(shapes).map(([name, [, status]]) => [name, status])),
  );
  expect(served.service.outbox.jobs.size).toBe(0);
  expect(served.sim.sms.sent).toEqual([]);
  expect(served.complaints).toEqual([]);
});

test.each(['localhost:PORT', 'LocalHost:PORT', '127.0.0.1:PORT', '127.0.0.1', 'localhost'])(
  'the right one with %s is accepted: the shapes above fail for their own reasons',
  async host => {
    const served = await openServed();
    const own = host.replace('PORT', `${served.server.port}`);
    const more = { host: own, origin: `http://${own.toLowerCase()}`, 'sec-fetch-site': 'same-origin' };
    expect(await served.send('+12025550111', 'x', { headers: more })).toMatchObject({ status: 202 });
  },
);
