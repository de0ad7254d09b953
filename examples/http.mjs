/** Node's own http client over a modem: an agent whose connections are the modem's, kept for the next request. */
//   node examples/http.mjs serial:/dev/ttyUSB2 http://192.0.2.10/
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { openModem } from 'atsock';

const [url = 'sim:sequans', page = 'http://127.0.0.1/'] = process.argv.slice(2);

const modem = await openModem(url);
const agent = new Agent({ keepAlive: true });
agent.createConnection = modem.net.createConnection;

for (let request = 1; request <= 3; request++) {
  const [response] = await once(get(page, { agent }), 'response');
  console.log(`${response.statusCode} ${await text(response)}`);
}
console.log(`connections open: ${modem.stats().connections}`);
agent.destroy();
await modem.close();
