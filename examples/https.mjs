/** HTTPS over a modem: Node's own TLS on top of a socket of the modem, certificates checked as always. */
//   node examples/https.mjs serial:/dev/ttyUSB2 https://example.com/
import { once } from 'node:events';
import { Agent, get } from 'node:https';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { openModem } from 'atsock';

const [url = 'sim:sequans', page = 'https://localhost/'] = process.argv.slice(2);

const modem = await openModem(url);
const agent = new Agent();
agent.createConnection = options =>
  connect({ ...options, socket: modem.net.connect(options.port, options.host) });

const [response] = await once(get(page, { agent }), 'response');
const { subject } = response.socket.getPeerCertificate();
console.log(`${response.statusCode} from ${subject.CN} by ${response.socket.getProtocol()}`);
console.log(await text(response));
await modem.close();
