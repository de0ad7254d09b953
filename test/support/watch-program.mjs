/** `atsock watch` for a serial port in another `/dev` and `/sys`, with a fast clock: node watch-program.mjs ROOT PORT */
import './fast-clock.mjs';
import { Modem } from '../../dist/modem.js';
import { watch } from '../../dist/tools/commands/watch.js';
import { createSerialTransport } from '../../dist/transport/serial.js';

const [root, path] = process.argv.slice(2);
const transport = createSerialTransport({ path, root });
const modem = new Modem(async () => ({ options: {}, createTransport: async () => transport }), {
  state: 'off',
  watchdog: { usb: true },
});
modem.ref();
await watch(modem, { modem: transport.name }, new AbortController().signal);
