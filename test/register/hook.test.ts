/** The register hook: what goes where, what is said, who inherits it, and that `atsock run` sets it. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startPty, startTcp } from '../e2e/modems.ts';
import { listen } from '../e2e/streams.ts';
import { temporaryFolder } from '../support/programs.ts';
import { run, runNode, start } from '../tools/run-cli.ts';
import { OVER_THE_MODEM, runHooked } from './hooked.ts';

/** Its name server knows app.test; what is lost to the host's would be NXDOMAIN. */
const MODEM = 'sim:sequans?connections=20&host=app.test=127.0.0.1';
const env = { ATSOCK_MODEM: MODEM };

const evaluated = (source: string, type: 'commonjs' | 'module' = 'module'): string[] => [
  `--input-type=${type}`,
  '-e',
  source,
];

/** → its port number */
async function openWeb(): Promise<number> {
  const server = createServer((_, response) => response.end('web'));
  onTestFinished(() => server.closeAllConnections());
  return (await listen(server)).port;
}

async function openEcho(): Promise<number> {
  const echo = createSocket('udp4').bind(0, '127.0.0.1');
  await once(echo, 'listening');
  onTestFinished(() => void echo.close());
  echo.on('message', (data, { port, address }) => echo.send(`${data}!`, port, address));
  return (echo.address() as AddressInfo).port;
}

test('loopback, names for loopback and UNIX sockets stay local, and the modem is not even opened', async () => {
  const socket = join(temporaryFolder(), 'socket');
  const { commands, ...ended } = await runHooked(
    evaluated(`
      import net, { connect } from 'node:net';
      import { lookup } from 'node:dns/promises';
      const path = ${JSON.stringify(socket)};
      const server = net.createServer(peer => peer.end('unix')).listen(path, () => connect(path).on('data', data => {
        console.log(String(data));
        server.close();
      }));
      console.log(await (await fetch('http://127.0.0.1:${await openWeb()}')).text());
      console.log((await lookup('localhost', 4)).address);
    `),
    env,
  );
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout.trim().split('\n').sort()).toEqual(['127.0.0.1', 'unix', 'web']);
  expect(commands).toEqual([]);
});

test('a name is looked up by the modem, in every way there is', async () => {
  const { stdout, commands } = await runHooked(
    evaluated(`
      import dns, { lookup, Resolver } from 'node:dns';
      import { lookup as promised, Resolver as PromisedResolver } from 'node:dns/promises';
      import { promisify } from 'node:util';
      const say = (...what) => console.log(JSON.stringify(what));
      lookup('app.test', (error, address, family) => say(address, family));
      say((await promised('app.test')).address);
      say((await promisify(dns.lookup)('app.test')).address);
      say(await dns.promises.resolve4('app.test'));
      say(await new PromisedResolver().resolve4('app.test'));
      say(await promisify(new Resolver().resolve4.bind(new Resolver()))('app.test'));
      say(new Resolver() instanceof dns.Resolver);
      say((await (await fetch('http://app.test:${await openWeb()}')).text()));
    `),
    env,
  );
  expect(stdout.trim().split('\n').sort()).toEqual([
    '["127.0.0.1",4]',
    '["127.0.0.1"]',
    '["127.0.0.1"]',
    '["web"]',
    '[["127.0.0.1"]]',
    '[["127.0.0.1"]]',
    '[["127.0.0.1"]]',
    '[true]',
  ]);
  expect(commands.some(line => line.startsWith('AT+SQNSD='))).toBe(true);
});

test('a lookup that the program put in place is used, on both sides', async () => {
  const { stdout } = await runHooked(
    evaluated(`
      import dns from 'node:dns';
      import { text } from 'node:stream/consumers';
      import { get } from 'node:http';
      const asked = [];
      dns.lookup = (name, options, callback) => {
        asked.push(name);
        if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
        else callback(null, '127.0.0.1', 4);
      };
      for (const host of ['mine.test', 'mine.lan'])
        await new Promise(done => get({ host, port: ${await openWeb()} }, async answer => done(await text(answer))));
      console.log(asked.join());
    `),
    { ...env, ATSOCK_ROUTE: '*.lan=local' },
  );
  expect(stdout).toBe('mine.test,mine.lan\n');
});

