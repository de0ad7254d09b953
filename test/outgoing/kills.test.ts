/** A service that is killed in the middle of its deliveries, again and again: nothing that was in its journal is lost (F72). */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createRandom } from '../../src/util/random.ts';
import { needBuild, temporaryFolder } from '../support/programs.ts';
import { type Running, runProgram, within } from '../tools/run-cli.ts';

/** Of the whole run: ATSOCK_KILLS=200. */
const KILLS = Number(process.env.ATSOCK_KILLS ?? 10);
const SEED = 72;
/** New messages in each run of the service. */
const MESSAGES = 4;
const PHASES = ['before the answer', 'with the answer', 'after the answer'] as const;

/** Gets messages while it delivers, as the service does. */
const service = (folder: string, port: number): string => `
  import { Journal } from './dist/serve/journal.js';
  import { openOutgoing } from './dist/outgoing/outgoing.js';
  import { overThisComputer } from './dist/outgoing/webhook-ways.js';
  const journal = Journal.open(${JSON.stringify(folder)});
  const webhook = {
    gateway: 'gate', url: new URL('http://127.0.0.1:${port}/'), secret: Buffer.alloc(32),
    way: () => overThisComputer(['127.0.0.1']),
  };
  await openOutgoing({ events: journal, folder: ${JSON.stringify(folder)} }, { webhook }, console.error);
  for (let count = 0; count < ${MESSAGES}; count++) {
    const id = 'sms-' + journal.messages.size;
    journal.record({ type: 'message', message: { id, from: '+1', text: id, receivedAt: '', parts: 1 } });
    await new Promise(resolve => setTimeout(resolve, 2));
  }`;

test(`${KILLS} kills in the middle of deliveries: 0 messages lost (seed ${SEED})`, {
  timeout: 60_000 + KILLS * 2_000,
}, async () => {
  needBuild();
  const random = createRandom(SEED);
  const folder = temporaryFolder();
  const taken: string[] = [];
  /** What is not answered the server does not have. */
  const take = (id: string, response: ServerResponse, then = (): void => {}): void => {
    taken.push(id);
    response.end(then);
  };
  let onRequest = take;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    onRequest((JSON.parse(body) as { readonly message: { readonly id: string } }).message.id, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;

  for (let kill = 0; kill < KILLS; kill++) {
    let left = 1 + random(MESSAGES);
    const phase = PHASES[random(PHASES.length)];
    const killed = new Promise<void>(resolve => {
      onRequest = (id, response) => {
        if (--left > 0) return take(id, response);
        const kill = (): void => void running.process.kill('SIGKILL');
        if (phase === 'after the answer') take(id, response, kill);
        if (phase === 'with the answer') take(id, response);
        if (phase !== 'after the answer') kill();
        resolve();
      };
    });
    const running: Running = runProgram(service(folder, port));
    await within(20_000, `request before kill ${kill}`, killed);
    await running.ended;
  }

  const last = runProgram(`${service(folder, port)}\nconsole.log(journal.messages.size);`);
  const count = Number(await last.line(/^\d+$/));
  const done = new Promise<void>(resolve => {
    onRequest = (id, response) => {
      take(id, response);
      if (id === `sms-${count - 1}`) resolve();
    };
  });
  if (!taken.includes(`sms-${count - 1}`)) await within(20_000, 'the last message', done);
  const ids = Array.from({ length: count }, (_, id) => `sms-${id}`);
  // In order when they came first, and again only what was under way.
  expect([...new Set(taken)]).toEqual(ids);
  expect(taken.length - count).toBeLessThanOrEqual(KILLS);
});
