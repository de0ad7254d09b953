/** A modem opened by the program itself: its state, raw AT commands beside sockets, numbers at the end. */
//   node examples/own-modem.mjs serial:/dev/ttyUSB2?apn=iot
import { once } from 'node:events';
import { openModem } from 'atsock';

const [url = 'sim:sequans', host = '127.0.0.1', port = '9000'] = process.argv.slice(2);

const modem = await openModem(url, { progress: state => console.log(`network: ${state}`) });
const { manufacturer, model, connections } = modem.info();
console.log(`${manufacturer} ${model}, ${connections} connections`);
console.log('status', await modem.status());

modem.at.on('urc', ({ line }) => console.log(`the modem says ${line}`));
console.log('AT+CSQ', await modem.at.send('+CSQ'));

const socket = modem.dgram.createSocket('udp4');
socket.send('hello', Number(port), host);
const [message] = await once(socket, 'message');
console.log(`heard ${message}`);
socket.close();
await once(socket, 'close');

const { bytesWritten, bytesRead, commands } = modem.stats();
const written = Object.values(commands).reduce((sum, count) => sum + count, 0);
console.log(`${bytesWritten} bytes to the modem, ${bytesRead} from it, ${written} commands`);
await modem.close();
