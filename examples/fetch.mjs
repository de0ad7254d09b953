/** `fetch` over a modem: undici, which is behind Node's own, lets a program make the connections. */
//   npm install undici; node examples/fetch.mjs serial:/dev/ttyUSB2 https://example.com/
import { once } from 'node:events';
import { openModem } from 'atsock';
import { Agent, buildConnector } from 'undici';

const [url = 'sim:sequans', page = 'http://127.0.0.1/'] = process.argv.slice(2);

const modem = await openModem(url);
const startTls = buildConnector({});

const dispatcher = new Agent({
  connect(target, callback) {
    const isSecure = target.protocol === 'https:';
    const socket = modem.net.connect(Number(target.port) || (isSecure ? 443 : 80), target.hostname);
    if (isSecure) startTls({ ...target, httpSocket: socket }, callback);
    else once(socket, 'connect').then(() => callback(null, socket), callback);
  },
});

const response = await fetch(page, { dispatcher });
console.log(`${response.status} ${await response.text()}`);
await dispatcher.close();
await modem.close();
