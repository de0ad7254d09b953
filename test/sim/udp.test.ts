/** UDP between a simulated modem and real loopback sockets, IPv4 and IPv6. */
import { describe, expect, it } from 'vitest';
import { error, line, OK, openTerminal, Peer, type Terminal, within } from './terminal.ts';

const PROMPT = '\r\n> ';
const STATE = error(4);

/** Dials from socket `id`; `tail` is what follows connMode. */
async function dial(at: Terminal, id: number, host: string, port: number, tail = '', localPort = 0) {
  await at.command(`AT+SQNSD=${id},1,${port},"${host}",0,${localPort},1${tail}`, OK);
}

async function send(at: Terminal, id: number, payload: string, tail = '') {
  await at.command(`AT+SQNSSENDEXT=${id},${payload.length}${tail}`, PROMPT);
  at.write(payload);
  await at.expect(OK);
}

async function localPort(at: Terminal, id: number): Promise<number> {
  at.write('AT+SQNSS\r');
  const [, port] = await at.match(new RegExp(`\\r\\n\\+SQNSS: ${id},\\d,"[^"]*",(\\d+)[^]*\\r\\nOK\\r\\n`));
  return Number(port);
}

describe.each([
  ['127.0.0.1', '100.64.0.1'],
  ['::1', '2001:db8:0:1::1'],
] as const)('over %s', (loopback, own) => {
  it('sends, rings, shows counters and states, receives and closes', async () => {
    const peer = await Peer.open(loopback);
    const { at, sim } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=1,1,0,0,0,0', OK);
    await dial(at, 1, loopback, peer.port);
    expect(sim.connectionsOpen).toBe(1);
    await send(at, 1, 'hello');
    const { text, from } = await peer.next();
    expect([text, from.address]).toEqual(['hello', loopback]);
    const row = (state: number): string =>
      [1, 2, 3, 4, 5, 6]
        .map(id => (id === 1 ? `1,${state},"${own}",${from.port},"${loopback}",${peer.port},1` : `${id},0`))
        .map(text => line(`+SQNSS: ${text}`))
        .join('');
    await at.command('AT+SQNSS?', row(2) + OK);
    peer.send('abc', from.port);
    await at.expect(line('+SQNSRING: 1,3'));
    await at.command('AT+SQNSS', row(3) + OK);
    await at.command('AT+SQNSI=1', line('+SQNSI: 1,5,3,3,0') + OK);
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,3\r\nabc\r\n${OK}`);
    await at.command('AT+SQNSRECV=1,1500', line('+SQNSRECV: 1,0') + OK);
    await at.command('AT+SQNSI=1', line('+SQNSI: 1,5,3,0,0') + OK);
    await at.command('AT+SQNSH=1', OK);
    await at.command('AT+SQNSRECV=1,1500', STATE);
    await at.command('AT+SQNSSENDEXT=1,5', STATE);
    await at.command('AT+SQNSI=1', line('+SQNSI: 1,0,0,0,0') + OK);
    expect(sim.connectionsOpen).toBe(0);
  });

  it('carries every byte value and the biggest datagram, raw and in hex', async () => {
    const peer = await Peer.open(loopback);
    const { at } = await openTerminal();
    const bytes = Array.from({ length: 1500 }, (_, index) => String.fromCharCode(index % 256)).join('');
    const hex = Buffer.from(bytes, 'latin1').toString('hex');
    await at.command('AT+SQNSCFGEXT=1,1,0,0,0,0;+SQNSCFGEXT=2,1,1,0,0,1', OK);
    await dial(at, 1, loopback, peer.port);
    await dial(at, 2, loopback, peer.port);
    await send(at, 1, bytes);
    const raw = await peer.next();
    expect(raw.text).toBe(bytes);
    // TinyGSM's NUL behind each pair is skipped.
    await at.command('AT+SQNSSENDEXT=2,1500', PROMPT);
    at.write(hex.replace(/../g, '$&\0'));
    await at.expect(OK);
    const second = await peer.next();
    expect(second.text).toBe(bytes);
    peer.send(bytes, raw.from.port);
    await at.expect(line('+SQNSRING: 1,1500'));
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,1500\r\n${bytes}\r\n${OK}`);
    peer.send(bytes, second.from.port);
    await at.expect(line('+SQNSRING: 2,1500'));
    await at.command('AT+SQNSRECV=2,1500', `\r\n+SQNSRECV: 2,1500\r\n${hex}\r\n${OK}`);
  });
});

