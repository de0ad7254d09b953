/** What clients may rely on, and what they cannot do to each other. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openChannel, rawCommand } from '../../src/at/index.ts';
import { refusal } from '../../src/share/admission.ts';
import { Lock } from '../../src/share/lock.ts';
import { ROLES } from '../../src/share/policy.ts';
import { createTcpTransport } from '../../src/transport/tcp.ts';
import { Tokens } from '../../src/util/tokens.ts';
import { until } from '../e2e/streams.ts';
import { openShared, RawClient } from './bench.ts';

test('each has a line of its own: echo, numbers, silence, registers and errors', async () => {
  const { port, sim } = await openShared();
  const before = sim.received.length;
  const [one, other] = [new RawClient(port), new RawClient(port)];
  await one.ask('ATE1S10=44+CMEE=1');
  expect(await one.ask('ATS10?+CMEE?')).toBe('ATS10?+CMEE?\r\r\n044\r\n\r\n+CMEE: 1\r\n\r\nOK\r\n');
  one.say('ATV0\r');
  expect(await one.hear(/0\r$/)).toBe('ATV0\r0\r');
  expect(await other.ask('ATS10?+CMEE?')).toBe('\r\n000\r\n\r\n+CMEE: 0\r\n\r\nOK\r\n');
  expect(sim.received.length).toBe(before);
});

test("A/ repeats the client's own line, not that of another", async () => {
  const { port } = await openShared();
  const [one, other] = [new RawClient(port), new RawClient(port)];
  const model = await one.ask('AT+CGMM');
  await other.ask('AT+CGMI');
  one.say('A/');
  expect(await one.hear(/OK\r\n$/)).toBe(model);
});

test('LOCK keeps the others out until UNLOCK, or until the client goes', async () => {
  const { port, sim } = await openShared();
  const [one, other] = [new RawClient(port), new RawClient(port)];
  await one.ask('LOCK 60');
  other.say('AT+CGMI\r');
  await one.ask('AT+CGMM');
  await one.ask('AT+CGMM');
  expect(sim.received.slice(-2)).toEqual(['AT+CGMM', 'AT+CGMM']);
  await one.ask('UNLOCK');
  await other.hear(/OK\r\n$/);
  await one.ask('LOCK');
  other.say('AT+CGMI\r');
  one.socket.destroy();
  await other.hear(/OK\r\n$/);
});

test('a lock that ends in the middle of a command lets nobody between its parts', async () => {
  const { modem, sim } = await openShared();
  const channel = modem.run?.at;
  if (!channel) throw new Error('the modem is away');
  const lock = new Lock(new AbortController().signal);
  await lock.take(channel);
  const before = sim.received.length;
  const other = channel.send('+CGMI');
  await lock.run(channel, async at => {
    await at.send('+CGMM');
    lock.release();
    await at.send('+CGMR');
  });
  await other;
  expect(sim.received.slice(before)).toEqual(['AT+CGMM', 'AT+CGMR', 'AT+CGMI']);
});

test('who waits for the lock of a modem that restarts has none', async () => {
  const { port, sim, modem } = await openShared();
  const [one, other] = [new RawClient(port), new RawClient(port)];
  await one.ask('LOCK 60');
  other.say('LOCK 60\r');
  await other.hear(/not yet/);
  sim.restart();
  await other.hear(/\r\nERROR\r\n/);
  await until('it is back', () => modem.run !== undefined);
  expect(await other.ask('AT+CGMM')).toMatch(/OK\r\n$/);
});

test('a payload whose length can be read in two ways, and a message without an address', async () => {
  const { port, sim } = await openShared();
  const client = new RawClient(port);
  const before = sim.received.length;
  for (const length of ['0x10', '010', '1e1', '"10"', '+10', '-1', '70000', ''])
    expect(await client.ask(`AT+SQNSSENDEXT=1,${length}`)).toBe('\r\nERROR\r\n');
  expect(sim.received.length).toBe(before);
  client.say('AT+CMGW\r');
  await client.hear(/> $/);
  client.say('AT+CGMI\r\x1b');
  await client.hear(/OK\r\n$/);
  expect(await client.ask('AT+CNMA=0')).toMatch(/OK|ERROR/);
  expect(sim.received.slice(before)).toEqual(['AT+CNMA=0']);
});

test('a connection that is named behind another command is still the own one', async () => {
  const { port, sim } = await openShared();
  const [one, other] = [new RawClient(port), new RawClient(port)];
  await one.ask('AT+SQNSD=1,1,9,"127.0.0.1",0,0,1');
  const before = sim.received.length;
  expect(await other.ask('AT+CSQ;+SQNSH=1')).toMatch(/\+CSQ: [^\r]*\r\n\r\nOK\r\n$/);
  expect(sim.received.slice(before)).toEqual(['AT+CSQ']);
  expect(sim.connectionsOpen).toBe(1);
  one.say('AT+CSQ;+SQNSSENDEXT=1,3;+CGMM\r');
  expect(await one.hear(/> $/)).toContain('+CSQ');
  one.say('\r\x1a;');
  await one.hear(/OK\r\n$/);
  expect(sim.received.slice(before)).toEqual(['AT+CSQ', 'AT+CSQ', 'AT+SQNSSENDEXT=1,3', 'AT+CGMM']);
});

test('a line that was too long stays so, whatever is erased of it', async () => {
  const { port, sim } = await openShared();
  const before = sim.received.length;
  const client = new RawClient(port).say(`AT+CGMM${' '.repeat(4_096)}${'\b'.repeat(4_000)}\r`);
  expect(await client.hear(/\r\n$/)).toBe('\r\nERROR\r\n');
  expect(sim.received.length).toBe(before);
});

test("time in which others have their turn is not counted as the modem's", { timeout: 60_000 }, async () => {
  const { port } = await openShared();
  const [one, other] = [new RawClient(port), new RawClient(port)];
  await one.ask('LOCK 60');
  const channel = await openChannel(createTcpTransport({ host: '127.0.0.1', port }), { timeoutMs: 2_000 });
  const model = channel.execute({ ...rawCommand('+CGMM'), timeoutMs: 2_000 });
  other.say('AT+CGMI\r');
  // Each is said every 1.5 s: longer than the channel has patience with a modem that is silent.
  for (let told = 0; told < 3; told++) await other.hear(/\r\n\+ATSOCK: "not yet"\r\n/);
  await one.ask('UNLOCK');
  expect(await model).toEqual(['GM02S']);
  expect(channel.stats.fences).toBe(0);
  await channel.close();
});

test('in shared mode everybody sees everything', async () => {
  const { port } = await openShared({}, { mode: 'shared' });
  const [one, other] = [new RawClient(port), new RawClient(port)];
  await other.ask('AT');
  expect(await one.hear(/OK\r\n$/)).toBe('AT\r\n\r\nOK\r\n');
  const reply = await one.ask('AT+CGMM');
  expect(await other.hear(/OK\r\n$/)).toBe(`AT+CGMM\r\n${reply}`);
});

test('with tokens, nothing is done before the right one, and five wrong ones are enough', async () => {
  const token = 'abcdefghijklmnopqrstuv';
  const tokens = new Tokens(`# for the monitor\nread ${token}\n`, 'test', ROLES);
  const { port, sim } = await openShared({}, { tokens });
  const before = sim.received.length;
  const client = new RawClient(port);
  expect(await client.ask('AT+CGMM')).toBe('\r\nERROR\r\n');
  expect(await client.ask('AUTH abcdefghijklmnopqrstuw')).toBe('\r\nERROR\r\n');
  expect(sim.received.length).toBe(before);
  expect(await client.ask(`AUTH ${token}`)).toBe('\r\nOK\r\n');
  expect(await client.ask('AT+CGMM')).toContain('OK');
  expect(await client.ask('AT+CFUN=0')).toBe('\r\nERROR\r\n');
  const guesser = new RawClient(port);
  for (let tries = 0; tries < 5; tries++) await guesser.ask('AUTH nonsense');
  expect(await guesser.ask(`AUTH ${token}`)).toBe('\r\nERROR\r\n');
});

test('a line without end, a browser and one client too many', async () => {
  const { port, reports } = await openShared({}, { mostClients: 2 });
  const client = new RawClient(port);
  client.say(`AT${'+CGMM;'.repeat(1_000)}\r`);
  expect(await client.hear(/\r\n$/)).toBe('\r\nERROR\r\n');
  const browser = new RawClient(port).say('POST / HTTP/1.1\r\nHost: localhost\r\n\r\nAT+CFUN=0\r\n');
  await once(browser.socket, 'close');
  const [second, third] = [new RawClient(port), new RawClient(port)];
  await second.ask('AT');
  await once(third.socket, 'close');
  expect(reports.join('\n')).toMatch(/speaks HTTP[\s\S]*refused, there are 2 clients/);
});

test('a client that does not read is dropped, and what waits for it is bounded', {
  timeout: 120_000,
}, async () => {
  const { port, sim, reports } = await openShared();
  const [stopped, other] = [new RawClient(port), new RawClient(port)];
  await stopped.ask('AT');
  await other.ask('AT');
  stopped.socket.pause();
  const line = `+CMT: "${'x'.repeat(4_000)}"`;
  for (let sent = 0; sent < 50 << 20 && reports.length === 0; sent += line.length) {
    sim.urc(line);
    if (sent % (64 * line.length) === 0) await new Promise(setImmediate);
  }
  await until('it was dropped', () => reports.some(report => report.includes('does not read')));
  other.say('AT+CGMM\r');
  await other.hear(/OK\r\n$/);
});

test('a modem that restarts says so to its clients, and is there again', async () => {
  const { port, sim } = await openShared();
  const client = new RawClient(port);
  await client.ask('AT+CGMM');
  sim.restart();
  await client.hear(/\r\n\+SYSSTART\r\n/);
  const asked = async (): Promise<string> => client.ask('AT+CGMM');
  let reply = await asked();
  while (!reply.includes('OK')) reply = await asked();
  expect(reply).toContain('OK');
});

test.each([
  ['127.0.0.1', 31, undefined],
  ['::1', 31, undefined],
  ['port', 31, undefined],
  ['192.0.2.1', 7, undefined],
  ['192.0.2.1', 8, 'there are 8 clients of that address already'],
  ['2001:db8::1', 8, 'there are 8 clients of that address already'],
  ['127.0.0.1', 32, 'there are 32 clients already'],
])('one more from %s beside %i: %s', (address, present, why) => {
  expect(refusal(address, Array(present).fill(address), 32)).toBe(why);
});
