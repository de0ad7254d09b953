/** What stands in the documentation works: each shell line and each program, on the simulator. */
import { writeFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { expect, type TestContext, test } from 'vitest';
import { certify } from '../e2e/authority.ts';
import { startMosquitto } from '../e2e/mosquitto.ts';
import { answer, listen, openCoap, openTcpEcho, openUdpEcho } from '../examples/peers.ts';
import { needBuild, needProgram, temporaryFolder } from '../support/programs.ts';
import { runProgram, runShell, start } from '../tools/run-cli.ts';
import { programs, shellLines } from './fences.ts';

/** The addresses and names of the documentation are loopback to this modem. */
const HOSTS = [
  '192.0.2.10',
  '198.51.100.7',
  'broker.example',
  'broker.test',
  'example.org',
  'test.mosquitto.org',
];
const SIM = `sim:sequans?${HOSTS.map(host => `host=${host}=127.0.0.1`).join('&')}&host=2001:db8::1=::1`;

type Skip = TestContext['skip'];

interface Trial {
  /** What the reader has and a test has not, and what stands for it. */
  readonly instead?: Readonly<Record<string, string>>;
  readonly env?: NodeJS.ProcessEnv;
  readonly says: RegExp;
}

/** undefined: it is run by another test. */
type Prepare = ((skip: Skip) => Trial | Promise<Trial>) | undefined;

const plain = async (): Promise<string> =>
  `examples/plain.mjs broker.example ${await openTcpEcho()} ${await openUdpEcho()}`;
const OVER_BOTH = /by UDP .* says hello/;

const serveHttps = async (skip: Skip) => {
  const { key, cert, caFile } = certify(needProgram(skip, 'openssl'), temporaryFolder());
  const port = await listen(createHttpsServer({ key, cert }, answer));
  return { url: `https://localhost:${port}/`, env: { NODE_EXTRA_CA_CERTS: caFile } };
};

/** `atsock serve` where nothing of this computer is touched. */
const served = (instead: Readonly<Record<string, string>>): Trial => ({
  instead: { 'atsock serve': `atsock serve --listen 127.0.0.1:0 --dir ${temporaryFolder()}`, ...instead },
  says: /^http:\/\/127\.0\.0\.1:\d+\/$/,
});

function secretFile(text: string): string {
  const path = join(temporaryFolder(), 'secret');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const WEBHOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const lines: Readonly<Record<string, Prepare>> = {
  // .ci/run does that, and test/tools/demo.test.ts.
  'npm ci && npm run demo': undefined,
  'npm ci && npm test': undefined,
  // Minutes and hours.
  'npm run coverage': undefined,
  'ATSOCK_MUTATE=at npm run mutation': undefined,
  "export ATSOCK_MODEM='serial:/dev/ttyUSB2?apn=iot'": undefined,
  // On port 1080: test/tools/socks.test.ts.
  'curl --proxy socks5h://127.0.0.1:1080 https://example.com/': undefined,
  "ATSOCK_MODEM='serial:/dev/ttyUSB2?apn=iot' node --import atsock/register app.js": async () => ({
    instead: { 'app.js': await plain() },
    says: OVER_BOTH,
  }),
  'node --import atsock/register your-program.js': async () => ({
    instead: { 'your-program.js': await plain() },
    says: OVER_BOTH,
  }),
  "npx atsock run -m 'serial:/dev/ttyUSB2?apn=iot' -- npm start": async () => ({
    instead: { 'npm start': `node ${await plain()}` },
    says: OVER_BOTH,
  }),
  'npx atsock run -- npm start': async () => ({
    instead: { 'npm start': `node ${await plain()}` },
    says: OVER_BOTH,
  }),
  'npx atsock run -m serial:/dev/ttyUSB2 -- node your-program.js': async () => ({
    instead: { 'your-program.js': await plain() },
    says: OVER_BOTH,
  }),
  // Asks the ports of this machine, if it has any.
  'npx atsock list --probe': undefined,
  "npx atsock doctor -m 'serial:/dev/ttyUSB2?apn=iot'": () => ({ says: /ok .*registered/i }),
  "npx atsock status -m 'serial:/dev/ttyUSB2?apn=iot'": () => ({ says: /home/ }),
  'npx atsock udp -m serial:/dev/ttyUSB2 192.0.2.10 7 --data hello': async () => ({
    instead: { ' 7 ': ` ${await openUdpEcho()} ` },
    says: /^hello$/,
  }),
  'npx atsock udp -m sim:sequans 127.0.0.1 9000 --data hello': async () => ({
    instead: { 9000: `${await openUdpEcho()}` },
    says: /^hello$/,
  }),
  "ATSOCK_MODEM='serial:/dev/ttyUSB2?apn=iot' node examples/telemetry.mjs 192.0.2.10 9000": async () => ({
    instead: { 9000: `${await openUdpEcho()}` },
    says: /answers .*21\.5/,
  }),
  'npx atsock socks -m "$ATSOCK_MODEM" &': () => ({
    instead: { ' &': ' --listen 127.0.0.1:0' },
    says: /^socks5h:\/\/127\.0\.0\.1:\d+$/,
  }),
  "atsock socks -m 'serial:/dev/ttyUSB2?apn=iot'": () => ({
    instead: { 'atsock socks': 'atsock socks --listen 127.0.0.1:0' },
    says: /^socks5h:\/\/127\.0\.0\.1:\d+$/,
  }),
  'atsock share -m serial:/dev/ttyUSB2': () => ({
    instead: { 'atsock share': 'atsock share --listen 127.0.0.1:0' },
    says: /^tcp:\/\/127\.0\.0\.1:\d+$/,
  }),
  'atsock share -m serial:/dev/ttyUSB2 --role read,socket,sms --pty /tmp/modem': skip => {
    needProgram(skip, 'socat');
    return {
      instead: {
        'atsock share': 'atsock share --listen 127.0.0.1:0',
        '/tmp/modem': join(temporaryFolder(), 'modem'),
      },
      says: /^serial:.*modem$/,
    };
  },
  // To a server with a certificate: test/share/tls.test.ts.
  "atsock status -m 'tls://gateway.example:5000?token-file=token&ca=ca.pem'": undefined,
  // On every address: test/tools/share.test.ts.
  'atsock share -m serial:/dev/ttyUSB2 --listen 0.0.0.0:5000 --token-file tokens --tls-cert cert.pem --tls-key key.pem':
    undefined,
  "atsock serve -m 'serial:/dev/ttyUSB2?apn=iot' --dir ~/sms": () => ({
    instead: { 'serve -m': 'serve --listen 127.0.0.1:0 -m', '~/sms': join(temporaryFolder(), 'sms') },
    says: /^http:\/\/127\.0\.0\.1:\d+\/$/,
  }),
  "atsock watch -m 'serial:/dev/ttyUSB2?apn=iot'": () => ({ says: /^ready$/ }),
  'npm install coap && node examples/coap.mjs serial:/dev/ttyUSB2 coap://192.0.2.10/time': async () => ({
    instead: { '192.0.2.10': `192.0.2.10:${await openCoap()}` },
    says: /2\.05 twelve/,
  }),
  'node examples/https.mjs serial:/dev/ttyUSB2 https://example.com/': async skip => {
    const { url, env } = await serveHttps(skip);
    return { instead: { 'https://example.com/': url }, env, says: /^GET \/$/ };
  },
  'npm install mqtt && node examples/mqtt.mjs serial:/dev/ttyUSB2 test.mosquitto.org 1883': async skip => ({
    instead: { 1883: `${await startMosquitto(needProgram(skip, 'mosquitto'))}` },
    says: /21\.5 °C/,
  }),
  "openssl rand -base64 32 | sed 's/^/whsec_/' | install -m 600 /dev/stdin webhook.secret": skip => {
    needProgram(skip, 'openssl');
    const path = join(temporaryFolder(), 'secret');
    return { instead: { 'webhook.secret': `${path} && cat ${path}` }, says: /^whsec_.{44}$/ };
  },
  "atsock serve -m 'serial:/dev/ttyUSB2?apn=iot' --webhook https://hooks.example.org/sms --webhook-secret webhook.secret":
    () =>
      served({
        'https://hooks.example.org': 'http://127.0.0.1:1',
        'webhook.secret': secretFile(WEBHOOK_SECRET),
      }),
  'npm install nodemailer && atsock serve -m serial:/dev/ttyUSB2 --mail-to me@example.org --smtp smtps://mail.example.org --smtp-login smtp.login':
    () => served({ 'smtps://mail.example.org': 'smtp://127.0.0.1:1', 'smtp.login': secretFile('me:secret') }),
  'npm install mqtt && atsock serve -m serial:/dev/ttyUSB2 --gateway gate --mqtt mqtts://broker.example --mqtt-login mqtt.login --home-assistant':
    async skip => {
      const port = await startMosquitto(needProgram(skip, 'mosquitto'));
      const broker = { 'mqtts://broker.example': `mqtt://127.0.0.1:${port}` };
      return served({ ...broker, 'mqtt.login': secretFile('gate:secret') });
    },
  'mosquitto_pub -h broker.example -q 1 -t atsock/gate/sms/send -m \'{"id":"42","to":"+43660123456","text":"Hello"}\'':
    async skip => {
      needProgram(skip, 'mosquitto_pub');
      const port = await startMosquitto(needProgram(skip, 'mosquitto'));
      return { instead: { '-h broker.example': `-d -h 127.0.0.1 -p ${port}` }, says: /received PUBACK/ };
    },
  'npx atsock resolve -m "$ATSOCK_MODEM" example.org': () => ({ says: /^127\.0\.0\.1$/ }),
  // Real records: test/tools/resolve.test.ts.
  'npx atsock resolve -m "$ATSOCK_MODEM" example.org --type MX': undefined,
  "npx atsock status -m 'sim:sequans?pdp=ipv6&nat64=64:ff9b::/96'": () => ({
    says: /^network +IPv6 only, NAT64 prefix 64:ff9b::\/96$/,
  }),
  "npx atsock sms send -m serial:/dev/ttyUSB2 +43664123456 'See you at 8'": () => ({
    says: /^sent in 1 part: 0$/,
  }),
  // A card without messages: test/tools/sms.test.ts.
  'npx atsock sms list -m serial:/dev/ttyUSB2': undefined,
  'npx atsock sms watch -m serial:/dev/ttyUSB2 --json': () => ({ says: /waiting for messages/ }),
  'node examples/sms.mjs serial:/dev/ttyUSB2 +43664123456 hello': () => ({ says: /^sent in 1 part$/ }),
  'npx atsock sim sequans --listen 127.0.0.1:5000': () => ({
    instead: { 5000: '0' },
    says: /^tcp:\/\/127\.0\.0\.1:\d+$/,
  }),
  'npx atsock sim quectel-qfwd --pty /tmp/modem': skip => {
    needProgram(skip, 'socat');
    return { instead: { '/tmp/modem': join(temporaryFolder(), 'modem') }, says: /^serial:.*modem/ };
  },
  'npx atsock sim --list-faults': () => ({ says: /^urc-before-prompt/ }),
  'node --test examples/test-with-sim.mjs': undefined,
};

test('each shell line of the documentation has its trial', () => {
  expect([...new Set(shellLines)].sort()).toEqual(Object.keys(lines).sort());
});

test.for(Object.entries(lines).flatMap(([line, prepare]) => (prepare ? [[line, prepare] as const] : [])))(
  '%s',
  async ([line, prepare], { skip }) => {
    needBuild();
    const { instead = {}, env, says } = await prepare(skip);
    const tried = replaceAll(line, instead)
      .replace(/^npm install \w+ && /, '')
      .replace(/^(npx )?atsock /, 'node dist/tools/cli.js ');
    const running = runShell(onSim(tried), { ATSOCK_MODEM: SIM, ATSOCK_QUIET: '1', ...env });
    running.process.stdin.end();
    await running.line(says);
  },
);

interface ProgramTrial extends Trial {
  readonly before?: string;
  readonly after?: string;
}

const CONNACK = Buffer.from([0x20, 2, 0, 0]);

const trials: Readonly<Record<string, (skip: Skip) => ProgramTrial | Promise<ProgramTrial>>> = {
  'README.md 1': async () => ({
    instead: { 5683: `${await openUdpEcho('udp6')}` },
    says: /^2001:db8::1 says 21\.5$/,
  }),
  'README.md 2': async () => ({
    before: 'const signal = AbortSignal.timeout(20_000);',
    instead: {
      8883: `${await openTcpEcho()}`,
      'await modem.close();': 'stream.destroy(); socket.close(); await modem.close(); console.log(lines[0]);',
    },
    says: /^\+CSQ: /,
  }),
  'docs/coap.md 1': async () => ({
    instead: {
      "pathname: '/time'": `port: ${await openCoap('udp6')}, pathname: '/time'`,
      'console.log': 'show',
    },
    before: 'const show = ({ code, payload }) => console.log(code, String(payload));',
    says: /^2\.05 twelve$/,
  }),
  'docs/https.md 1': async skip => {
    const { url, env } = await serveHttps(skip);
    return { instead: { 'https://example.com/': url }, env, says: /^GET \// };
  },
  'docs/ipv6-only.md 1': async () => {
    const port = await openTcpEcho();
    return {
      before: `
        import { openModem } from 'atsock';
        const modem = await openModem('sim:sequans?pdp=ipv6&nat64=64:ff9b::/96&host=198.51.100.7=127.0.0.1&host=only-ipv4.example=198.51.100.7');
        const connected = [];
        const { connect } = modem.net;
        modem.net.connect = (...to) => connect(...to).on('connect', () => connected.push(to[1]) === 2 && console.log(connected.join()));`,
      instead: { '80,': `${port},`, 1883: `${port}`, 9000: `${await openUdpEcho()}` },
      says: /^(198\.51\.100\.7,only-ipv4\.example|only-ipv4\.example,198\.51\.100\.7)$/,
    };
  },
  'docs/mqtt.md 1': async () => ({
    instead: {
      1883: `${await listen(createServer(socket => socket.once('data', () => socket.write(CONNACK))))}`,
    },
    after: `client.on('connect', () => console.log('connected'));`,
    says: /^connected$/,
  }),
  'docs/mqtt.md 2': async skip => {
    const { key, cert, caFile } = certify(needProgram(skip, 'openssl'), temporaryFolder());
    const broker = createTlsServer({ key, cert }, socket => socket.once('data', () => socket.write(CONNACK)));
    return {
      before: `
        import { openModem } from 'atsock';
        import { MqttClient } from 'mqtt';
        const modem = await openModem('serial:/dev/ttyUSB2');`,
      instead: { 8883: `${await listen(broker)}`, 'broker.example': 'localhost' },
      after: `client.on('connect', () => console.log('connected'));`,
      env: { NODE_EXTRA_CA_CERTS: caFile },
      says: /^connected$/,
    };
  },
  'docs/outgoing.md 1': () => ({
    before: `
      import { parseSecret } from './dist/outgoing/signature.js';
      import { createWebhook } from './dist/outgoing/webhook.js';
      import { overThisComputer } from './dist/outgoing/webhook-ways.js';
      const message = { id: 'a', from: '+43660123456', text: 'Hello', receivedAt: '', parts: 1 };
      async function post() {
        const url = new URL('http://127.0.0.1:' + server.address().port);
        const deliver = secret =>
          createWebhook({ gateway: 'gate', url, secret, way: overThisComputer(['127.0.0.1']) })
            .deliver({ id: '1', at: '', type: 'message', message }, new AbortController().signal);
        const forged = await deliver(Buffer.alloc(32)).catch(error => error.message);
        process.stdout.write(forged + '; ');
        await deliver(parseSecret('${WEBHOOK_SECRET}'));
        server.close();
      }`,
    instead: {
      "'webhook.secret'": `'${secretFile(WEBHOOK_SECRET)}'`,
      "8080, '127.0.0.1'": "0, '127.0.0.1', post",
    },
    says: /^it answered 401; gate: \+43660123456 says Hello$/,
  }),
  'docs/rest.md 1': async () => {
    const home = temporaryFolder();
    const service = start(['serve', '-m', SIM, '--dir', join(home, 'sms'), '--listen', '127.0.0.1:0']);
    const url = await service.line(/^http:/);
    return { instead: { 'http://127.0.0.1:8090/': url }, env: { HOME: home }, says: /^queued$/ };
  },
  'docs/sms.md 1': () => ({
    instead: { '+43664123456': '+12025550100' },
    says: /^\+12025550100 at .*: Water in the cellar 💧$/,
  }),
  'docs/telemetry.md 1': async () => ({
    instead: {
      9000: `${await openUdpEcho()}`,
      'socket.close()': "socket.once('message', text => console.log(String(text)))",
    },
    says: /^21\.5$/,
  }),
  'docs/watchdog.md 1': () => ({ says: /^0 \{ fence: 0,/ }),
  'docs/testing.md 1': () => ({ after: 'console.log(modem.info().model);', says: /^GM02S$/ }),
  'docs/testing.md 2': () => ({ after: 'console.log(sim.connectionsOpen);', says: /^0$/ }),
};

test('each program of the documentation has its trial', () => {
  expect([...programs.keys()].sort()).toEqual(Object.keys(trials).sort());
});

test.for(Object.entries(trials))('%s', async ([place, prepare], { skip }) => {
  needBuild();
  const { before = '', instead = {}, after = '', env, says } = await prepare(skip);
  const source = `${before}\n${replaceAll(programs.get(place) ?? '', instead)}\n${after}`;
  await runProgram(onSim(source), { ATSOCK_MODEM: SIM, ...env }).line(says);
});

/** Nobody here has the modem of the documentation. */
const onSim = (text: string): string =>
  text
    .replaceAll(/'serial:\/dev\/ttyUSB2[^']*'/g, `'${SIM}'`)
    .replaceAll(/serial:\/dev\/ttyUSB2/g, `'${SIM}'`);

function replaceAll(text: string, instead: Readonly<Record<string, string>>): string {
  return Object.entries(instead).reduce((all, [theirs, ours]) => {
    expect(all).toContain(theirs);
    return all.replaceAll(theirs, ours);
  }, text);
}
