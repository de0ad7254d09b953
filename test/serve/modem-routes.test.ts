/** The modem by HTTP: status, AT commands, metrics, events, and the routes of SIM-Modem-API. */
import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { within } from '../tools/run-cli.ts';
import { openServed, type Served } from './served.ts';

const DEADLINE_MS = 15_000;
const TO = '+12025550111';

test('status, signal and traffic', async () => {
  const served = await openServed();
  const { status, body } = await served.ask('/v1/modem', { token: served.tokens.read });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    state: 'ready',
    info: { dialect: 'sequans' },
    status: { registration: 'home', rssiDbm: expect.any(Number) },
    signal: [{ rssiDbm: expect.any(Number) }],
    jobs: { queued: 0 },
  });
  expect((body as { stats: { bytesWritten: number } }).stats.bytesWritten).toBeGreaterThan(100);
});

test('it is answered while a message is being sent (D8)', async () => {
  const served = await openServed({}, { faults: ['sms-slow'] });
  for (let n = 0; n < 3; n++) await served.send(TO, `${n}`);
  expect(await served.ask('/v1/modem')).toMatchObject({ status: 200, body: { state: 'ready' } });
});

test('AT commands: lines, refusals, and what is no command line', async () => {
  const served = await openServed();
  const at = (command: string) => served.ask('/v1/at', { token: served.tokens.admin, body: { command } });
  expect(await at('+CSQ')).toMatchObject({
    status: 200,
    body: { ok: true, result: 'OK', lines: [expect.stringMatching(/^\+CSQ: /)] },
  });
  expect(await at('AT+NONSENSE')).toMatchObject({
    status: 200,
    body: { ok: false, result: expect.any(String) },
  });
  const before = served.service.modem.stats().commands['+CSQ'];
  for (const command of ['+CSQ\r+CSQ', '+CSQ\n', '+CSQ\0', '', 'A/', ' a/', 'AT+CSQ\u010d'])
    expect(await at(command), command).toMatchObject({ status: 400 });
  expect(served.service.modem.stats().commands['+CSQ']).toBe(before);
});

test('metrics are what Prometheus reads', async () => {
  const served = await openServed({ gapMs: 600_000 });
  await served.send(TO, '1');
  await served.send(TO, '2');
  const { headers, text } = await served.ask('/metrics', { token: served.tokens.read });
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(text).toMatch(/^atsock_jobs\{state="queued"\} [12]$/m);
  for (const line of text.trimEnd().split('\n'))
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? -?[\d.]+)$/);
});

test('health needs no token', async () => {
  const served = await openServed();
  expect(await served.ask('/healthz', { token: '' })).toMatchObject({ status: 200, body: { status: 'ok' } });
});

/** Reads until `count` events of these names have come → their blocks. */
function events(
  served: Served,
  token: string,
  names: readonly string[],
  count: number,
  last?: string,
): Promise<string[]> {
  const headers = { authorization: `Bearer ${token}`, ...(last && { 'last-event-id': last }) };
  const reading = new Promise<string[]>((resolve, reject) => {
    const asking = request(
      { host: '127.0.0.1', port: served.server.port, path: '/v1/events', headers },
      response => {
        let text = '';
        response.setEncoding('utf8').on('error', () => {});
        response.on('data', chunk => {
          text += chunk;
          const blocks = text.split('\n\n').slice(0, -1);
          const found = blocks.filter(block => names.some(name => block.includes(`event: ${name}\n`)));
          if (found.length >= count) resolve(found.slice(0, count));
        });
      },
    );
    asking.on('error', reject).end();
    onTestFinished(() => void asking.destroy());
  });
  return within(DEADLINE_MS, `${count} events`, reading);
}

test('events as they happen, and again from where a client has stopped', async () => {
  const served = await openServed();
  const live = events(served, served.tokens.all, ['job'], 3);
  await events(served, served.tokens.all, ['status'], 1);
  await served.send(TO, 'hello');
  const blocks = await live;
  expect(blocks.map(block => /"state":"(\w+)"/.exec(block)?.[1])).toEqual(['queued', 'sending', 'sent']);
  const [id = ''] = /(?<=^id: )\d+/.exec(blocks[0] ?? '') ?? [];
  expect(await events(served, served.tokens.all, ['job'], 2, id)).toEqual(blocks.slice(1));
  expect(await served.ask('/v1/events', { headers: { 'last-event-id': 'x' } })).toMatchObject({
    status: 400,
  });
});

test('who may read the state of the modem does not see messages', async () => {
  const served = await openServed();
  const from = served.service.journal.latest;
  const { id } = (await served.send(TO, 'secret')).body as { id: string };
  await served.reaches(id, 'sent');
  served.service.journal.record({ type: 'modem', state: 'ready' });
  const [first] = await events(served, served.tokens.read, ['job', 'message', 'modem'], 1, from || '0');
  expect(first).toContain('event: modem');
});

test('a text with line breaks stays in its event', async () => {
  const served = await openServed();
  const text = 'one\n\nid: 1\nevent: modem\ndata: {}\u2028\r\n\r\ntwo';
  const told = events(served, served.tokens.all, ['job'], 1, served.service.journal.latest);
  await served.send(TO, text);
  const lines = (await told)[0]?.split('\n') ?? [];
  expect(lines).toHaveLength(3);
  const data = lines[2]?.slice('data: '.length) ?? '';
  expect(JSON.parse(data)).toMatchObject({ job: { text } });
});

