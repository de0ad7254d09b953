/** The bridge and a real mosquitto: topics, restarts of the broker, orders that wait, Home Assistant, passwords. */
import { pbkdf2Sync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Cursor } from '../../src/outgoing/cursor.ts';
import { deliverAll } from '../../src/outgoing/delivery.ts';
import { type BridgedService, type BridgeOptions, openBridge } from '../../src/outgoing/mqtt.ts';
import { answerOrder } from '../../src/outgoing/orders.ts';
import type { ServeEvent } from '../../src/serve/events.ts';
import type { Job } from '../../src/serve/job.ts';
import { hostileTexts } from '../support/hostile-texts.ts';
import { temporaryFolder } from '../support/programs.ts';
import { type Broker, listenTo, openBroker } from './broker.ts';
import { Occurrences, receivedMessage } from './occurrences.ts';

const SEED = 12;
const TEXTS = hostileTexts(200, SEED);

const RESTARTS = 20;
const MESSAGES = 1_000;

interface Office extends BridgedService {
  /** Orders by their keys. */
  readonly jobs: Map<string, Job>;
}

/** Takes everything but the word "no". */
function openOffice(): Office {
  const jobs = new Map<string, Job>();
  return {
    jobs,
    accept: (order, key) => {
      const { to, text } = order as { readonly to: string; readonly text: string };
      if (text === 'no') throw new Error('the quota of this token is used up');
      const at = '2026-11-21T10:00:00.000Z';
      const job = jobs.get(key) ?? {
        ...{ id: `job-${jobs.size + 1}`, key, by: 'mqtt', to, text, state: 'queued', parts: 1, tries: 0 },
        acceptedAt: at,
        changedAt: at,
      };
      jobs.set(key, job as Job);
      return job as Job;
    },
    snapshot: async () => ({
      state: 'ready',
      info: { manufacturer: 'Sequans', model: 'GM02S', revision: 'UE8' },
      status: { registration: 'home', rssiDbm: -71 },
    }),
  };
}

async function openGate(
  broker: Broker,
  source: Occurrences,
  options: Partial<BridgeOptions> = {},
): Promise<{ readonly office: Office; readonly said: string[]; close(): Promise<void> }> {
  const office = openOffice();
  const said: string[] = [];
  const stop = new AbortController();
  const log = (sentence: string): void => void said.push(sentence);
  const bridge = await openBridge(
    office,
    { gateway: 'gate', broker: broker.url, prefix: 'atsock/gate', discovery: 'homeassistant', ...options },
    log,
  );
  const cursor = new Cursor(join(temporaryFolder(), 'mqtt'), source.latest);
  const delivery = deliverAll(source, bridge, cursor, { signal: stop.signal, log });
  const close = async (): Promise<void> => {
    stop.abort();
    await delivery;
    await bridge.close?.();
  };
  onTestFinished(close);
  return { office, said, close };
}

const idOf = (payload: string): string => (JSON.parse(payload) as ServeEvent).id;

test('each kind of event has its topic, and the state is kept', async ({ skip }) => {
  const broker = await openBroker(skip);
  const source = new Occurrences();
  const gate = await openGate(broker, source);
  const listener = await listenTo(broker);
  const job = gate.office.accept({ to: '+43660123456', text: 'x' }, 'key');
  const events: ServeEvent[] = [
    receivedMessage(1),
    { id: '2', at: '', type: 'job', job },
    { id: '3', at: '', type: 'modem', state: 'recovering' },
    { id: '4', at: '', type: 'watchdog', action: { rung: 3, action: 'radio', reason: 'r', result: 'done' } },
  ];
  source.add(...events);
  const topics = ['sms/received', 'sms/job', 'modem', 'watchdog'];
  for (const [index, topic] of topics.entries()) {
    const { payload } = await listener.hear(topic, heard => heard.topic === `atsock/gate/${topic}`);
    expect(JSON.parse(payload)).toEqual(events[index]);
  }
  const late = await listenTo(broker, 'atsock/gate/+');
  const status = await late.hear('the status', ({ topic }) => topic === 'atsock/gate/status');
  expect(status.retain).toBe(true);
  expect(JSON.parse(status.payload)).toEqual({ state: 'ready', registration: 'home', rssiDbm: -71 });
  expect(late.heard).toContainEqual({ topic: 'atsock/gate/availability', payload: 'online', retain: true });
  await gate.close();
  await late.hear('the last will', ({ payload }) => payload === 'offline');
});

