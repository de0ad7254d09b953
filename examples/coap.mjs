/** The npm package `coap` over a modem: it takes a socket, and a modem's socket is one. */
//   npm install coap; node examples/coap.mjs serial:/dev/ttyUSB2 coap://192.0.2.10/time

import { openModem } from 'atsock';
import { Agent, request } from 'coap';

const [url = 'sim:sequans', resource = 'coap://127.0.0.1/time'] = process.argv.slice(2);

const modem = await openModem(url);
const { hostname, port, pathname } = new URL(resource);
const host = hostname.replace(/^\[(.*)\]$/, '$1');
const type = host.includes(':') ? 'udp6' : 'udp4';
const agent = new Agent({ type, socket: modem.dgram.createSocket(type) });

const get = request({ host, port: Number(port || 5683), pathname, agent });
get.on('response', async response => {
  console.log(`${response.code} ${response.payload}`);
  agent.close();
  await modem.close();
});
get.end();
