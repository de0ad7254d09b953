/** The npm package `mqtt` over a modem: publish and subscribe, each message confirmed (QoS 1). */
//   npm install mqtt; node examples/mqtt.mjs serial:/dev/ttyUSB2 test.mosquitto.org 1883
import { once } from 'node:events';
import { openModem } from 'atsock';
import { MqttClient } from 'mqtt';

const [url = 'sim:sequans', host = '127.0.0.1', port = '1883'] = process.argv.slice(2);

const modem = await openModem(url);
const client = new MqttClient(() => modem.net.connect(Number(port), host), {});
await once(client, 'connect');

await client.subscribeAsync('atsock/kitchen', { qos: 1 });
const heard = once(client, 'message');
await client.publishAsync('atsock/kitchen', '21.5 °C', { qos: 1 });
const [topic, message] = await heard;
console.log(`${topic}: ${message}`);

await client.endAsync();
await modem.close();
