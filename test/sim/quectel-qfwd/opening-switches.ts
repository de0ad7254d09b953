/** What the switches do to opening and closing, to servers, and to the port that the line is. */
import { expect, vi } from 'vitest';
import { freePort, TcpEnd } from '../tcp-peer.ts';
import { error, line, OK, Peer } from '../terminal.ts';
import {
  ERROR,
  type Fault,
  holds,
  joined,
  openClient,
  openQuectel,
  openServer,
  read,
  tcpClient,
  tcpServer,
  udpClient,
  udpServer,
  urc,
} from './scene.ts';

const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

export function openingAndClosing(fault: Fault): void {
  fault('urc-before-ok', async options => {
    const { at } = await openQuectel(options);
    await at.command('AT+QFWDCLIENT=1,7,"IP","udp","127.0.0.1",9', urc('client/open', 7, 0) + OK);
    await at.command('AT+QFWDCLIENT=1,8,"IP","udp","x.invalid",9', urc('client/open', 8, 1) + OK);
    const port = await freePort();
    await at.command(`AT+QFWDSEVER=1,8,"IP","tcp",${port},5`, urc('server/open', 8, 0) + OK);
  });
  fault('open-result-566', async options => {
    const { at } = await openQuectel(options);
    await at.command('AT+QFWDCLIENT=1,8,"IP","udp","x.invalid",9', OK);
    await at.expect(urc('client/open', 8, 566));
  });
  fault('id-held-after-failed-open', async options => {
    const { at, sim } = await openQuectel(options);
    await at.command('AT+QFWDCLIENT=1,8,"IP","udp","x.invalid",9', OK);
    await at.expect(urc('client/open', 8, 1));
    expect(sim.connectionsOpen).toBe(1);
    await at.command('AT+QFWDCLIENT=1,8,"IP","udp","127.0.0.1",9', ERROR);
    await at.command('AT+QFWDSEND=8,0,1', ERROR);
    await at.command('AT+QFWDSCLOSE=8', OK);
    await openClient(at, 8, 'udp', { port: 9 });
  });
  fault('close-urc-on-local-close', async options => {
    const { at } = await udpClient(options);
    await at.command('AT+QFWDSCLOSE=100', OK + urc('client/close', 100));
    await openServer(at, 100, 'udp', { port: await freePort() });
    await at.command('AT+QFWDSCLOSE=100', OK);
    await at.quiet();
  });
  fault('id-held-after-remote-close', async options => {
    const { at, sim, peer } = await tcpClient(options);
    peer.socket.end('abc');
    await at.expect(urc('client/read', 100) + urc('client/close', 100));
    await read(at, 100, 'abc');
    await read(at, 100, '');
    await at.command('AT+QFWDCLIENT=1,100,"IP","udp","127.0.0.1",9', ERROR);
    await at.command('AT+QFWDSEND=100,0,1', ERROR);
    expect(sim.connectionsOpen).toBe(1);
    await at.command('AT+QFWDSCLOSE=100', OK);
    expect(sim.connectionsOpen).toBe(0);
  });
  fault('unknown-id-cme-50', async options => {
    const { at } = await openQuectel(options);
    for (const command of ['ACK=7', 'SEND=7,0,1', 'RECV=7,1', 'SSSTATE=7', 'SCLOSE=7', 'CFG="urc",7'])
      await at.command(`AT+QFWD${command}`, error(50));
    await at.command('AT+QFWDACK=0', ERROR);
  });
}

export function servers(fault: Fault): void {
  fault('udp-server-id', async options => {
    const { at, peer, port, sim } = await udpServer(options);
    peer.send('abc', port);
    await at.expect(urc('client/read', 100));
    (await Peer.open()).send('def', port);
    await holds(at, 6);
    await read(at, 100, 'abc');
    await read(at, 100, 'def');
    await at.command('AT+QFWDSEND=100,0,1', ERROR);
    expect(sim.connectionsOpen).toBe(1);
    const stream = await tcpServer(options);
    await stream.at.command('AT+QFWDRECV=100,1', ERROR);
  });
  fault('idle-timeout-off', async options => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { at, peer, port } = await udpServer(options, ',1');
      peer.send('abc', port);
      await at.match(/"client\/read",1\r\n/);
      vi.advanceTimersByTime(3_600_000);
      await read(at, 1, 'abc');
    } finally {
      vi.useRealTimers();
    }
  });
  fault('accept-id-after-server', async options => {
    const { at, port, id } = await tcpServer(options);
    expect(id).toBe(101);
    await TcpEnd.call(port);
    expect(await joined(at, 100)).toBe(102);
    await at.command('AT+QFWDSCLOSE=101', OK);
    await TcpEnd.call(port);
    expect(await joined(at, 100)).toBe(101);
  });
  fault('accept-id-counter', async options => {
    const { at, port, id } = await tcpServer(options);
    expect(id).toBe(1);
    await at.command('AT+QFWDSCLOSE=1', OK);
    await TcpEnd.call(port);
    expect(await joined(at, 100)).toBe(2);
  });
  fault('id-collision', async options => {
    const { at, port, id } = await tcpServer(options);
    expect(id).toBe(101);
    await at.command('AT+QFWDCLIENT=1,101,"IP","udp","127.0.0.1",9', ERROR);
    await openClient(at, 200, 'udp', { port: 9 });
    await at.expect(urc('client/open', 200, 0));
    await TcpEnd.call(port);
    expect(await joined(at, 100)).toBe(201);
  });
  fault('accepted-urcs-on-usbat', async options => {
    const { at, peer, port } = await udpServer(
      { faults: [...(options.faults ?? []), 'port-uart1', 'server-args-table'], connections: 4 },
      ',60,"uart1"',
    );
    peer.send('abc', port);
    expect(await joined(at, 100)).toBe(1);
    await turns();
    await at.command('AT+QFWDCFG="urc",1', line('+QFWDCFG: "urc",1,"usbat"') + OK);
    await at.command('AT+QFWDCFG="urc",1,"uart1"', OK);
    await read(at, 1, 'abc');
    peer.send('def', port);
    await at.expect(urc('client/read', 1));
  });
  fault('direction-lower-case', async options => {
    const { at } = await tcpServer(options);
    await openClient(at, 101, 'udp', { port: 9 });
    await at.expect(urc('client/open', 101, 0));
    at.write('AT+QFWDCLIENT?\r');
    await at.match(/^\r\n\+QFWDCLIENT: 1,"income",.*\r\n\r\n\+QFWDCLIENT: 101,"active",.*\r\n\r\nOK\r\n/);
  });
}

export function linePorts(fault: Fault): void {
  const own = { 'port-uart1': 'uart1', 'port-usbmodem': 'usbmodem' } as const;
  for (const [name, port] of Object.entries(own)) {
    fault(name, async options => {
      const { at } = await openQuectel(options);
      // Without a port the URCs go to usbat, where nobody listens.
      await openClient(at, 7, 'udp', { port: 9 });
      await openClient(at, 8, 'udp', { port: 9 }, `,"${port}"`);
      await at.expect(urc('client/open', 8, 0));
      await at.command('AT+QFWDCFG="urc",7', line('+QFWDCFG: "urc",7,"usbat"') + OK);
      // The ordinary ones follow QURCCFG.
      await at.command('AT+QFWDSCLOSE=7;+QFWDSCLOSE=8;+CEREG=1;+CFUN=4', OK);
      await at.command(`AT+QURCCFG="urcport","${port}";+CFUN=1`, line('+CEREG: 2') + line('+CEREG: 1') + OK);
    });
  }
}
