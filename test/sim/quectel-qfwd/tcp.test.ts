/** TCP of an EC25: clients, endings, flow control, servers whose peers are accepted by themselves. */
import { describe, expect, it, vi } from 'vitest';
import { freePort, TcpEnd, TcpService } from '../tcp-peer.ts';
import { line, OK } from '../terminal.ts';
import {
  ERROR,
  joined,
  openClient,
  openQuectel,
  openServer,
  PROMPT,
  read,
  send,
  tcpClient,
  tcpServer,
  udpServer,
  urc,
} from './scene.ts';

const turns = async (count = 50): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

describe('a client', () => {
  it('connects by name, sends and reads a stream', async () => {
    const service = await TcpService.open('::1');
    const { at, sim } = await openQuectel({ host: { 'both.test': ['127.0.0.1', '::1'] } });
    await at.command(`AT+QFWDCLIENT=0,100,"IPV6","tcp","both.test",${service.port}`, OK);
    await at.expect(urc('client/open', 100, 0));
    const peer = await service.caller();
    await send(at, 100, 'GET /\r\n');
    expect(await peer.text(7)).toBe('GET /\r\n');
    peer.socket.write('abcdef');
    await at.expect(urc('client/read', 100));
    await read(at, 100, 'abcd', 4);
    await read(at, 100, 'ef');
    await read(at, 100, '');
    await at.command('AT+QFWDSCLOSE=100', OK);
    expect(await peer.ended()).toBe('end');
    expect(sim.connectionsOpen).toBe(0);
    await at.quiet();
  });

  it('fails where nobody listens', async () => {
    const { at, sim } = await openQuectel();
    await openClient(at, 100, 'tcp', { port: await freePort() });
    await at.expect(urc('client/open', 100, 1));
    expect(sim.connectionsOpen).toBe(0);
  });

  it('that nobody answers is in use, cannot send, and is closed without a word', async () => {
    const { at, sim } = await openQuectel();
    await openClient(at, 100, 'tcp', { port: 80, address: '192.0.2.1' });
    await turns();
    expect(sim.connectionsOpen).toBe(1);
    await at.command('AT+QFWDSEND=100,0,1', ERROR);
    await at.command('AT+QFWDRECV=100,1', ERROR);
    await at.command('AT+QFWDCLIENT?', OK);
    await at.command('AT+QFWDCLIENT=1,100,"IP","tcp","127.0.0.1",80', ERROR);
    await at.command('AT+QFWDSCLOSE=100', OK);
    await turns();
    expect(sim.connectionsOpen).toBe(0);
    await at.quiet();
  });

  it('whose peer ends or resets it is closed; what came before can be read, then the id is free', async () => {
    for (const end of ['end', 'resetAndDestroy'] as const) {
      const { at, sim, peer } = await tcpClient();
      peer.socket.write('last words');
      await at.expect(urc('client/read', 100));
      peer.socket[end]();
      await at.expect(urc('client/close', 100));
      expect(sim.connectionsOpen).toBe(0);
      await at.command('AT+QFWDCLIENT?', OK);
      await at.command('AT+QFWDSEND=100,0,1', ERROR);
      await read(at, 100, 'last', 4);
      await read(at, 100, ' words');
      await at.command('AT+QFWDRECV=100,1', ERROR);
    }
  });

  it('ended with data unread makes room for another of its id', async () => {
    const { at, peer } = await tcpClient();
    peer.socket.end('unread');
    await at.expect(urc('client/read', 100) + urc('client/close', 100));
    await openClient(at, 100, 'udp', { port: 9 });
    await at.expect(urc('client/open', 100, 0));
    await read(at, 100, '');
  });

  it('dies with its PDP context; a server goes without a word', async () => {
    const { at, sim, peer } = await tcpClient();
    await openServer(at, 101, 'tcp', { port: await freePort() });
    await openClient(at, 102, 'tcp', { port: 80, address: '192.0.2.1' });
    await turns();
    at.write('AT+CFUN=4\r');
    await at.expect(urc('client/close', 100));
    await at.match(/^\r\nOK\r\n\r\n\+QFWDURC: "client\/open",102,1\r\n/);
    expect(await peer.ended()).toBe('ECONNRESET');
    expect(sim.connectionsOpen).toBe(0);
  });
});

describe('the buffers', () => {
  it('take no more than their room: back-pressure in both directions', async () => {
    const { at, peer } = await tcpClient({ sendMax: 2048, recvMax: 2048 }, false);
    const data = Buffer.alloc(1 << 20, 'abcdefg');
    peer.socket.write(data);
    await at.expect(urc('client/read', 100));
    await at.command('AT+QFWDACK=100', line('+QFWDACK: 100,0,2048,2048,2048,0,2048') + OK);
    // Full is when a send takes less than it was given: all that the kernel has room for has gone before.
    let taken = 0;
    let last = 1024;
    while (last === 1024) {
      await at.command('AT+QFWDSEND=100,0,1024', PROMPT);
      at.stream.write(data.subarray(taken % 7, (taken % 7) + 1024));
      const [, count] = await at.match(/\r\n\+QFWDSEND: 100,(\d+)\r\n\r\nOK\r\n/);
      last = Number(count);
      taken += last;
    }
    peer.read();
    const heard = await peer.hear(taken);
    expect(heard.equals(Buffer.alloc(taken, 'abcdefg'))).toBe(true);
    await turns();
    await at.command('AT+QFWDACK=100', line('+QFWDACK: 100,0,2048,2048,2048,0,2048') + OK);
  });

  it('1 MiB comes in whole, read until nothing is left', async () => {
    const { at, peer } = await tcpClient();
    const data = Buffer.from(Array.from({ length: 1 << 20 }, (_, index) => (index * 7 + (index >> 8)) & 255));
    peer.socket.end(data);
    const pieces: Buffer[] = [];
    for (let length = 0; length < data.length; ) {
      at.write('AT+QFWDRECV=100,1024\r');
      const [, count] = await at.match(/\r\n\+QFWDRECV: 100,(\d+)\r\n/);
      const piece = await at.take(Number(count));
      pieces.push(piece);
      length += piece.length;
      await at.match(/\r\nOK\r\n/);
    }
    expect(Buffer.concat(pieces).equals(data)).toBe(true);
  });
});

