/** The npm package `mqtt` over the modem, with the broker mosquitto on loopback. */
import { MqttClient } from 'mqtt';
import { describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import type { Modem } from '../../src/index.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { needProgram } from '../support/programs.ts';
import { MODEMS, openBench } from './modems.ts';
import { startMosquitto } from './mosquitto.ts';
import { deadline } from './sockets.ts';
import { until } from './streams.ts';

const SEED = 1883;
const COUNT = 200;
const QOS = { qos: 1 } as const;

async function openClient(modem: Modem, port: number): Promise<MqttClient> {
  const client = new MqttClient(() => modem.net.connect(port, '127.0.0.1'), { reconnectPeriod: 0 });
  onTestFinished(() => void client.end(true));
  await deadline('the broker', (resolve, reject) => client.on('connect', resolve).on('error', reject));
  return client;
}

/** Keeps what a client hears. */
function inbox(client: MqttClient): { topic: string; message: Buffer }[] {
  const heard: { topic: string; message: Buffer }[] = [];
  client.on('message', (topic, message) => heard.push({ topic, message }));
  return heard;
}

describe.each(MODEMS)('$name', ({ simOptions }) => {
  async function open(skip: TestContext['skip']) {
    const broker = needProgram(skip, 'mosquitto');
    return { port: await startMosquitto(broker), ...(await openBench(simOptions)) };
  }

  test(`200 messages of QoS 1 from one client to another, in order, seed ${SEED}`, async ({ skip }) => {
    const { port, modem, sim } = await open(skip);
    const [sender, listener] = [await openClient(modem, port), await openClient(modem, port)];
    const heard = inbox(listener);
    await listener.subscribeAsync('atsock/#', QOS);
    const messages = Array.from({ length: COUNT }, (_, index) => nastyBytes(index * 20, SEED + index));
    await Promise.all(messages.map((message, index) => sender.publishAsync(`atsock/${index}`, message, QOS)));
    await until('every message', () => heard.length >= COUNT);
    expect(heard.map(({ topic }) => topic)).toEqual(messages.map((_, index) => `atsock/${index}`));
    expect(heard.every(({ message }, index) => message.equals(messages[index] ?? message))).toBe(true);
    await Promise.all([sender.endAsync(), listener.endAsync()]);
    await until('no connection', () => sim.connectionsOpen === 0);
    expect(modem.stats().recoveries).toBe(0);
  });

  test('a message of 500,000 bytes', async ({ skip }) => {
    const { port, modem } = await open(skip);
    const client = await openClient(modem, port);
    await client.subscribeAsync('atsock/large', QOS);
    const large = nastyBytes(500_000, SEED);
    const heard = inbox(client);
    await client.publishAsync('atsock/large', large, QOS);
    await until('the message', () => heard.length > 0);
    expect(large.equals(heard[0]?.message ?? Buffer.alloc(0))).toBe(true);
  });

  test('no broker: the client says so', async () => {
    const { modem } = await openBench(simOptions);
    const client = new MqttClient(() => modem.net.connect(1, '127.0.0.1'), { reconnectPeriod: 0 });
    onTestFinished(() => void client.end(true));
    const error = await deadline('the error', resolve => client.on('error', resolve));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', port: 1 });
  });
});