test('what Node itself makes counts as an instance', async () => {
  const { stdout } = await runHooked(
    evaluated(`
      import net, { Socket } from 'node:net';
      import http from 'node:http';
      import tls from 'node:tls';
      class Own extends net.Socket {}
      const server = net.createServer(peer => {
        console.log(peer instanceof Socket, peer instanceof Own);
        peer.destroy();
        server.close();
      }).listen(0, '127.0.0.1', () => new Own().connect(server.address().port, '127.0.0.1'));
      console.log(new Own() instanceof Socket, new Own() instanceof Own, net.Socket() instanceof Socket);
      console.log(process.stdout instanceof Socket, new tls.TLSSocket() instanceof Socket);
      console.log(http.createServer() instanceof net.Server, {} instanceof Socket);
    `),
    env,
  );
  expect(stdout).toBe('true true true\ntrue true\ntrue false\ntrue false\n');
});

test('one datagram socket reaches both sides, hears both, and is closed once', async () => {
  const port = await openEcho();
  const { stdout, commands } = await runHooked(
    evaluated(`
      import { createSocket } from 'node:dgram';
      const socket = createSocket('udp4');
      const heard = [];
      socket.on('close', () => console.log('closed'));
      socket.on('message', data => {
        heard.push(String(data));
        if (heard.length === 2) socket.close(() => console.log(heard.sort().join()));
      });
      socket.bind(0, () => {
        socket.send('own', ${port}, '127.0.0.1');
        socket.send('over', ${port}, 'app.test');
      });
    `),
    env,
  );
  expect(stdout).toBe('closed\nover!,own!\n');
  expect(commands.filter(line => line.startsWith('AT+SQNSSENDEXT='))).toHaveLength(1);
});

test.each(['node:http', 'node:net'])(
  'a server of %s listens on the modem where a rule says so',
  async module => {
    const serve = `
    import { createServer } from '${module}';
    const server = createServer((asked, answer) => (answer ?? asked).end('served'));
    server.listen(0, () => console.log('port', server.address().port));
  `;
    const trace = join(temporaryFolder(), 'trace');
    const program = runNode(['--import', 'atsock/register', ...evaluated(serve)], {
      ...env,
      ATSOCK_ROUTE: 'listen *=modem',
      ATSOCK_TRACE: trace,
    });
    const [, port] = (await program.line(/^port/)).split(' ');
    await expect.poll(() => readFileSync(trace, 'utf8')).toContain(`AT+SQNSL=1,1,${port}`);
    const client = await runNode(
      evaluated(`
      import { connect } from 'node:net';
      import { text } from 'node:stream/consumers';
      const socket = connect(${port}, '127.0.0.1');
      socket.write('GET / HTTP/1.0\\r\\n\\r\\n');
      console.log(await text(socket));
    `),
    ).ended;
    expect(client.stdout).toContain('served');
  },
);

test('HTTPS to a port that is closed, and one that is given up at once, fail as with Node', async () => {
  const { code, stdout } = await runHooked(
    evaluated(`
      import { get } from 'node:https';
      const abort = new AbortController();
      get('https://app.test:1', { signal: abort.signal }).on('error', ({ code }) => console.log(code));
      abort.abort();
      get('https://app.test:1').on('error', ({ code, syscall, port }) => console.log(code, syscall, port));
    `),
    env,
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'ABORT_ERR\nECONNREFUSED connect 1\n' });
});

test('forks and workers from files inherit it; those from text do not', async () => {
  const folder = temporaryFolder();
  const asks =
    "require('dns').lookup('app.test', error => console.log(process.argv[2], error?.code ?? 'found'))";
  writeFileSync(join(folder, 'asks.cjs'), asks);
  const program = join(folder, 'starts.cjs');
  writeFileSync(
    program,
    `const { fork } = require('child_process');
    const { Worker } = require('worker_threads');
    const file = ${JSON.stringify(join(folder, 'asks.cjs'))};
    fork(file, ['fork']);
    new Worker(file, { argv: ['worker'] });
    new Worker(${JSON.stringify(asks)}, { argv: ['text'], eval: true });`,
  );
  const { stdout } = await runHooked([program], env);
  expect(stdout.trim().split('\n').sort()).toEqual([
    'fork found',
    expect.stringMatching(/^text E/),
    'worker found',
  ]);
});

test('a modem behind TCP on loopback is reached directly, whatever the rules say', async () => {
  const { stdout } = await runHooked(
    evaluated(`console.log(await (await fetch('http://127.0.0.1:${await openWeb()}')).text());`),
    { ATSOCK_MODEM: await startTcp(), ATSOCK_ROUTE: OVER_THE_MODEM },
  );
  expect(stdout).toBe('web\n');
});

