/** UDP of an EC25: clients, payload forms, datagram borders, servers with a pseudo connection for each sender. */
import { describe, expect, it } from 'vitest';
import { freePort } from '../tcp-peer.ts';
import { line, OK, openTerminal, Peer } from '../terminal.ts';
import {
  ERROR,
  openClient,
  openQuectel,
  openServer,
  PROMPT,
  read,
  send,
  udpClient,
  udpServer,
  urc,
} from './scene.ts';

const EVERY_BYTE = Array.from({ length: 1024 }, (_, index) => String.fromCharCode(index % 256)).join('');

describe.each([
  ['127.0.0.1', '100.64.0.1'],
  ['::1', '2001:db8:0:1::1'],
] as const)('a client over %s', (loopback, own) => {
  it('opens, sends, tells of data, reads, is listed and closes', async () => {
    const { at, sim, peer, port } = await udpClient({}, loopback);
    expect(sim.connectionsOpen).toBe(1);
    const ends = `"${loopback}",${peer.port},"${own}",${port}`;
    await at.command('AT+QFWDCLIENT?', line(`+QFWDCLIENT: 100,"Active","udp",${ends},"usbat"`) + OK);
    peer.send('abc', port);
    await at.expect(urc('client/read', 100));
    // Nothing more is said while something waits.
    peer.send('defgh', port);
    while (!(await received(at, 8))) await new Promise(setImmediate);
    await at.command('AT+QFWDACK=100', line('+QFWDACK: 100,0,10240,10240,8,10232,10240') + OK);
    await read(at, 100, 'abc');
    await read(at, 100, 'defgh');
    await read(at, 100, '');
    peer.send('i', port);
    await at.expect(urc('client/read', 100));
    await at.command('AT+QFWDSCLOSE=100', OK);
    await at.command('AT+QFWDRECV=100,1024', ERROR);
    await at.command('AT+QFWDSEND=100,0,1', ERROR);
    await at.command('AT+QFWDSCLOSE=100', ERROR);
    expect(sim.connectionsOpen).toBe(0);
  });

  it('carries every byte value in a fixed length, in HEX, and back', async () => {
    const { at, peer, port } = await udpClient({}, loopback);
    await send(at, 100, EVERY_BYTE);
    expect((await peer.next()).text).toBe(EVERY_BYTE);
    const hex = Buffer.from(EVERY_BYTE, 'latin1').toString('hex');
    for (const [command, end] of [
      ['AT+QFWDSEND=100,1', '\x1a'],
      ['AT+QFWDSEND=100,1,', '\x1a'],
      ['AT+QFWDSEND=100,1,1024', ''],
    ] as const) {
      await at.command(command, PROMPT);
      at.write(hex.toUpperCase() + end);
      await at.expect(line('+QFWDSEND: 100,1024') + OK);
      expect((await peer.next()).text).toBe(EVERY_BYTE);
    }
    peer.send(EVERY_BYTE, port);
    await at.expect(urc('client/read', 100));
    await read(at, 100, EVERY_BYTE);
  });
});

/** Has the module this many unread bytes on 100? */
async function received(at: Awaited<ReturnType<typeof udpClient>>['at'], bytes: number): Promise<boolean> {
  at.write('AT+QFWDACK=100\r');
  const [, used] = await at.match(/\r\n\+QFWDACK: 100,0,\d+,\d+,(\d+),\d+,\d+\r\n\r\nOK\r\n/);
  return Number(used) === bytes;
}

