/** A broker that keeps what it has over its restarts, and somebody who listens to it all the time. */
import { once } from 'node:events';
import { connect, type MqttClient } from 'mqtt';
import { onTestFinished, type TestContext } from 'vitest';
import { freePort, runMosquitto } from '../e2e/mosquitto.ts';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { within } from '../tools/run-cli.ts';

const DEADLINE_MS = 20_000;

export interface Broker {
  readonly url: URL;
  start(): Promise<void>;
  /** What it has is on the disk then. */
  stop(): Promise<void>;
}

export async function openBroker(skip: TestContext['skip'], more = ''): Promise<Broker> {
  const mosquitto = needProgram(skip, 'mosquitto');
  const port = await freePort('127.0.0.1');
  const user = process.getuid?.() === 0 ? 'user root\n' : '';
  const lines = `${user}persistence true\npersistence_location ${temporaryFolder()}/\nmax_queued_messages 0\n${more}`;
  const start = () => runMosquitto(mosquitto, port, lines);
  let child = await start();
  return {
    url: new URL(`mqtt://127.0.0.1:${port}`),
    start: async () => {
      child = await start();
    },
    stop: async () => {
      const ended = once(child, 'close');
      child.kill('SIGTERM');
      await within(DEADLINE_MS, 'the end of mosquitto', ended);
    },
  };
}

export interface Heard {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
}

export interface Listener {
  readonly client: MqttClient;
  readonly heard: Heard[];
  /** The first that fits, now or later. */
  hear(what: string, fits: (heard: Heard) => boolean): Promise<Heard>;
}

/** With a session of its own, so that it misses nothing while the broker is away. */
export async function listenTo({ url }: Broker, topic = '#'): Promise<Listener> {
  const client = connect(url.href, { clientId: 'listener', clean: false, reconnectPeriod: 50 });
  onTestFinished(() => client.endAsync(true));
  client.on('error', () => {});
  const heard: Heard[] = [];
  const looks = new Set<() => void>();
  client.on('message', (topic, payload, { retain }) => {
    heard.push({ topic, payload: payload.toString(), retain });
    for (const look of looks) look();
  });
  await within(DEADLINE_MS, 'a listener', client.subscribeAsync(topic, { qos: 1 }));
  const hear = (what: string, fits: (heard: Heard) => boolean): Promise<Heard> => {
    let look = (): void => {};
    const found = new Promise<Heard>(resolve => {
      look = () => {
        const first = heard.find(fits);
        if (first) resolve(first);
      };
    });
    looks.add(look);
    look();
    return within(DEADLINE_MS, what, found).finally(() => looks.delete(look));
  };
  return { client, heard, hear };
}
