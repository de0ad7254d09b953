/** The same by a socket that is bound before it sends. */
const dgram = require('node:dgram');
const net = require('node:net');

const { hostname, port } = new URL(process.argv[2]);
const host = hostname.replace(/^\[(.*)\]$/, '$1');
const socket = dgram.createSocket(
  { type: net.isIPv6(host) ? 'udp6' : 'udp4' },
  (data, { address, family }) => {
    console.log(String(data), address, family);
    socket.close(() => console.log('closed'));
  },
);
socket.bind(0, () => {
  console.log('listening', socket.address().family);
  socket.send('report', 0, 6, Number(port), host);
});
