/** Clients that take their time do not keep others out, and are hung up on (reliability.md S19). */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { within } from '../tools/run-cli.ts';
import { openServed } from './served.ts';

const SLOW = 500;
const DEADLINE_MS = 60_000;

test(`${SLOW} clients that never finish their headers`, { timeout: 2 * DEADLINE_MS }, async () => {
  const served = await openServed();
  const sockets = Array.from({ length: SLOW }, (): Socket => {
    const socket = connect(served.server.port, '127.0.0.1');
    socket.on('error', () => {}).resume();
    socket.write('POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    return socket;
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await within(DEADLINE_MS, 'all are connected', Promise.all(sockets.map(socket => once(socket, 'connect'))));
  const replies = await Promise.all(Array.from({ length: 10 }, () => served.ask('/v1/messages')));
  expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200));
  const closed = Promise.all(sockets.map(socket => (socket.closed ? undefined : once(socket, 'close'))));
  await within(DEADLINE_MS, 'all are hung up on', closed);
  expect(served.complaints).toEqual([]);
});

test('who hangs up within a body is no mistake of ours', async () => {
  const served = await openServed();
  const head = [
    'POST /v1/messages HTTP/1.1',
    'Host: localhost',
    `Authorization: Bearer ${served.tokens.all}`,
    'Content-Type: application/json',
    'Content-Length: 100',
  ];
  await served.raw(`${head.join('\r\n')}\r\n\r\n{`);
  expect(served.complaints).toEqual([]);
});