describe('a server', () => {
  it('accepts by itself, lists, and leaves its peers when it closes', async () => {
    const { at, sim, peer, port, id } = await tcpServer();
    expect(id).toBe(1);
    const second = await TcpEnd.call(port);
    expect(await joined(at, 100)).toBe(2);
    second.socket.write('hello');
    await at.expect(urc('client/read', 2));
    await read(at, 2, 'hello');
    await send(at, 2, 'welcome');
    expect(await second.text(7)).toBe('welcome');
    const { localPort: one } = peer.socket;
    const { localPort: two } = second.socket;
    const ends = (from: number | undefined): string => `"127.0.0.1",${from},"0.0.0.0",${port}`;
    const list = [`1,1,${ends(one)}`, `2,2,${ends(two)}`].map(row => line(`+QFWDSSSTATE: ${row}`));
    await at.command('AT+QFWDSSSTATE=100', list.join('') + OK);
    const clients = [1, 2].map(number =>
      line(`+QFWDCLIENT: ${number},"Income","tcp",${ends(number === 1 ? one : two)},"usbat"`),
    );
    await at.command('AT+QFWDCLIENT?', clients.join('') + OK);
    peer.socket.end();
    await at.expect(urc('client/close', 1));
    await at.command('AT+QFWDSSSTATE=100', line(`+QFWDSSSTATE: 1,2,${ends(two)}`) + OK);
    await at.command('AT+QFWDSCLOSE=100', OK);
    await expect(TcpEnd.call(port)).rejects.toThrow(/ECONNREFUSED/);
    second.socket.write('still there');
    await at.expect(urc('client/read', 2));
    await read(at, 2, 'still there');
    expect(sim.connectionsOpen).toBe(1);
  });

  it('gives the smallest free number', async () => {
    const { at } = await openQuectel();
    const port = await freePort();
    await openServer(at, 1, 'tcp', { port });
    await openClient(at, 3, 'udp', { port: 9 });
    await at.expect(urc('client/open', 3, 0));
    for (const id of [2, 4]) {
      await TcpEnd.call(port);
      expect(await joined(at, 1)).toBe(id);
    }
    await at.command('AT+QFWDSCLOSE=2', OK);
    await TcpEnd.call(port);
    expect(await joined(at, 1)).toBe(2);
  });

  it('resets callers when the table is full, and fails for a port in use', async () => {
    const { at, port } = await tcpServer({ connections: 3 });
    await at.command(`AT+QFWDSEVER=1,101,"IP","tcp",${port},5`, OK);
    await at.expect(urc('server/open', 101, 1));
    await openClient(at, 101, 'udp', { port: 9 });
    await at.expect(urc('client/open', 101, 0));
    const refused = TcpEnd.call(port).then(caller => caller.ended());
    expect(await refused.catch((error: NodeJS.ErrnoException) => error.code)).toBe('ECONNRESET');
    const foreign = await TcpService.open();
    await at.command('AT+QFWDSCLOSE=101', OK);
    await at.command(`AT+QFWDSEVER=1,101,"IP","tcp",${foreign.port},5`, OK);
    await at.expect(urc('server/open', 101, 1));
  });

  it('is dialled by a client of the same modem', async () => {
    const { at } = await openQuectel();
    const port = await freePort();
    await openServer(at, 100, 'tcp', { port });
    await openClient(at, 101, 'tcp', { port, address: '100.64.0.1' });
    // Which end hears of it first is a matter of microseconds.
    await at.match(/^(?:\r\n\+QFWDURC: (?:"client\/incoming",100,1,.*|"client\/open",101,0)\r\n){2}/);
    await send(at, 101, 'ping');
    await at.match(/"client\/read",1\r\n/);
    await read(at, 1, 'ping');
  });

  it('closes silent peers after idle_timeout, 60 s by default', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      for (const [tail, seconds] of [
        ['', 60],
        [',5', 5],
      ] as const) {
        const { at, peer, port } = await udpServer({}, tail);
        peer.send('one', port);
        await at.match(/"client\/read",1\r\n/);
        vi.advanceTimersByTime(seconds * 1000 - 1);
        // Reading is no traffic; sending is.
        await read(at, 1, 'one');
        await send(at, 1, 'two');
        vi.advanceTimersByTime(seconds * 1000 - 1);
        await at.quiet();
        vi.advanceTimersByTime(1);
        await at.expect(urc('client/close', 1));
        await at.command('AT+QFWDSSSTATE=100', OK);
      }
    } finally {
      vi.useRealTimers();
    }
  });
});