describe('payload', () => {
  it('takes the LF of a CR LF as its first byte', async () => {
    const peer = await Peer.open();
    const { at } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=2,1,0,0,0,1', OK);
    await dial(at, 1, '127.0.0.1', peer.port);
    await dial(at, 2, '127.0.0.1', peer.port);
    at.write('AT+SQNSSENDEXT=1,3\r\n');
    await at.expect(PROMPT);
    at.write('ab');
    await at.expect(OK);
    expect((await peer.next()).text).toBe('\nab');
    // TinyGSM PR #530.
    at.write('AT+SQNSSENDEXT=2,3\r\n');
    await at.expect(PROMPT + STATE);
    at.write('AT+SQNSSENDEXT=2,3\n');
    await at.expect(PROMPT);
    at.write('616263');
    await at.expect(OK);
    expect((await peer.next()).text).toBe('abc');
  });

  it('is not interrupted: unsolicited lines wait for its end', async () => {
    const peer = await Peer.open();
    const { at, sim } = await openTerminal();
    await dial(at, 1, '127.0.0.1', peer.port);
    await at.command('AT+SQNSSENDEXT=1,4', PROMPT);
    sim.urc('+CEREG: 5');
    at.write('a\x1a\x1bb');
    await at.expect(line('+CEREG: 5') + OK);
  });

  it('whose socket is closed meanwhile is refused', async () => {
    const { at } = await openTerminal();
    await dial(at, 1, '127.0.0.1', 9);
    at.write('AT+CFUN=4;+SQNSSENDEXT=1,2\r');
    await at.expect(line('+SQNSH: 1') + STATE);
  });
});

describe('rings', () => {
  it('have three forms', async () => {
    const peer = await Peer.open();
    const { at } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=2,1,0,0;+SQNSCFGEXT=3,2,0,0;+SQNSCFGEXT=4,2,1,0', OK);
    for (const [id, ring] of [
      [1, '+SQNSRING: 1'],
      [2, '+SQNSRING: 2,2'],
      [3, '+SQNSRING: 3,2,\r\n'],
      [4, '+SQNSRING: 4,2,0d0a'],
    ] as const) {
      await dial(at, id, '127.0.0.1', peer.port);
      await send(at, id, 'x');
      peer.send('\r\n', (await peer.next()).from.port);
      await at.expect(line(ring));
    }
    // Data in a ring are gone.
    await at.command('AT+SQNSI=3', line('+SQNSI: 3,1,2,0,0') + OK);
  });

  it('come again for each datagram, and one read gives one', async () => {
    const peer = await Peer.open();
    const { at } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=1,1,0,0', OK);
    await dial(at, 1, '127.0.0.1', peer.port);
    const port = await localPort(at, 1);
    peer.send('one', port);
    peer.send('three', port);
    await at.expect(line('+SQNSRING: 1,3') + line('+SQNSRING: 1,5'));
    await at.command('AT+SQNSRECV=1,2', `\r\n+SQNSRECV: 1,2\r\non\r\n${OK}`);
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,1\r\ne\r\n${OK}`);
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,5\r\nthree\r\n${OK}`);
  });

  it('do not come for empty datagrams and those over 1500 bytes', async () => {
    const peer = await Peer.open();
    const { at } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=1,1,0,0', OK);
    await dial(at, 1, '127.0.0.1', peer.port);
    const port = await localPort(at, 1);
    for (const size of [0, 1501, 1500]) peer.send('x'.repeat(size), port);
    await at.expect(line('+SQNSRING: 1,1500'));
  });
});