test(`${MESSAGES} messages over ${RESTARTS} restarts of the broker: each at least once, none unknown`, {
  timeout: 120_000,
}, async ({ skip }) => {
  const broker = await openBroker(skip);
  const listener = await listenTo(broker, 'atsock/gate/sms/received');
  const source = new Occurrences();
  await openGate(broker, source);
  const share = MESSAGES / RESTARTS;
  for (let restart = 0; restart < RESTARTS; restart++) {
    const first = restart * share + 1;
    source.add(...Array.from({ length: share }, (_, index) => receivedMessage(first + index)));
    // In the middle of them.
    const middle = `${first + Math.floor((share * (restart + 1)) / (RESTARTS + 1))}`;
    await listener.hear(`message ${middle}`, ({ payload }) => idOf(payload) === middle);
    await broker.stop();
    await broker.start();
  }
  await listener.hear('the last message', ({ payload }) => idOf(payload) === `${MESSAGES}`);
  const ids = listener.heard.map(({ payload }) => Number(idOf(payload)));
  expect([...new Set(ids)].sort((a, b) => a - b)).toEqual(
    Array.from({ length: MESSAGES }, (_, id) => id + 1),
  );
});

test('orders that come while the gateway is away are executed once, however often they come', async ({
  skip,
}) => {
  const broker = await openBroker(skip);
  const listener = await listenTo(broker);
  const before = await openGate(broker, new Occurrences());
  await listener.hear('online', ({ payload }) => payload === 'online');
  // The session is known to the broker once the subscription is.
  await order(listener, { id: 'first', to: '+43660123456', text: 'one' });
  await listener.hear('an answer', ({ topic }) => topic === 'atsock/gate/sms/result');
  await before.close();
  for (let times = 0; times < 3; times++)
    await order(listener, { id: 'second', to: '+43660123456', text: 'two' });
  await broker.stop();
  await broker.start();
  const after = await openGate(broker, new Occurrences());
  const answers = () =>
    listener.heard.filter(({ payload }) => payload.includes('"second"') && payload.includes('"job"'));
  await listener.hear('three answers', () => answers().length === 3);
  expect([...after.office.jobs.keys()]).toEqual(['second']);
  for (const { payload } of answers())
    expect(JSON.parse(payload)).toEqual({ id: 'second', job: 'job-1', state: 'queued' });
});

test('an order that the broker keeps is executed once only', async ({ skip }) => {
  const broker = await openBroker(skip);
  const listener = await listenTo(broker);
  await listener.client.publishAsync('atsock/gate/sms/send', '{"id":"kept","to":"+1","text":"x"}', {
    qos: 1,
    retain: true,
  });
  const { office } = await openGate(broker, new Occurrences());
  await listener.hear('online', ({ payload }) => payload === 'online');
  await order(listener, { id: 'plain', to: '+1', text: 'x' });
  await listener.hear('an answer', ({ topic }) => topic === 'atsock/gate/sms/result');
  expect([...office.jobs.keys()]).toEqual(['plain']);
});

test.each([
  ['not JSON', 'an order must be JSON in UTF-8'],
  [Buffer.from('{"id":"a","text":"\xff"}', 'latin1'), 'an order must be JSON in UTF-8'],
  ['[]', 'an order must be a JSON object'],
  ['null', 'an order must be a JSON object'],
  ['{"to":"+1","text":"x"}', '"id" must be 1 to 128 printable ASCII characters without blanks'],
  ['{"id":"a b","to":"+1","text":"x"}', '"id" must be 1 to 128 printable ASCII characters without blanks'],
  [`{"id":"${'a'.repeat(129)}"}`, '"id" must be 1 to 128 printable ASCII characters without blanks'],
  [`{"id":"a","text":"${'a'.repeat(20_000)}"}`, 'an order has 16384 bytes at most'],
])('the answer to %.40s says what is wrong', async (payload, error) => {
  const office = openOffice();
  expect(answerOrder(Buffer.from(payload), office.accept)).toEqual({ error });
  expect(office.jobs.size).toBe(0);
});