test('a second process on the same serial port is told who has it', async ({ skip }) => {
  const serial = await startPty(skip);
  const first = runNode(
    [
      '--import',
      'atsock/register',
      ...evaluated(`
      import { createSocket } from 'node:dgram';
      const socket = createSocket('udp4');
      socket.send('x', 9, '192.0.2.1', () => console.log('open'));
    `),
    ],
    { ATSOCK_MODEM: serial },
  );
  await first.line(/^open$/);
  const second = await runHooked(
    evaluated(`
      import { connect } from 'node:net';
      connect(9, '192.0.2.1').on('error', ({ code, cause }) => console.log(code, cause.message));
    `),
    { ATSOCK_MODEM: serial },
  );
  expect(second.stdout).toMatch(new RegExp(`^ENETDOWN .*process ${first.process.pid}\\b`));
});

test('one line on standard error says what goes where', async () => {
  const hooked = (more: NodeJS.ProcessEnv) =>
    runNode(['--import', 'atsock/register', '-e', ''], { ATSOCK_MODEM: 'sim:sequans?pin=1234', ...more })
      .ended;
  expect(await hooked({ ATSOCK_ROUTE: '*.lan=local' })).toEqual({
    code: 0,
    stdout: '',
    stderr: expect.stringMatching(/^atsock: [^\n]*sim:sequans;[^\n]*loopback[^\n]*\*\.lan=local\n$/),
  });
  expect((await hooked({ ATSOCK_QUIET: '1' })).stderr).toBe('');
});

test.each<[what: string, env: NodeJS.ProcessEnv, says: RegExp]>([
  ['no modem', {}, /^atsock: no modem: set ATSOCK_MODEM, for example to [^\n]+\n$/],
  ['no modem URL', { ATSOCK_MODEM: '/dev/ttyUSB2' }, /^atsock: "\/dev\/ttyUSB2" is no modem URL; [^\n]+\n$/],
  ['a bad parameter', { ATSOCK_MODEM: 'sim:sequans?x=1' }, /^atsock: unknown parameter "x"[^\n]+\n$/],
  ['a bad rule', { ATSOCK_MODEM: MODEM, ATSOCK_ROUTE: '*=wlan' }, /^atsock: the rule "\*=wlan"[^\n]+\n$/],
])('%s: one sentence and exit code 2, before the program runs', async (_, given, says) => {
  const { code, stdout, stderr } = await runNode(
    ['--import', 'atsock/register', '-e', 'console.log("ran")'],
    given,
  ).ended;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(says);
});

test('atsock run sets it for a program and those it starts, and ends as the program does', async () => {
  const trace = join(temporaryFolder(), 'trace');
  const program = `require('http').get('http://127.0.0.1:${await openWeb()}', () => process.exit(7))`;
  const flags = ['-m', MODEM, '--route', OVER_THE_MODEM, '--quiet', `--trace=${trace}`];
  const ended = await run(['run', ...flags, '--', 'sh', '-c', `node -e "${program}"`]);
  expect(ended).toEqual({ code: 7, stdout: '', stderr: '' });
  expect(readFileSync(trace, 'utf8')).toContain('>  AT+SQNSD=');
  expect(statSync(trace).mode & 0o777).toBe(0o600);
});

test('atsock run passes a signal on and ends by it', async () => {
  const running = start(['run', '-m', MODEM, '--quiet', '--', 'sh', '-c', 'echo ready; exec sleep 60']);
  await running.line(/^ready$/);
  running.process.kill('SIGTERM');
  expect((await running.ended).code).toBe(143);
});

test.each<[what: string, args: string[], code: number, says: RegExp]>([
  ['no modem', ['--', 'true'], 2, /no modem/],
  ['a bad rule', ['-m', MODEM, '--route', '*=wlan', '--', 'true'], 2, /the rule "\*=wlan"/],
  ['no command', ['-m', MODEM], 2, /missing required argument/],
  ['no such command', ['-m', MODEM, '--', 'no-such-program'], 1, /cannot run no-such-program/],
])('atsock run with %s says so in one line', async (_, args, code, says) => {
  const ended = await run(['run', ...args]);
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toMatch(/^atsock: [^\n]+\n$/);
  expect(ended.stderr).toMatch(says);
});
