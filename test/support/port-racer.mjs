/** A process that opens a serial port when it is told to, says how that went, and gives it back when told to. */
import { createSerialTransport } from '../../dist/transport/serial.js';

const transport = createSerialTransport({ path: '/dev/ttyUSB2', root: process.argv[2] });
let stream;

process.on('message', async order => {
  if (order === 'open') {
    try {
      stream = await transport.open();
      process.send('opened');
    } catch ({ code, message }) {
      process.send(`${code} ${message}`);
    }
  } else {
    stream.once('close', () => process.send('released')).destroy();
  }
});
process.send('here');