describe('peers', () => {
  it('acceptAnyRemote 0 hears its peer alone, 1 anybody and shows who, 2 also sends to anybody', async () => {
    const [peer, stranger] = [await Peer.open(), await Peer.open()];
    const { at } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=1,1,0,0;+SQNSCFGEXT=2,1,0,0;+SQNSCFGEXT=3,1,0,0', OK);
    for (const id of [1, 2, 3]) await dial(at, id, '127.0.0.1', peer.port, `,${id - 1}`);
    for (const id of [1, 2, 3]) {
      const port = await localPort(at, id);
      stranger.send('who?', port);
      peer.send('me', port);
      if (id > 1) await at.expect(line(`+SQNSRING: ${id},4`));
      await at.expect(line(`+SQNSRING: ${id},2`));
      const [strange, known] = [stranger.port, peer.port].map(from => (id > 1 ? `,"127.0.0.1",${from}` : ''));
      if (id > 1)
        await at.command(`AT+SQNSRECV=${id},1500`, `\r\n+SQNSRECV: ${id},4${strange}\r\nwho?\r\n${OK}`);
      await at.command(`AT+SQNSRECV=${id},1500`, `\r\n+SQNSRECV: ${id},2${known}\r\nme\r\n${OK}`);
    }
    await at.command(`AT+SQNSSENDEXT=2,2,0,"127.0.0.1",${stranger.port}`, STATE);
    await at.command(`AT+SQNSSENDEXT=3,2,0,"::1",${stranger.port}`, STATE);
    await at.command('AT+SQNSSENDEXT=3,2,0,"localhost",7', error(50));
    await at.command('AT+SQNSSENDEXT=3,2,0,"127.0.0.1"', error(50));
    await send(at, 3, 'you', `,0,"127.0.0.1",${stranger.port}`);
    expect((await stranger.next()).text).toBe('you');
    await send(at, 3, 'bare', `,,127.0.0.1,${stranger.port}`);
    expect((await stranger.next()).text).toBe('bare');
    await send(at, 3, 'peer');
    expect((await peer.next()).text).toBe('peer');
  });

  it('share a local port, each connection with its own; the rest goes to the one for anybody', async () => {
    const [first, second, stranger] = [await Peer.open(), await Peer.open(), await Peer.open()];
    const { at, sim } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=1,1,0,0;+SQNSCFGEXT=2,1,0,0;+SQNSCFGEXT=3,1,0,0', OK);
    await dial(at, 1, '127.0.0.1', first.port, ',1');
    const port = await localPort(at, 1);
    await dial(at, 2, '127.0.0.1', second.port, '', port);
    await dial(at, 3, '127.0.0.1', first.port, '', port);
    // Nobody could tell these from the ones above.
    await at.command(`AT+SQNSD=4,1,${second.port},"127.0.0.1",0,${port},1`, STATE);
    await at.command(`AT+SQNSD=4,1,9,"127.0.0.1",0,${port},1,1`, STATE);
    expect(sim.connectionsOpen).toBe(3);
    second.send('2', port);
    await at.expect(line('+SQNSRING: 2,1'));
    stranger.send('rest', port);
    await at.expect(line('+SQNSRING: 1,4'));
    await at.command('AT+SQNSH=1;+SQNSH=2;+SQNSH=3', OK);
    await dial(at, 4, '127.0.0.1', 9, '', port);
  });

  it('a port that another program has is refused', async () => {
    const other = await Peer.open();
    const { at, sim } = await openTerminal();
    await at.command(`AT+SQNSD=1,1,9,"127.0.0.1",0,${other.port},1`, STATE);
    await at.command(`AT+SQNSLUDP=1,1,${other.port}`, STATE);
    expect(sim.connectionsOpen).toBe(0);
  });

  it('of the same modem hear each other, under loopback and under its own address', async () => {
    const { at } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=1,1,0,0;+SQNSCFGEXT=2,1,0,0', OK);
    await dial(at, 1, '127.0.0.1', 9, ',1');
    const port = await localPort(at, 1);
    await dial(at, 2, '100.64.0.1', port);
    at.write('AT+SQNSSENDEXT=2,2\r');
    await at.expect(PROMPT);
    at.write('hi');
    await at.match(/\+SQNSRING: 1,2\r\n/);
    const back = await localPort(at, 2);
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,2,"127.0.0.1",${back}\r\nhi\r\n${OK}`);
  });
});

describe('a listener', () => {
  it('rings for the first datagram, waits for SQNSA and then hears that peer', async () => {
    const [peer, stranger, free] = [await Peer.open(), await Peer.open(), await Peer.open()];
    const port = free.port;
    free.socket.close();
    const { at, sim } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=1,1,0,0', OK);
    await at.command(`AT+SQNSLUDP=1,1,${port}`, OK);
    at.write('AT+SQNSS\r');
    await at.expect(line(`+SQNSS: 1,4,"100.64.0.1",${port},"0.0.0.0",0,1`));
    await at.match(/OK\r\n/);
    await at.command('AT+SQNSSENDEXT=1,2', STATE);
    peer.send('one', port);
    await at.expect(line('+SQNSRING: 1'));
    at.write('AT+SQNSS\r');
    await at.expect(line(`+SQNSS: 1,5,"100.64.0.1",${port},"127.0.0.1",${peer.port},1`));
    await at.match(/OK\r\n/);
    await at.command('AT+SQNSA=1,1', OK + line('+SQNSRING: 1,3'));
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,3\r\none\r\n${OK}`);
    stranger.send('no', port);
    peer.send('two!', port);
    await at.expect(line('+SQNSRING: 1,4'));
    await send(at, 1, 'back');
    expect((await peer.next()).text).toBe('back');
    await at.command('AT+SQNSH=1', OK);
    expect(sim.connectionsOpen).toBe(0);
    await at.command(`AT+SQNSLUDP=1,2,${port}`, OK);
    await at.command(`AT+SQNSLUDP=1,0,${port}`, OK);
    expect(sim.connectionsOpen).toBe(0);
  });

  it('with listenAutoRsp accepts by itself', async () => {
    const { at } = await openTerminal();
    const [peer, free] = [await Peer.open('::1'), await Peer.open('::1')];
    const port = free.port;
    free.socket.close();
    await at.command('AT+SQNSCFGEXT=6,1,0,0,1,0', OK);
    await at.command(`AT+SQNSLUDP=6,2,${port}`, OK);
    peer.send('one', port);
    await at.expect(line('+SQNSRING: 6,3'));
    await at.command('AT+SQNSRECV=6,1500', `\r\n+SQNSRECV: 6,3\r\none\r\n${OK}`);
  });
});

