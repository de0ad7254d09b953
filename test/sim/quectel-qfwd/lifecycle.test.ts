/** Restarts of an EC25, power off, and that nothing is left behind. */
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { freePort, TcpService } from '../tcp-peer.ts';
import { line, OK, Peer, Terminal } from '../terminal.ts';
import {
  ERROR,
  openClient,
  openQuectel,
  openServer,
  PROMPT,
  read,
  send,
  tcpClient,
  udpClient,
  udpServer,
  urc,
} from './scene.ts';

const BOOT = ['RDY', '+CFUN: 1', '+CPIN: READY', '+QIND: SMS DONE', '+QIND: PB DONE'].map(line).join('');

/** Open descriptors of this process, where the system tells. */
const descriptors = (): number => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);

const turns = async (count = 50): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

describe('a restart', () => {
  it('forgets sockets, echo, errors and registration; keeps contexts and the URC port', async () => {
    const { at, sim, peer } = await tcpClient();
    await at.command('AT+CMEE=2;+CEREG=1;+CREG=1;+QURCCFG="urcport","all";+CGDCONT=2,"IP","two"', OK);
    sim.restart();
    await at.expect(BOOT);
    expect(await peer.ended()).toBe('ECONNRESET');
    expect(sim.connectionsOpen).toBe(0);
    await at.command('ATE0', `ATE0\r${OK}`);
    await at.command(
      'AT+CMEE?;+CEREG?;+CREG?',
      line('+CMEE: 1') + line('+CEREG: 0,1') + line('+CREG: 0,1') + OK,
    );
    await at.command('AT+QURCCFG="urcport"', line('+QURCCFG: "urcport","all"') + OK);
    at.write('AT+CGDCONT?\r');
    await at.match(/\+CGDCONT: 2,"IP","two",.*\r\n\r\nOK\r\n/);
  });

  it('in the middle of a payload or an open ends them', async () => {
    const { at, sim } = await udpClient();
    await at.command('AT+QFWDCLIENT=1,101,"IP","tcp","192.0.2.1",80', OK);
    await at.command('AT+QFWDSEND=100,0,5', PROMPT);
    at.write('abc');
    await new Promise(setImmediate);
    sim.restart();
    await at.expect(BOOT);
    await turns();
    await at.command('AT+QFWDCLIENT?', `AT+QFWDCLIENT?\r${OK}`);
  });

  it('right behind the OK of an open leaves nothing of it', async () => {
    const { at, sim, port } = await udpServer();
    for (const command of [
      'AT+QFWDCLIENT=1,101,"IP","udp","127.0.0.1",9',
      `AT+QFWDCLIENT=1,101,"IP","tcp","127.0.0.1",${port}`,
      `AT+QFWDSEVER=1,101,"IP","udp",${port},5`,
    ]) {
      at.write(`${command}\r`);
      await at.match(/\r\nOK\r\n/);
      sim.restart();
      await at.match(/\r\nRDY\r\n(.*\r\n)*\+QIND: PB DONE\r\n$/);
      await turns();
      expect(sim.connectionsOpen).toBe(0);
      await at.command('ATE0', `ATE0\r${OK}`);
    }
  });

  it('is asked for by +CFUN; registration is told after a set of it', async () => {
    const { at } = await openQuectel();
    await at.command(
      'AT+CFUN=4,1',
      OK +
        line('RDY') +
        line('+CFUN: 4') +
        line('+CPIN: READY') +
        line('+QIND: SMS DONE') +
        line('+QIND: PB DONE'),
    );
    await at.command('ATE0', `ATE0\r${OK}`);
    await at.command('AT+CREG=1;+CFUN=1', line('+CREG: 2') + line('+CREG: 1') + OK);
  });

  it('is all that wakes it after QPOWD', async () => {
    const { at, sim } = await openQuectel({ pin: '1234' });
    await at.command('AT+QPOWD=1', OK + line('POWERED DOWN'));
    at.write('AT\r');
    sim.urc('+CEREG: 1');
    await turns(4);
    sim.restart();
    await at.expect(['RDY', '+CFUN: 1', '+CPIN: SIM PIN'].map(line).join(''));
  });

  it('is survived by NVRAM only if that is not lost', async () => {
    const { at, sim } = await openQuectel({ faults: ['nvram-lost'] });
    await at.command('AT+QURCCFG="urcport","uart1"', OK);
    sim.restart();
    await at.expect(BOOT);
    await at.command('ATE0', `ATE0\r${OK}`);
    await at.command('AT+QURCCFG="urcport"', line('+QURCCFG: "urcport","usbat"') + OK);
  });
});