describe('a payload', () => {
  it('of variable length ends with Ctrl-Z, is edited by backspace, is cancelled by ESC', async () => {
    const { at, peer } = await udpClient();
    await at.command('AT+QFWDSEND=100,0', PROMPT);
    at.write('AT\r\nOx\bK\r\n\x1a');
    await at.expect(line('+QFWDSEND: 100,8') + OK);
    expect((await peer.next()).text).toBe('AT\r\nOK\r\n');
    await at.command('AT+QFWDSEND=100,0', PROMPT);
    at.write('nothing\x1b');
    await at.expect(OK);
    await at.command('AT+QFWDSEND=100,1', PROMPT);
    at.write('31\x1b');
    await at.expect(OK);
    await at.command('AT+QFWDSEND=100,0', PROMPT);
    at.write('\x1a');
    await at.expect(line('+QFWDSEND: 100,0') + OK);
    expect(peer.heard).toEqual([]);
  });

  it('that is too long is swallowed and refused, as is wrong HEX', async () => {
    const { at, peer } = await udpClient();
    for (const [format, payload] of [
      [0, 'x'.repeat(1025)],
      [1, '00'.repeat(1025)],
      [1, '313'],
      [1, '3g'],
      [1, '31\r\n'],
    ]) {
      await at.command(`AT+QFWDSEND=100,${format}`, PROMPT);
      at.write(`${payload}AT+CFUN=0\r\x1a`);
      await at.expect(ERROR);
    }
    await at.command('AT+QFWDSEND=100,1,2', PROMPT);
    at.write('31g1');
    await at.expect(ERROR);
    await at.command('AT+CFUN?', line('+CFUN: 1') + OK);
    expect(peer.heard).toEqual([]);
  });

  it('is not interrupted: URCs wait for its end; behind it the line is free', async () => {
    const { at, peer, port, sim } = await udpClient();
    await at.command('AT+QFWDSEND=100,0,6', PROMPT);
    at.write('\x1a\x1b');
    peer.send('abc', port);
    await new Promise(setImmediate);
    sim.urc('+CEREG: 5');
    await new Promise(resolve => peer.socket.send('', port, '127.0.0.1', resolve));
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    at.write('\r\nAT\x1aAT\r');
    await at.match(
      /^(\r\n\+CEREG: 5\r\n|\r\n\+QFWDURC: "client\/read",100\r\n){2}\r\n\+QFWDSEND: 100,6\r\n\r\nOK\r\n\r\nOK\r\n/,
    );
    expect((await peer.next()).text).toBe('\x1a\x1b\r\nAT');
  });
});

describe('datagrams', () => {
  it('keep their borders; the rest of a long one comes with the next read', async () => {
    const { at, peer, port } = await udpClient();
    peer.send('x'.repeat(1500), port);
    await at.expect(urc('client/read', 100));
    peer.send('yz', port);
    while (!(await received(at, 1502))) await new Promise(setImmediate);
    await read(at, 100, 'x'.repeat(1024));
    await read(at, 100, 'x'.repeat(476));
    await read(at, 100, 'y', 1);
    await read(at, 100, 'z', 1);
  });

  it('wait outside when the buffer is full, and none is lost', async () => {
    const { at, peer, port } = await udpClient({ recvMax: 2048 });
    const texts = Array.from({ length: 12 }, (_, index) => String(index).padStart(1000, '.'));
    for (const text of texts) peer.send(text, port);
    await at.expect(urc('client/read', 100));
    while (!(await received(at, 2000))) await new Promise(setImmediate);
    for (const text of texts) await read(at, 100, text);
    await read(at, 100, '');
  });

  it('that are empty are not told of', async () => {
    const { at, peer, port } = await udpClient();
    peer.send('', port);
    peer.send('a', port);
    await at.expect(urc('client/read', 100));
    await read(at, 100, 'a');
    await read(at, 100, '');
  });

  it('of strangers are not heard', async () => {
    const { at, peer, port } = await udpClient();
    (await Peer.open()).send('stranger', port);
    peer.send('peer', port);
    await at.expect(urc('client/read', 100));
    await read(at, 100, 'peer');
    await read(at, 100, '');
  });
});

