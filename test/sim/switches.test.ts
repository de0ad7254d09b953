/** Each fault switch does what its sentence says. */
import { describe, expect, it } from 'vitest';
import { createSim, type SimModem, type SimOptions, simFaults, simFaultsOf } from '../../src/sim/index.ts';
import { smsSwitches } from './sms-switches.ts';
import { sharedSwitches, tcpSwitches } from './tcp-switches.ts';
import { error, line, OK, openTerminal, Peer, Terminal } from './terminal.ts';

const PROMPT = '\r\n> ';
const STATE = error(4);
const tested = new Set<string>();

interface Scene {
  readonly at: Terminal;
  readonly sim: SimModem;
  readonly peer: Peer;
  /** The local port of socket 1. */
  readonly port: number;
}

/** A modem with the switch, and socket 1 dialled to a peer, ring mode 1. */
async function dialled(name: string, tail = '', loopback: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<Scene> {
  const peer = await Peer.open(loopback);
  const { at, sim } = await openTerminal({ faults: [name], seed: 1 });
  at.write('AT+SQNSCFGEXT=1,1,0,0,0,0\r');
  await at.match(/OK\r\n/);
  at.write(`AT+SQNSD=1,1,${peer.port},"${loopback}",0,0,1${tail}\r`);
  await at.match(/OK\r\n/);
  at.write('AT+SQNSS\r');
  const [, port] = await at.match(/\+SQNSS: 1,2,"[^"]*",(\d+),.*\r\n(.*\r\n)*\r\nOK\r\n/);
  return { at, sim, peer, port: Number(port) };
}

/** Two datagrams wait, their rings were heard. */
async function waiting(name: string, tail = '', loopback: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<Scene> {
  const scene = await dialled(name, tail, loopback);
  scene.peer.send('abc', scene.port);
  scene.peer.send('defgh', scene.port);
  await scene.at.expect(line('+SQNSRING: 1,3') + line('+SQNSRING: 1,5'));
  return scene;
}

function fault(name: keyof typeof simFaults, test: () => Promise<void>): void {
  tested.add(name);
  it(`${name}: ${simFaults[name].does}`, test);
}

const open = async (name: string, options: SimOptions = {}) => openTerminal({ ...options, faults: [name] });

describe('framing', () => {
  fault('urc-no-leading-crlf', async () => {
    const { at, sim } = await open('urc-no-leading-crlf');
    sim.urc('+CEREG: 1');
    await at.expect('+CEREG: 1\r\n');
    await at.command('AT+CFUN?', line('+CFUN: 1') + OK);
  });
  fault('urc-double-crlf', async () => {
    const { at, sim } = await open('urc-double-crlf');
    sim.urc('+CEREG: 1');
    await at.expect('\r\n\r\n+CEREG: 1\r\n');
  });
  fault('abort-on-input', async () => {
    const { at } = await open('abort-on-input', { latency: 20 });
    at.write('AT+CFUN?\r');
    await new Promise(setImmediate);
    at.write('AT+CFUN?\r');
    await at.expect(line('ERROR'));
    await at.command('AT+CFUN?', line('+CFUN: 1') + OK);
  });
  fault('nul-at-boot', async () => {
    const sim = createSim({ faults: ['nul-at-boot'] });
    const at = new Terminal(await sim.transport.open());
    await at.command('ATE0', `\0ATE0\r${OK}`);
    sim.restart();
    await at.expect(`\0${line('+SYSSTART')}`);
  });
  fault('no-s-registers', async () => {
    const { at } = await open('no-s-registers');
    await at.command('ATS10=5S10?', line('ERROR'));
  });
  fault('prompt-without-space', async () => {
    const { at } = await dialled('prompt-without-space');
    await at.command('AT+SQNSSENDEXT=1,1', '\r\n>');
    at.write('x');
    await at.expect(OK);
  });
  fault('prompt-without-crlf', async () => {
    const { at } = await dialled('prompt-without-crlf');
    await at.command('AT+SQNSSENDEXT=1,1', '> ');
    at.write('x');
    await at.expect(OK);
  });
  fault('payload-echo', async () => {
    const { at } = await dialled('payload-echo');
    await at.command('ATE1', OK);
    await at.command('AT+SQNSSENDEXT=1,3', `AT+SQNSSENDEXT=1,3\r${PROMPT}`);
    at.write('xyz');
    await at.expect(`xyz${OK}`);
  });
});

describe('an unsolicited line', () => {
  const URC = line('+CEREG: 1');
  fault('urc-before-echo', async () => {
    const { at } = await open('urc-before-echo');
    await at.command('ATE1', OK);
    await at.command('AT', `${URC}AT\r${OK}`);
  });
  fault('urc-before-reply', async () => {
    const { at } = await waiting('urc-before-reply');
    await at.command('AT+CFUN?', line('+SQNSRING: 1,8') + line('+CFUN: 1') + OK);
  });
  fault('urc-between-lines', async () => {
    const { at } = await open('urc-between-lines');
    await at.command('AT+CFUN?;+CMEE?', line('+CFUN: 1') + URC + line('+CMEE: 1') + OK);
  });
  fault('urc-before-result', async () => {
    const { at } = await waiting('urc-before-result');
    const data = '\r\n+SQNSRECV: 1,3\r\nabc\r\n';
    await at.command('AT+SQNSRECV=1,1500', data + line('+SQNSRING: 1,5') + OK);
  });
  fault('urc-before-prompt', async () => {
    const { at } = await dialled('urc-before-prompt');
    await at.command('AT+SQNSSENDEXT=1,1', URC + PROMPT);
    at.write('x');
    await at.expect(OK);
  });
  fault('urc-after-prompt', async () => {
    const { at } = await dialled('urc-after-prompt');
    await at.command('AT+SQNSSENDEXT=1,1', PROMPT + URC);
    at.write('x');
    await at.expect(OK);
  });
  fault('urc-after-payload', async () => {
    const { at } = await dialled('urc-after-payload');
    await at.command('AT+SQNSSENDEXT=1,1', PROMPT);
    at.write('x');
    await at.expect(URC + OK);
  });
  fault('unsolicited-cme-171', async () => {
    const { at } = await dialled('unsolicited-cme-171');
    await at.command('AT+SQNSH=1', OK + error(171));
    await at.command('AT+SQNSH=1', OK);
  });
});

describe('rings', () => {
  fault('ring-when-empty', async () => {
    const { at, peer, port } = await dialled('ring-when-empty');
    for (const text of ['abc', 'defgh']) peer.send(text, port);
    await at.expect(line('+SQNSRING: 1,3'));
    await at.command('AT+SQNSI=1', line('+SQNSI: 1,0,8,8,0') + OK);
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,3\r\nabc\r\n${OK}`);
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,5\r\ndefgh\r\n${OK}`);
    peer.send('i', port);
    await at.expect(line('+SQNSRING: 1,1'));
  });
  fault('ring-total', async () => {
    const { at, peer, port } = await dialled('ring-total');
    for (const text of ['abc', 'defgh']) peer.send(text, port);
    await at.expect(line('+SQNSRING: 1,3') + line('+SQNSRING: 1,8'));
  });
  fault('lost-ring', async () => {
    const { at, sim, peer, port } = await dialled('lost-ring');
    const before = sim.bytes.toHost;
    let polled = 0;
    for (let n = 0; n < 200; n++) peer.send('x', port);
    for (let received = 0; received < 200; ) {
      at.write('AT+SQNSI=1\r');
      const [reply, count] = await at.match(/\r\n\+SQNSI: 1,0,(\d+),\d+,0\r\n\r\nOK\r\n/);
      polled += reply.length;
      received = Number(count);
    }
    // Everything else that was said is rings.
    const rings = (sim.bytes.toHost - before - polled) / line('+SQNSRING: 1,1').length;
    expect(rings, 'seed 1').toBeGreaterThan(120);
    expect(rings, 'seed 1').toBeLessThan(180);
  });
});

describe('receiving', () => {
  fault('recv-empty-error', async () => {
    const { at } = await dialled('recv-empty-error');
    await at.command('AT+SQNSRECV=1,1500', STATE);
  });
  fault('recv-concatenates', async () => {
    const { at } = await waiting('recv-concatenates');
    await at.command('AT+SQNSRECV=1,6', `\r\n+SQNSRECV: 1,6\r\nabcdef\r\n${OK}`);
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,2\r\ngh\r\n${OK}`);
  });
  fault('recv-truncates', async () => {
    const { at } = await waiting('recv-truncates');
    await at.command('AT+SQNSRECV=1,2', `\r\n+SQNSRECV: 1,2\r\nab\r\n${OK}`);
    await at.command('AT+SQNSI=1', line('+SQNSI: 1,0,8,5,0') + OK);
  });
  fault('recv-without-address', async () => {
    const { at } = await waiting('recv-without-address', ',1');
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,3\r\nabc\r\n${OK}`);
  });
  fault('recv-unquoted-address', async () => {
    const { at, peer } = await waiting('recv-unquoted-address', ',1');
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,3,127.0.0.1,${peer.port}\r\nabc\r\n${OK}`);
  });
  fault('recv-hex-counts-characters', async () => {
    const { at, sim } = await open('recv-hex-counts-characters');
    const peer = await Peer.open();
    await at.command('AT+SQNSCFGEXT=1,1,1,0', OK);
    await at.command(`AT+SQNSD=1,1,${peer.port},"127.0.0.1",0,0,1;+SQNSSENDEXT=1,1`, PROMPT);
    at.write('x');
    await at.expect(OK);
    peer.send('abc', (await peer.next()).from.port);
    await at.expect(line('+SQNSRING: 1,3'));
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,6\r\n616263\r\n${OK}`);
    await sim.close();
  });
  const OCTETS = '0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1';
  fault('ipv6-dotted', async () => {
    const { at, peer } = await waiting('ipv6-dotted', ',1', '::1');
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,3,"${OCTETS}",${peer.port}\r\nabc\r\n${OK}`);
    at.write('AT+SQNSS\r');
    await at.match(new RegExp(`\\+SQNSS: 1,3,"32\\.1\\.13\\.[\\d.]+",\\d+,"${OCTETS}",${peer.port},1\\r\\n`));
  });
  fault('ipv6-bracketed', async () => {
    const { at, peer } = await waiting('ipv6-bracketed', ',1', '::1');
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,3,"[::1]",${peer.port}\r\nabc\r\n${OK}`);
  });
  fault('small-receive-buffer', async () => {
    const { at, peer, port } = await dialled('small-receive-buffer');
    for (const size of [1500, 1500, 1]) peer.send('x'.repeat(size), port);
    await at.expect(line('+SQNSRING: 1,1500') + line('+SQNSRING: 1,1500'));
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,1500\r\n${'x'.repeat(1500)}\r\n${OK}`);
    peer.send('y', port);
    await at.expect(line('+SQNSRING: 1,1'));
  });
});

describe('sending', () => {
  fault('first-prompt-refused', async () => {
    const { at, peer } = await dialled('first-prompt-refused');
    await at.command('AT+SQNSSENDEXT=1,1', STATE);
    await at.command('AT+SQNSSENDEXT=1,1', PROMPT);
    at.write('x');
    await at.expect(OK);
    expect((await peer.next()).text).toBe('x');
  });
  fault('send-buffer-full', async () => {
    const { at } = await dialled('send-buffer-full');
    const results: string[] = [];
    for (let n = 0; n < 60; n++) {
      at.write('AT+SQNSSENDEXT=1,1\r');
      const [, result = ''] = await at.match(/^\r\n(> |\+CME ERROR: 4\r\n)/);
      results.push(result);
      if (result !== '> ') continue;
      at.write('x');
      await at.expect(OK);
    }
    const refused = results.filter(result => result !== '> ').length;
    expect(refused, 'seed 1').toBeGreaterThan(10);
    expect(refused, 'seed 1').toBeLessThan(30);
  });
  fault('send-splits', async () => {
    const { at, peer } = await dialled('send-splits');
    await at.command('AT+SQNSSENDEXT=1,3001', PROMPT);
    at.write('x'.repeat(3001));
    await at.expect(OK);
    const sizes = [await peer.next(), await peer.next(), await peer.next()].map(({ text }) => text.length);
    expect(sizes).toEqual([1500, 1500, 1]);
  });
  fault('sendext-quoted-address', async () => {
    const { at } = await dialled('sendext-quoted-address', ',2');
    await at.command('AT+SQNSSENDEXT=1,1,0,127.0.0.1,9', error(50));
    await at.command('AT+SQNSSENDEXT=1,1,0,"127.0.0.1",9', PROMPT);
  });
  fault('sendext-bare-address', async () => {
    const { at } = await dialled('sendext-bare-address', ',2');
    await at.command('AT+SQNSSENDEXT=1,1,0,"127.0.0.1",9', error(50));
    await at.command('AT+SQNSSENDEXT=1,1,0,127.0.0.1,9', PROMPT);
  });
});

describe('opening and closing', () => {
  fault('first-dial-fails', async () => {
    const { at } = await open('first-dial-fails');
    await at.command('AT+SQNSD=1,1,9,"127.0.0.1",0,0,1', line('NO CARRIER'));
    await at.command('AT+SQNSD=1,1,9,"127.0.0.1",0,0,1', OK);
  });
  fault('no-shared-local-port', async () => {
    const { at, port } = await dialled('no-shared-local-port');
    await at.command(`AT+SQNSD=2,1,9,"127.0.0.1",0,${port},1`, STATE);
    await at.command('AT+SQNSD=2,1,9,"127.0.0.1",0,0,1', OK);
  });
  fault('close-echoed', async () => {
    const { at } = await dialled('close-echoed');
    await at.command('AT+SQNSH=1', line('+SQNSH: 1') + OK);
    await at.command('AT+SQNSH=1', OK);
  });
  fault('close-closed-error', async () => {
    const { at } = await dialled('close-closed-error');
    await at.command('AT+SQNSH=1', OK);
    await at.command('AT+SQNSH=1', STATE);
  });
  fault('close-drops-data', async () => {
    const { at } = await waiting('close-drops-data');
    await at.command('AT+CFUN=4', line('+SQNSH: 1') + OK);
    await at.command('AT+SQNSRECV=1,1500', STATE);
  });
  fault('close-unannounced', async () => {
    const { at, sim } = await dialled('close-unannounced');
    await at.command('AT+CFUN=4', OK);
    expect(sim.connectionsOpen).toBe(0);
    await at.quiet();
  });
  fault('listener-returns', async () => {
    const { at, sim } = await open('listener-returns');
    const [peer, free] = [await Peer.open(), await Peer.open()];
    const { port } = free;
    free.socket.close();
    await at.command(`AT+SQNSLUDP=1,1,${port}`, OK);
    peer.send('one', port);
    await at.expect(line('+SQNSRING: 1'));
    await at.command('AT+SQNSA=1,1', OK + line('+SQNSRING: 1'));
    await at.command('AT+SQNSH=1', OK);
    at.write('AT+SQNSS\r');
    await at.expect(line(`+SQNSS: 1,4,"100.64.0.1",${port},"0.0.0.0",0,1`));
    await at.match(/OK\r\n/);
    await at.command(`AT+SQNSLUDP=1,0,${port}`, OK);
    expect(sim.connectionsOpen).toBe(0);
  });
  fault('no-sqnsi', async () => {
    const { at } = await dialled('no-sqnsi');
    await at.command('AT+SQNSI=1', line('ERROR'));
  });
});

describe('settings and network', () => {
  fault('nvram-ring-data', async () => {
    const { at } = await open('nvram-ring-data');
    at.write('AT+SQNSCFGEXT?\r');
    await at.expect([1, 2, 3, 4, 5, 6].map(id => line(`+SQNSCFGEXT: ${id},2,0,0,0,0`)).join('') + OK);
  });
  fault('nvram-lost', async () => {
    const { at, sim } = await open('nvram-lost');
    await at.command('AT+SQNSCFGEXT=1,1,0,0', OK);
    sim.restart();
    await at.expect(line('+SYSSTART'));
    await at.command('AT+CMEE?', `AT+CMEE?\r${line('+CMEE: 0')}${OK}`);
  });
  fault('random-restart', async () => {
    const { at, sim } = await open('random-restart', { seed: 5 });
    let boots = 0;
    for (let n = 0; n < 500; n++) {
      at.write('AT\r');
      const [, result] = await at.match(/\r\n(OK|\+SYSSTART)\r\n/);
      if (result === '+SYSSTART') boots++;
    }
    expect(boots, 'seed 5').toBeGreaterThan(0);
    expect(boots, 'seed 5').toBeLessThan(20);
    expect(sim.connectionsOpen).toBe(0);
  });
  fault('internet-on-cid-3', async () => {
    const { at } = await open('internet-on-cid-3', { pdp: 'ip' });
    await at.command('AT+CGPADDR', line('+CGPADDR: 3,"100.64.0.3"') + OK);
    await at.command('AT+CGPADDR=1', error(50));
    await at.command('AT+SQNSD=1,1,9,"127.0.0.1",0,0,1', OK);
    await at.command('AT+SQNSCFG=2,1,0,0,600,50;+SQNSD=2,1,9,"127.0.0.1",0,0,1', STATE);
  });
  fault('no-dns64', async () => {
    const { at } = await open('no-dns64', { host: { 'four.test': '192.0.2.4' }, nat64: '64:ff9b::/96' });
    const prefix = ['64:ff9b::c000:aa', '64:ff9b::c000:ab'].map(address => `,"${address}"`).join('');
    await at.command('AT+SQNDNSLKUP="ipv4only.arpa",1', line(`+SQNDNSLKUP: "ipv4only.arpa"${prefix}`) + OK);
    await at.command('AT+SQNDNSLKUP="four.test",1', line('ERROR'));
  });
  fault('cgpaddr-colon', async () => {
    const { at } = await open('cgpaddr-colon', { pdp: 'ipv6' });
    await at.command('AT+CGPADDR=1', line('+CGPADDR: 1,"2001:db8:0:1:0:0:0:1"') + OK);
  });
  const host = { 'a.test': ['127.0.0.1', '127.0.0.2'] };
  fault('dns-unquoted', async () => {
    const { at } = await open('dns-unquoted', { host });
    await at.command('AT+SQNDNSLKUP="a.test"', line('+SQNDNSLKUP: a.test,127.0.0.1,127.0.0.2') + OK);
  });
  fault('dns-line-per-address', async () => {
    const { at } = await open('dns-line-per-address', { host });
    const lines = host['a.test'].map(address => line(`+SQNDNSLKUP: "a.test","${address}"`));
    await at.command('AT+SQNDNSLKUP="a.test"', lines.join('') + OK);
  });
});

describe('TCP', () => {
  for (const [name, test] of Object.entries(tcpSwitches)) fault(name as keyof typeof tcpSwitches, test);
  it.each(Object.entries(sharedSwitches))('%s', (_, test) => test());
});

describe('short messages', () => {
  for (const [name, test] of Object.entries(smsSwitches)) fault(name as keyof typeof smsSwitches, test);
});

it('every switch is tested', () => {
  expect([...tested].sort()).toEqual(Object.keys(simFaultsOf('sequans')).sort());
});