test('what the service will not do is said with the id of the order', async ({ skip }) => {
  const broker = await openBroker(skip);
  const listener = await listenTo(broker);
  await openGate(broker, new Occurrences());
  await listener.hear('online', ({ payload }) => payload === 'online');
  await order(listener, { id: 'many', to: '+43660123456', text: 'no' });
  const { payload } = await listener.hear('an answer', ({ topic }) => topic === 'atsock/gate/sms/result');
  expect(JSON.parse(payload)).toEqual({ id: 'many', error: 'the quota of this token is used up' });
});

test(`${TEXTS.length} hostile texts are JSON on their topic, as they are (seed ${SEED})`, async ({
  skip,
}) => {
  const broker = await openBroker(skip);
  const listener = await listenTo(broker, 'atsock/gate/sms/received');
  const source = new Occurrences();
  await openGate(broker, source);
  source.add(...TEXTS.map((text, index) => receivedMessage(index + 1, text, text)));
  await listener.hear('the last', ({ payload }) => idOf(payload) === `${TEXTS.length}`);
  const texts = listener.heard.map(({ payload }) => {
    expect(payload).not.toMatch(/[\0-\x1f]/);
    return (JSON.parse(payload) as { readonly message: { readonly text: string } }).message.text;
  });
  expect(texts).toEqual(TEXTS);
});

test('Home Assistant is told of a device with its sensors, and of notifications to a number', async ({
  skip,
}) => {
  const broker = await openBroker(skip);
  const listener = await listenTo(broker, 'homeassistant/#');
  await openGate(broker, new Occurrences(), { notify: '+43660123456' });
  await listener.hear('notify', ({ topic }) => topic.includes('/notify/'));
  const configs = new Map(listener.heard.map(({ topic, payload }) => [topic, JSON.parse(payload)]));
  expect([...configs.keys()]).toEqual([
    'homeassistant/sensor/atsock_gate/state/config',
    'homeassistant/sensor/atsock_gate/registration/config',
    'homeassistant/sensor/atsock_gate/signal/config',
    'homeassistant/sensor/atsock_gate/message/config',
    'homeassistant/notify/atsock_gate/notify/config',
  ]);
  for (const [topic, config] of configs)
    expect(config, topic).toMatchObject({
      availability_topic: 'atsock/gate/availability',
      device: {
        identifiers: ['atsock_gate'],
        name: 'gate',
        manufacturer: 'Sequans',
        model: 'GM02S',
        sw_version: 'UE8',
      },
      origin: { name: 'atsock' },
    });
  expect(configs.get('homeassistant/sensor/atsock_gate/signal/config')).toMatchObject({
    state_topic: 'atsock/gate/status',
    value_template: '{{ value_json.rssiDbm }}',
    device_class: 'signal_strength',
    unit_of_measurement: 'dBm',
    unique_id: 'atsock_gate_signal',
  });
  expect(configs.get('homeassistant/notify/atsock_gate/notify/config')).toMatchObject({
    command_topic: 'atsock/gate/sms/send',
    command_template: expect.stringContaining("'to': '+43660123456'"),
  });
});

test('a wrong password is said once, and mended without a restart', async ({ skip }) => {
  const users = join(temporaryFolder(), 'users');
  writeFileSync(users, '', { mode: 0o600 });
  const broker = await openBroker(skip, `allow_anonymous false\npassword_file ${users}\n`);
  const source = new Occurrences();
  const { said } = await openGate(broker, source, { login: { user: 'gate', password: 'secret' } });
  await expect.poll(() => said, { timeout: 10_000 }).toHaveLength(1);
  expect(said[0]).toBe('mqtt is not connected and tries again: Connection refused: Not authorized');
  await broker.stop();
  writeFileSync(users, `gate:${hashed('secret')}\n`, { mode: 0o600 });
  await broker.start();
  await expect.poll(() => said, { timeout: 10_000 }).toContain('mqtt is connected again');
});

/** As mosquitto_passwd writes it. */
function hashed(password: string): string {
  const salt = Buffer.from('a salt of 12');
  const hash = pbkdf2Sync(password, salt, 101, 64, 'sha512');
  return `$7$101$${salt.toString('base64')}$${hash.toString('base64')}`;
}

async function order(listener: Awaited<ReturnType<typeof listenTo>>, order: object): Promise<void> {
  await listener.client.publishAsync('atsock/gate/sms/send', JSON.stringify(order), { qos: 1 });
}
