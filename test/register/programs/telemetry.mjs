/** A report by UDP, and its answer. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';

const { hostname, port } = new URL(process.argv[2]);
const host = hostname.replace(/^\[(.*)\]$/, '$1');
const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
socket.on('message', (data, { address, family, size }) => {
  console.log(String(data), address, family, size);
  socket.close();
});
socket.on('listening', () => console.log('listening', socket.address().family));
socket.on('close', () => console.log('closed'));
socket.send(['tele', Buffer.from('metry')], port, host, (error, bytes) => console.log(error, bytes));
