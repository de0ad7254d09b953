/** What clients do not see of each other: messages, tokens, and what the daemon does not log (reliability.md S9, S27). */
import { expect, test } from 'vitest';
import type { Role } from '../../src/share/policy.ts';
import { ROLES } from '../../src/share/policy.ts';
import { Tokens } from '../../src/util/tokens.ts';
import { openShared, RawClient } from './bench.ts';

const READER = 'reader-reader-reader-reader';
const WRITER = 'writer-writer-writer-writer';

const openTwo = async (mode: 'private' | 'shared') => {
  const tokens = new Tokens(`read,socket ${READER}\nread,sms ${WRITER}\n`, 'test', ROLES);
  const shared = await openShared({}, { tokens, mode });
  const [reader, writer] = [new RawClient(shared.port), new RawClient(shared.port)];
  await reader.ask(`AUTH ${READER}`);
  await writer.ask(`AUTH ${WRITER}`);
  return { ...shared, reader, writer };
};

test('a message that is pushed is for who may read messages, with all of its lines', async () => {
  const { sim, reader, writer } = await openTwo('private');
  sim.urc('+CMTI: "ME",1');
  sim.urc('+CMT: "+15550100",,"26/11/21,22:00:00+00"');
  sim.urc('the code is 1234');
  sim.urc('ring me at noon');
  sim.urc('+CDS: 26');
  sim.urc('0006D60B911326880736F4');
  sim.urc('+CMTI: "ME",2');
  const heard = await writer.hear(/\+CMTI: "ME",2\r\n$/);
  expect(heard).toMatch(/\+CMT: [\s\S]*1234[\s\S]*noon[\s\S]*\+CDS: 26[\s\S]*0006D6/);
  expect(await reader.hear(/\+CMTI: "ME",2\r\n$/)).toBe('\r\n+CMTI: "ME",1\r\n\r\n+CMTI: "ME",2\r\n');
});

test('messages are announced, and never pushed into the reply of another', async () => {
  const { sim, port } = await openShared({}, { roles: new Set<Role>(['read', 'sms']) });
  const client = new RawClient(port);
  const before = sim.received.length;
  const pushed = ['=2,2', '=2,3,0,0,0', '=1,1,2', '=1,1,0,1', '=,2', '="2",2', '=2,02', '=2,0x2'];
  for (const form of pushed) expect(await client.ask(`AT+CNMI${form}`)).toBe('\r\nERROR\r\n');
  expect(sim.received.length).toBe(before);
  for (const form of ['=2,1', '=2,1,0,0,0', '=2,1,0,2,0', '?', '=?'])
    expect(await client.ask(`AT+CNMI${form}`)).toMatch(/\r\nOK\r\n$/);
});

test('in shared mode nobody sees a token, nor what a stranger says', async () => {
  const { port, reader, writer } = await openTwo('shared');
  await writer.ask(`AUTH ${WRITER}`);
  const stranger = new RawClient(port);
  await stranger.ask('AUTH not-the-token-of-anybody');
  await stranger.ask('AT+STRANGE');
  await writer.ask('AT+CGMM');
  const heard = await reader.hear(/AT\+CGMM[\s\S]*OK\r\n$/);
  expect(heard).not.toMatch(/writer|not-the|STRANGE/);
});

test('what went wrong is logged without its parameters', async () => {
  const { sim, port, reports } = await openShared();
  const client = new RawClient(port).say('AT+CMGW="+4915112345678"\r');
  await client.hear(/> $/);
  sim.restart();
  client.say('secret\x1a');
  await client.hear(/ABORTED\r\n|ERROR\r\n/);
  expect(reports.join('\n')).not.toMatch(/45678|secret/);
});