describe('a server', () => {
  it('has a pseudo connection for each sender, with an id of its own choice', async () => {
    const { at, peer, port, sim } = await udpServer();
    const second = await Peer.open();
    await at.command('AT+QFWDSEVER?', line(`+QFWDSEVER: 100,"udp",${port},"usbat"`) + OK);
    peer.send('one', port);
    const from = (who: Peer): string => `"127.0.0.1",${who.port},"0.0.0.0",${port}`;
    await at.expect(urc('client/incoming', 100, 1, from(peer)) + urc('client/read', 1));
    second.send('two', port);
    await at.expect(urc('client/incoming', 100, 2, from(second)) + urc('client/read', 2));
    await read(at, 2, 'two');
    await read(at, 1, 'one');
    peer.send('three', port);
    await at.expect(urc('client/read', 1));
    await read(at, 1, 'three');
    await send(at, 1, 'answer');
    const answer = await peer.next();
    expect([answer.text, answer.from.port]).toEqual(['answer', port]);
    await send(at, 2, 'other');
    expect((await second.next()).text).toBe('other');
    const list = [line(`+QFWDSSSTATE: 1,1,${from(peer)}`), line(`+QFWDSSSTATE: 2,2,${from(second)}`)];
    await at.command('AT+QFWDSSSTATE=100', list.join('') + OK);
    await at.command('AT+QFWDSCLOSE=1', OK);
    await at.command('AT+QFWDSSSTATE=100', line(`+QFWDSSSTATE: 1,2,${from(second)}`) + OK);
    // The next of the same sender is a new connection.
    peer.send('again', port);
    await at.expect(urc('client/incoming', 100, 1, from(peer)) + urc('client/read', 1));
    expect(sim.connectionsOpen).toBe(3);
    // Nothing is read from and sent by a server itself.
    await at.command('AT+QFWDRECV=100,1024', ERROR);
    await at.command('AT+QFWDSEND=100,0,1', ERROR);
  });

  it('leaves its pseudo connections behind, and its port to the next', async () => {
    const { at, peer, port } = await udpServer();
    peer.send('one', port);
    await at.match(/"client\/read",1\r\n/);
    await at.command('AT+QFWDSCLOSE=100', OK);
    await at.command('AT+QFWDSSSTATE=100', ERROR);
    await openServer(at, 101, 'udp', { port });
    await at.command('AT+QFWDSSSTATE=101', OK);
    await send(at, 1, 'still there');
    expect((await peer.next()).text).toBe('still there');
    peer.send('to the old one', port);
    await at.command('AT', OK);
    await read(at, 1, 'one');
    while (peer.heard.length > 0) peer.heard.pop();
    (await Peer.open()).send('to the new one', port);
    await at.match(/"client\/incoming",101,2,/);
  });

  it('tells both ends of a connection between two of its own sockets', async () => {
    const { at, port } = await udpServer();
    await openClient(at, 101, 'udp', { port, address: '100.64.0.1' });
    await at.expect(urc('client/open', 101, 0));
    await send(at, 101, 'ping');
    await at.match(/"client\/incoming",100,1,.*\r\n\r\n\+QFWDURC: "client\/read",1\r\n/);
    await read(at, 1, 'ping');
    await send(at, 1, 'pong');
    await at.expect(urc('client/read', 101));
    await read(at, 101, 'pong');
  });

  it('of IPv6', async () => {
    const { at } = await openQuectel();
    const [port, peer] = [await freePort('::1'), await Peer.open('::1')];
    await openServer(at, 7, 'udp', { port, family: 'IPV6' });
    peer.send('six', port);
    await at.expect(urc('client/incoming', 7, 1, `"::1",${peer.port},"::",${port}`) + urc('client/read', 1));
    await send(at, 1, 'back');
    expect((await peer.next()).text).toBe('back');
  });
});

describe('an open fails', () => {
  it.each([
    ['an unknown name', '1,7,"IP","udp","nowhere.test",9'],
    ['an .invalid name', '1,7,"IP","udp","x.invalid",9'],
    ['a name of the other family only', '1,7,"IP","udp","six.test",9'],
    ['an address of the other family', '1,7,"IP","udp","::1",9'],
    ['a context that is not active', '2,7,"IP","udp","127.0.0.1",9'],
  ])('for %s', async (_, rest) => {
    const { at, sim } = await openQuectel({ host: { 'six.test': '::1' } });
    await at.command(`AT+QFWDCLIENT=${rest}`, OK);
    await at.expect(urc('client/open', 7, 1));
    expect(sim.connectionsOpen).toBe(0);
    await at.command('AT+QFWDSCLOSE=7', ERROR);
    await at.command('AT+QFWDCLIENT=0,7,"IPV6","udp","six.test",9', OK);
    await at.expect(urc('client/open', 7, 0));
  });

  it('without a network or an address of the family', async () => {
    const { at } = await openTerminal({ commandSet: 'quectel-qfwd', pdp: 'ip' });
    await at.command('AT+QFWDCLIENT=1,7,"IPV6","udp","::1",9', OK);
    await at.expect(line('+QFWDURC: "client/open",7,1'));
    await at.command('AT+CFUN=4', OK);
    await at.command('AT+QFWDCLIENT=0,7,"IP","udp","127.0.0.1",9', OK);
    await at.expect(line('+QFWDURC: "client/open",7,1'));
  });

  it('for a port that another server has', async () => {
    const { at, port } = await udpServer();
    await at.command(`AT+QFWDSEVER=1,101,"IP","udp",${port},5`, OK);
    await at.expect(urc('server/open', 101, 1));
    const foreign = await Peer.open();
    await at.command(`AT+QFWDSEVER=1,101,"IP","udp",${foreign.port},5`, OK);
    await at.expect(urc('server/open', 101, 1));
  });

  it('when the table is full, at once; a sender that finds no place is not heard', async () => {
    const { at, sim, peer, port } = await udpServer({ connections: 2 });
    await openClient(at, 101, 'udp', { port: 9 });
    await at.expect(urc('client/open', 101, 0));
    await at.command('AT+QFWDCLIENT=1,102,"IP","udp","127.0.0.1",9', ERROR);
    peer.send('no place', port);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    await at.quiet();
    expect(sim.connectionsOpen).toBe(2);
  });
});
