/** Plain UDP telemetry: a program for node:dgram in which only the import has changed. */
//   ATSOCK_MODEM=serial:/dev/ttyUSB2 node examples/telemetry.mjs 192.0.2.10 5683
// import dgram from 'node:dgram';
import dgram from 'atsock/dgram';

const [host = '127.0.0.1', port = '9000'] = process.argv.slice(2);

const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
const report = JSON.stringify({ sensor: 'kitchen', celsius: 21.5 });

socket.send(report, Number(port), host, error => {
  if (error) throw error;
  console.log(`sent ${report.length} bytes from port ${socket.address().port}`);
});

socket.on('message', (message, from) => {
  console.log(`${from.address}:${from.port} answers ${message}`);
  socket.close();
});