describe('nothing is left', () => {
  it('open sockets keep no process alive', async () => {
    const service = await TcpService.open();
    const [port, other] = [await freePort(), await freePort()];
    const active = (): string[] => process.getActiveResourcesInfo().filter(name => /^(TCP|UDP)/.test(name));
    const { at, sim } = await openQuectel();
    await turns();
    const before = active();
    await openClient(at, 1, 'tcp', service);
    await at.expect(urc('client/open', 1, 0));
    (await service.caller()).socket.unref();
    await openClient(at, 2, 'tcp', { port: 80, address: '192.0.2.1' });
    await openServer(at, 3, 'tcp', { port });
    await openServer(at, 4, 'udp', { port: other });
    await openClient(at, 5, 'udp', { port: 9 });
    await at.expect(urc('client/open', 5, 0));
    await openClient(at, 6, 'tcp', { port: 53, address: '192.0.2.53' });
    await at.expect(urc('client/open', 6, 0));
    expect(sim.connectionsOpen).toBe(6);
    expect(active()).toEqual(before);
    await sim.close();
    expect(sim.connectionsOpen).toBe(0);
  });

  it('3000 opens and closes leave no connection and no descriptor', async () => {
    const service = await TcpService.open();
    const [port, { at, sim }] = [await freePort(), await openQuectel()];
    await at.quiet();
    const before = descriptors();
    for (let n = 0; n < 1000; n++) {
      await openClient(at, 101, 'udp', { port: 9 });
      await at.expect(urc('client/open', 101, 0));
      await openServer(at, 102, n % 2 === 0 ? 'udp' : 'tcp', { port });
      await openClient(at, 103, 'tcp', service);
      await at.expect(urc('client/open', 103, 0));
      for (const id of [101, 102, 103]) await at.command(`AT+QFWDSCLOSE=${id}`, OK);
      (await service.caller()).socket.destroy();
    }
    expect(sim.connectionsOpen).toBe(0);
    await turns(100);
    expect(descriptors()).toBe(before);
  }, 60_000);

  it('of senders that were closed by the host before their socket was there', async () => {
    const { at, sim, peer, port } = await udpServer();
    for (let n = 0; n < 100; n++) {
      peer.send('x', port);
      await at.match(/"client\/read",1\r\n/);
      await at.command('AT+QFWDSCLOSE=1', OK);
    }
    expect(sim.connectionsOpen).toBe(1);
    await at.command('AT+QFWDSCLOSE=100', OK);
    await openServer(at, 100, 'udp', { port });
  });

  it('a second line finds the sockets of the first', async () => {
    const { at, sim, peer, port } = await udpClient();
    const second = new Terminal(await sim.transport.open());
    peer.send('abc', port);
    await second.expect(urc('client/read', 100));
    await read(second, 100, 'abc');
    await send(second, 100, 'x');
    at.stream.destroy();
    await second.command('AT+QFWDSCLOSE=7', ERROR);
  });
});

describe('payloads that look like the line', () => {
  const HOSTILE = [
    '\r\nOK\r\n',
    '\r\nERROR\r\n',
    '\r\n> ',
    '\r\n+QFWDURC: "client/close",100\r\n',
    '\r\n+QFWDRECV: 100,1024\r\n',
    'AT+QFWDSCLOSE=100\r',
    '\x1a',
    '\x1b',
    '\x08\x08',
    '+++',
    '\0\xff\n\r',
  ];

  it('pass both ways, over UDP and TCP, whatever comes between', async () => {
    for (const faults of [[], ['urc-before-reply', 'urc-before-result', 'urc-before-prompt', 'data-echo']]) {
      const [{ at }, peer] = [await openQuectel({ faults }), await Peer.open()];
      at.write(`AT+QFWDCLIENT=1,100,"IP","udp","127.0.0.1",${peer.port}\r`);
      await at.match(/"client\/open",100,0\r\n/);
      for (const payload of HOSTILE) {
        at.write(`AT+QFWDSEND=100,0,${payload.length}\r`);
        await at.match(/\r\n> $/);
        at.write(payload);
        await at.match(/\r\n\+QFWDSEND: 100,\d+\r\n(.*\r\n)*\r\nOK\r\n/);
        const { text, from } = await peer.next();
        expect(text).toBe(payload);
        peer.send(payload, from.port);
        await at.match(/"client\/read",100\r\n/);
        at.write('AT+QFWDRECV=100,1024\r');
        const [, length] = await at.match(/\r\n\+QFWDRECV: 100,(\d+)\r\n/);
        expect((await at.take(Number(length))).toString('latin1')).toBe(payload);
        await at.match(/\r\nOK\r\n/);
      }
    }
    const { at, peer } = await tcpClient();
    const all = HOSTILE.join('');
    await send(at, 100, all);
    expect(await peer.text(all.length)).toBe(all);
    peer.socket.write(Buffer.from(all, 'latin1'));
    await at.expect(urc('client/read', 100));
    await read(at, 100, all);
  });
});
