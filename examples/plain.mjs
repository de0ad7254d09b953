/** A plain Node program that knows nothing of modems. The register hook alone takes it there. */
//   ATSOCK_MODEM=serial:/dev/ttyUSB2 node --import atsock/register examples/plain.mjs echo.example 7
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';

const [host = 'localhost', tcpPort = '7', udpPort = tcpPort] = process.argv.slice(2);

const stream = connect(Number(tcpPort), host);
stream.write('hello');
const [answer] = await once(stream, 'data');
console.log(`by TCP ${stream.remoteAddress} says ${answer}`);
stream.destroy();

const socket = createSocket('udp4');
socket.send('hello', Number(udpPort), host);
const [message, from] = await once(socket, 'message');
console.log(`by UDP ${from.address} says ${message}`);
socket.close();
