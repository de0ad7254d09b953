/** Publishes what it has subscribed to, with QoS 1. */
import { once } from 'node:events';
import mqtt from 'mqtt';

const client = await mqtt.connectAsync(process.argv[2]);
await client.subscribeAsync('atsock/#', { qos: 1 });
const heard = once(client, 'message');
await client.publishAsync('atsock/kitchen', '21.5', { qos: 1 });
const [topic, message] = await heard;
console.log(topic, String(message));
await client.endAsync();