describe('the map of the world', () => {
  it('shows the foreign address that was dialled, across families too', async () => {
    const [four, six] = [await Peer.open(), await Peer.open('::1')];
    const host = { '192.0.2.7': '::1', '2001:DB8::07': '127.0.0.1', 'echo.test': '192.0.2.7' };
    const { at } = await openTerminal({ host });
    await at.command('AT+SQNSCFGEXT=1,1,0,0;+SQNSCFGEXT=2,1,0,0', OK);
    await at.command('AT+SQNDNSLKUP="echo.test"', line('+SQNDNSLKUP: "echo.test","192.0.2.7"') + OK);
    await dial(at, 1, 'echo.test', six.port, ',2');
    await dial(at, 2, '2001:db8::7', four.port, ',1');
    await send(at, 1, 'x');
    const reached = await six.next();
    expect(reached.from.address).toBe('::1');
    six.send('pong', reached.from.port);
    await at.expect(line('+SQNSRING: 1,4'));
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,4,"192.0.2.7",${six.port}\r\npong\r\n${OK}`);
    // The same connection on both real families, under one port number.
    await send(at, 1, 'y', `,0,"127.0.0.1",${four.port}`);
    const other = await four.next();
    expect([other.from.address, other.from.port]).toEqual(['127.0.0.1', reached.from.port]);
    four.send('four', other.from.port);
    await at.expect(line('+SQNSRING: 1,4'));
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,4,"127.0.0.1",${four.port}\r\nfour\r\n${OK}`);
    await send(at, 2, 'z');
    four.send('six', (await four.next()).from.port);
    await at.expect(line('+SQNSRING: 2,3'));
    await at.command('AT+SQNSRECV=2,1500', `\r\n+SQNSRECV: 2,3,"2001:db8::7",${four.port}\r\nsix\r\n${OK}`);
  });

  it('is a black hole where nothing is mapped', async () => {
    const { at } = await openTerminal();
    await dial(at, 1, '192.0.2.1', 7);
    await send(at, 1, 'gone');
    await dial(at, 2, '::ffff:127.0.0.1', 7);
    await send(at, 2, 'gone');
    await at.command('AT+SQNSI=1', line('+SQNSI: 1,4,0,0,0') + OK);
  });
});

it('the exchange timeout closes an idle socket; what waits can still be read', async () => {
  const peer = await Peer.open();
  const { at } = await openTerminal();
  await at.command('AT+SQNSCFGEXT=1,1,0,0;+SQNSCFG=1,1,0,1,600,50', OK);
  await dial(at, 1, '127.0.0.1', peer.port);
  peer.send('late', await localPort(at, 1));
  await at.expect(line('+SQNSRING: 1,4') + line('+SQNSH: 1'));
  await at.command('AT+SQNSSENDEXT=1,1', STATE);
  await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,4\r\nlate\r\n${OK}`);
  await at.command('AT+SQNSRECV=1,1500', STATE);
});

it('loses none of 10,000 datagrams each way', async () => {
  const COUNT = 10_000;
  const peer = await Peer.open();
  const { at } = await openTerminal();
  await dial(at, 1, '127.0.0.1', peer.port);
  const port = await localPort(at, 1);
  for (let n = 0; n < COUNT; n++) await send(at, 1, `out ${n}`);
  for (let n = 0; n < COUNT; n++) expect((await peer.next()).text).toBe(`out ${n}`);
  // In pieces that fit the kernel's buffer, which is not the simulator's.
  for (let n = 0; n < COUNT; n += 100) {
    for (let m = n; m < n + 100; m++) peer.send(`in ${m}`, port);
    await within('rings', at.match(/(\r\n\+SQNSRING: 1\r\n){100}/));
  }
  for (let n = 0; n < COUNT; n++) {
    const text = `in ${n}`;
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,${text.length}\r\n${text}\r\n${OK}`);
  }
}, 60_000);
