/** The npm package `ws` over a modem: a WebSocket whose connection is the modem's. */
//   npm install ws; node examples/websocket.mjs serial:/dev/ttyUSB2 ws://192.0.2.10/echo
import { once } from 'node:events';
import { openModem } from 'atsock';
import { WebSocket } from 'ws';

const [url = 'sim:sequans', service = 'ws://127.0.0.1/echo'] = process.argv.slice(2);

const modem = await openModem(url);
const socket = new WebSocket(service, { createConnection: modem.net.createConnection });
await once(socket, 'open');

socket.send('hello over a modem');
const [message] = await once(socket, 'message');
console.log(`heard ${message}`);

socket.close();
await once(socket, 'close');
await modem.close();
