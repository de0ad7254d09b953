/** The MQTT bridge: events and the modem's state go to a broker, orders for messages come from it. */
import { createHash } from 'node:crypto';
import type { IPublishPacket, MqttClient } from 'mqtt';
import type { ServeEvent } from '../serve/events.ts';
import { unlessAborted } from './abortable.ts';
import type { Destination } from './destination.ts';
import { discoveryMessages } from './home-assistant.ts';
import { loadPackage } from './optional-package.ts';
import { type Accept, answerOrder } from './orders.ts';
import { type Topics, topicsUnder } from './topics.ts';

const STATUS_EACH_MS = 60_000;

export interface BridgeOptions {
  /** What this computer is called. */
  readonly gateway: string;
  /** `mqtt://host` or `mqtts://host`. */
  readonly broker: URL;
  readonly login?: { readonly user: string; readonly password: string } | undefined;
  /** Certificate and key of this computer, in PEM. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Of all topics. One bridge only may have it. */
  readonly prefix: string;
  /** The topic under which Home Assistant looks for devices; undefined: it is told nothing. */
  readonly discovery?: string | undefined;
  /** The number to which Home Assistant's notifications go. */
  readonly notify?: string | undefined;
}

/** What the bridge asks of the service. */
export interface BridgedService {
  readonly accept: Accept;
  snapshot(): Promise<{
    readonly state: string;
    readonly info?: { readonly manufacturer?: string; readonly model?: string; readonly revision?: string };
    readonly status?: { readonly registration: string; readonly rssiDbm?: number };
  }>;
}

/**
 * Tries to connect until it is closed.
 * @param log told when the connection is lost and found, in sentences
 * @throws Error if mqtt is not installed
 */
export async function openBridge(
  service: BridgedService,
  options: BridgeOptions,
  log: (sentence: string) => void,
): Promise<Destination> {
  const { connect } = await loadPackage('mqtt', 'the MQTT bridge', () => import('mqtt'));
  const { broker, login, cert, key, prefix } = options;
  const topics = topicsUnder(prefix);
  const client = connect(broker.href, {
    // With a session that the broker keeps: orders wait there while we are away.
    clientId: `atsock${createHash('sha256').update(prefix).digest('hex').slice(0, 16)}`,
    clean: false,
    resubscribe: false,
    queueQoSZero: false,
    // Somebody may mend the broker's list of users.
    reconnectOnConnackError: true,
    will: { topic: topics.availability, payload: Buffer.from('offline'), qos: 1, retain: true },
    ...(login && { username: login.user, password: login.password }),
    ...(cert && { cert }),
    ...(key && { key }),
  });
  return new MqttBridge(client, service, topics, options, log);
}

class MqttBridge implements Destination {
  readonly name = 'mqtt';
  readonly #client: MqttClient;
  readonly #service: BridgedService;
  readonly #topics: Topics;
  readonly #options: BridgeOptions;
  readonly #timer: NodeJS.Timeout;

  constructor(
    client: MqttClient,
    service: BridgedService,
    topics: Topics,
    options: BridgeOptions,
    log: (sentence: string) => void,
  ) {
    this.#client = client;
    this.#service = service;
    this.#topics = topics;
    this.#options = options;
    client.on('connect', () => void this.#introduce());
    // The broker hears that an order was taken only after it is in the journal.
    client.handleMessage = (packet, done) => {
      this.#receive(packet);
      done();
    };
    watchConnection(client, log);
    this.#timer = setInterval(() => void this.#tellStatus(), STATUS_EACH_MS).unref();
  }

  wants(): boolean {
    return true;
  }

  /** While there is no connection the client keeps the message, and sends it again until the broker confirms it. */
  async deliver(event: ServeEvent, signal: AbortSignal): Promise<void> {
    const published = this.#client.publishAsync(this.#topics.of(event), JSON.stringify(event), { qos: 1 });
    await unlessAborted(published, signal);
    // What it is may be known only now.
    if (event.type === 'modem') await this.#introduce();
  }

  /** The broker then publishes the last will. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.endAsync(true);
  }

  async #introduce(): Promise<void> {
    this.#client.subscribe(this.#topics.send, { qos: 1 });
    this.#keep(this.#topics.availability, 'online');
    const { info } = await this.#tellStatus();
    const { gateway, discovery, notify } = this.#options;
    if (discovery === undefined) return;
    const device = { id: `atsock_${gateway}`, name: gateway, ...info };
    for (const [topic, config] of discoveryMessages(discovery, device, this.#topics, notify))
      this.#keep(topic, JSON.stringify(config));
  }

  async #tellStatus(): ReturnType<BridgedService['snapshot']> {
    const snapshot = await this.#service.snapshot();
    const { state, status } = snapshot;
    const { registration, rssiDbm } = status ?? {};
    this.#keep(this.#topics.status, JSON.stringify({ state, registration, rssiDbm }));
    return snapshot;
  }

  /** Said anew with each connection, so not confirmed. */
  #keep(topic: string, payload: string): void {
    this.#client.publish(topic, payload, { retain: true });
  }

  #receive({ topic, payload, retain }: IPublishPacket): void {
    // One that the broker keeps comes with each connection, and has come without that mark before.
    if (topic !== this.#topics.send || retain) return;
    const answer = answerOrder(Buffer.from(payload), this.#service.accept);
    this.#client.publish(this.#topics.result, JSON.stringify(answer), { qos: 1 });
  }
}

function watchConnection(client: MqttClient, log: (sentence: string) => void): void {
  let reason = '';
  let isDown = false;
  client.on('error', error => {
    reason = `: ${error.message}`;
  });
  client.on('close', () => {
    if (client.disconnecting) return;
    if (!isDown) log(`mqtt is not connected and tries again${reason}`);
    isDown = true;
  });
  client.on('connect', () => {
    if (isDown) log('mqtt is connected again');
    isDown = false;
    reason = '';
  });
}