const KEYS = [
  'binaryCommand',
  'binaryResponse',
  'commandSentStamp',
  'readableCommand',
  'readableResponse',
  'responseReceivedStamp',
  'timeoutMs',
];

test.each([
  ['signal-quality', 'AT+CSQ', /\+CSQ: /],
  ['selected-character-set', 'AT+CSCS?', /\+CSCS: /],
  ['selectable-character-sets', 'AT+CSCS=?', /\+CSCS: \(/],
])('compat: info/%s', async (name, command, response) => {
  const served = await openServed();
  const { status, body } = await served.ask(`/compat/info/${name}`);
  const { result, executedCommands } = body as { result: string; executedCommands: Record<string, string>[] };
  expect([status, result, executedCommands.length]).toEqual([200, 'SUCCESS', 1]);
  const [executed = {}] = executedCommands;
  expect(Object.keys(executed).sort()).toEqual(KEYS);
  expect(executed).toMatchObject({
    readableCommand: command,
    readableResponse: expect.stringMatching(response),
    timeoutMs: 3_000,
  });
  expect(Buffer.from(executed.binaryResponse ?? '', 'hex').toString()).toBe(executed.readableResponse);
});

test('compat: a command in hexadecimal digits, for admins', async () => {
  const served = await openServed();
  const ask = (command: string, token = served.tokens.admin) =>
    served.ask('/compat/custom-command', {
      token,
      body: { binaryCommand: Buffer.from(command).toString('hex'), readableCommand: 'x', timeoutMs: 3_000 },
    });
  expect(await ask('AT+CSQ\r\n')).toMatchObject({ status: 200, body: { result: 'SUCCESS' } });
  expect(await ask('AT+NONSENSE\r')).toMatchObject({ status: 200, body: { result: 'PREDICATE_MISMATCH' } });
  expect(await ask('AT+CSQ\rAT+CSQ\r')).toMatchObject({ status: 400 });
  expect(await ask('A/')).toMatchObject({ status: 400 });
  expect(await ask('AT+CSQ', served.tokens['sms-send'])).toMatchObject({ status: 403 });
});

const sms = (served: Served, more: object = {}) =>
  served.ask('/compat/sms', { body: { recipient: '+43664123456', message: 'hello', ...more } });

test('compat: a message is sent when the answer comes', async () => {
  const served = await openServed();
  expect(await sms(served)).toMatchObject({ status: 200, body: { result: 'SUCCESS' } });
  expect(served.sim.sms.sent.map(({ to, text }) => [to, text])).toEqual([['+43664123456', 'hello']]);
  served.sim.sms.refusals.push(21);
  expect(await sms(served)).toMatchObject({ status: 200, body: { result: 'PREDICATE_MISMATCH' } });
});

test('compat: who asks again while it is under way does not send it twice', async () => {
  const served = await openServed({}, { faults: ['sms-slow'] });
  const replies = await Promise.all([sms(served), sms(served), sms(served)]);
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(served.sim.sms.sent).toHaveLength(1);
});

test.each<[object, number]>([
  [{ recipient: '+49151123456' }, 400],
  [{ recipient: '0664123456' }, 400],
  [{ recipient: '+4312' }, 400],
  [{ message: '' }, 400],
  [{ validityPeriodUnit: 'MINUTES' }, 400],
  [{ validityPeriodUnit: 'MINUTES', validityPeriodValue: 0 }, 400],
  [{ validityPeriodUnit: 'MINUTES', validityPeriodValue: 5 }, 200],
  [{ validityPeriodUnit: 'MINUTES', validityPeriodValue: 7 }, 400],
  [{ validityPeriodUnit: 'MINUTES', validityPeriodValue: 720 }, 200],
  [{ validityPeriodUnit: 'MINUTES', validityPeriodValue: 725 }, 400],
  [{ validityPeriodUnit: 'HOURS', validityPeriodValue: 12 }, 400],
  [{ validityPeriodUnit: 'HOURS', validityPeriodValue: 12.5 }, 200],
  [{ validityPeriodUnit: 'HOURS', validityPeriodValue: 13.25 }, 400],
  [{ validityPeriodUnit: 'HOURS', validityPeriodValue: 24 }, 200],
  [{ validityPeriodUnit: 'DAYS', validityPeriodValue: 1 }, 400],
  [{ validityPeriodUnit: 'DAYS', validityPeriodValue: 2 }, 200],
  [{ validityPeriodUnit: 'DAYS', validityPeriodValue: 30 }, 200],
  [{ validityPeriodUnit: 'WEEKS', validityPeriodValue: 4 }, 400],
  [{ validityPeriodUnit: 'WEEKS', validityPeriodValue: 63 }, 200],
  [{ validityPeriodUnit: 'WEEKS', validityPeriodValue: 64 }, 400],
  [{ validityPeriodUnit: 'YEARS', validityPeriodValue: 1 }, 400],
  [{ validityPeriodUnit: null, validityPeriodValue: null }, 200],
])('compat: %j is %i', async (more, status) => {
  const served = await openServed();
  expect(await sms(served, more)).toMatchObject({ status });
  expect(served.sim.sms.sent).toHaveLength(status === 200 ? 1 : 0);
});
