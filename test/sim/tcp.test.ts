/** TCP that the modem dials: connections to real loopback sockets, their states, their data and their ends. */
import { describe, expect, it } from 'vitest';
import type { SimModem, SimOptions } from '../../src/sim/index.ts';
import { freePort, type Loopback, type TcpEnd, TcpService } from './tcp-peer.ts';
import { error, line, OK, openTerminal, Terminal } from './terminal.ts';

const PROMPT = '\r\n> ';
const STATE = error(4);
const GONE = line('NO CARRIER');

interface Scene {
  readonly at: Terminal;
  readonly sim: SimModem;
  readonly service: TcpService;
  readonly peer: TcpEnd;
}

/** Socket 1, ring mode 1 unless told otherwise, connected to a service. */
async function connected(
  options: SimOptions = {},
  { loopback = '127.0.0.1', extension = '1,0,0,0,0' }: { loopback?: Loopback; extension?: string } = {},
): Promise<Scene> {
  const service = await TcpService.open(loopback);
  const { at, sim } = await openTerminal(options);
  await at.command(`AT+SQNSCFGEXT=1,${extension};+SQNSCFG=1,1,0,0,600,50`, OK);
  await at.command(`AT+SQNSD=1,0,${service.port},"${loopback}",0,0,1`, OK);
  return { at, sim, service, peer: await service.caller() };
}

async function send(at: Terminal, id: number, payload: string): Promise<void> {
  await at.command(`AT+SQNSSENDEXT=${id},${payload.length}`, PROMPT);
  at.write(payload);
  await at.expect(OK);
}

const received = (id: number, data: string): string =>
  `\r\n+SQNSRECV: ${id},${data.length}\r\n${data}\r\n${OK}`;

/** The line of one socket in +SQNSS. */
async function status(at: Terminal, id = 1): Promise<string> {
  at.write('AT+SQNSS\r');
  const [, found = ''] = await at.match(
    new RegExp(`\\r\\n\\+SQNSS: (${id},.*)\\r\\n(?:.*\\r\\n)*\\r\\nOK\\r\\n`),
  );
  return found;
}

/** Waits until +SQNSI says so: for what no line announces. */
async function counted(at: Terminal, wanted: RegExp, id = 1): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    at.write(`AT+SQNSI=${id}\r`);
    const [, found = ''] = await at.match(/\r\n\+SQNSI: (.*)\r\n\r\nOK\r\n/);
    if (wanted.test(found)) return;
  }
  throw new Error(`+SQNSI never showed ${wanted}`);
}

describe.each([
  ['127.0.0.1', '100.64.0.1'],
  ['::1', '2001:db8:0:1::1'],
] as const)('over %s', (loopback, own) => {
  it('dials, sends, rings, shows counters and states, receives and closes', async () => {
    const { at, sim, service, peer } = await connected({}, { loopback });
    expect(sim.connectionsOpen).toBe(1);
    const row = (state: number): string =>
      `1,${state},"${own}",${peer.socket.remotePort},"${loopback}",${service.port},0`;
    expect(await status(at)).toBe(row(2));
    await send(at, 1, 'hello');
    expect(await peer.text(5)).toBe('hello');
    await counted(at, /^1,5,0,0,0$/);
    peer.socket.write('abc');
    await at.expect(line('+SQNSRING: 1,3'));
    expect(await status(at)).toBe(row(3));
    await at.command('AT+SQNSI=1', line('+SQNSI: 1,5,3,3,0') + OK);
    await at.command('AT+SQNSRECV=1,1500', received(1, 'abc'));
    await at.command('AT+SQNSRECV=1,1500', line('+SQNSRECV: 1,0') + OK);
    await at.command('AT+SQNSH=1', OK);
    expect(await peer.ended()).toBe('end');
    expect(await status(at)).toBe('1,0');
    await at.command('AT+SQNSRECV=1,1500', STATE);
    await at.command('AT+SQNSSENDEXT=1,5', STATE);
    await at.command('AT+SQNSI=1', line('+SQNSI: 1,0,0,0,0') + OK);
    expect(sim.connectionsOpen).toBe(0);
  });
});

describe('a dial', () => {
  it('that is refused, has no name, or no address of its family, is NO CARRIER, and the id is free', async () => {
    const service = await TcpService.open();
    const { at, sim } = await openTerminal({ pdp: 'ip' });
    await at.command(`AT+SQNSD=1,0,${await freePort()},"127.0.0.1",0,0,1`, GONE);
    await at.command('AT+SQNSD=1,0,80,"nowhere.test",0,0,1', GONE);
    await at.command('AT+SQNSD=1,0,80,"::1",0,0,1', GONE);
    expect(sim.connectionsOpen).toBe(0);
    expect(await status(at)).toBe('1,0');
    await at.command(`AT+SQNSD=1,0,${service.port},"localhost",0,0,1`, OK);
  });

  it('to where nothing is gives up after connTo', async () => {
    const { at } = await openTerminal();
    await at.command('AT+SQNSCFG=1,1,0,0,10,50', OK);
    const before = performance.now();
    await at.command('AT+SQNSD=1,0,80,"192.0.2.1",0,0,1', GONE);
    // A timer may be a millisecond early.
    expect(performance.now() - before).toBeGreaterThan(990);
  });

  it('that a restart cuts short leaves nothing', async () => {
    const { at, sim } = await openTerminal();
    at.write('AT+SQNSD=1,0,80,"192.0.2.1",0,0,1\r');
    while (sim.connectionsOpen === 0) await new Promise(setImmediate);
    sim.restart();
    await at.expect(line('+SYSSTART'));
    expect(sim.connectionsOpen).toBe(0);
    at.write('ATE0\r');
    await at.match(/OK\r\n/);
    expect(await status(at)).toBe('1,0');
  });

  it('finds foreign addresses and names through the map, across families too', async () => {
    const service = await TcpService.open('::1');
    const { at } = await openTerminal({ host: { '192.0.2.7': '::1', 'web.test': '192.0.2.7' } });
    await at.command(`AT+SQNSD=1,0,${service.port},"web.test",0,0,1`, OK);
    const peer = await service.caller();
    expect(await status(at)).toBe(`1,2,"100.64.0.1",${peer.socket.remotePort},"192.0.2.7",${service.port},0`);
  });

  it('ignores a local port and acceptAnyRemote, and shows no address in what it reads', async () => {
    const service = await TcpService.open();
    const { at } = await openTerminal();
    await at.command(`AT+SQNSD=1,0,${service.port},"127.0.0.1",0,${service.port},1,2`, OK);
    const peer = await service.caller();
    peer.socket.write('abc');
    await at.expect(line('+SQNSRING: 1'));
    await at.command('AT+SQNSRECV=1,1500', received(1, 'abc'));
    await at.command('AT+SQNSSENDEXT=1,1,0,"127.0.0.1",7', STATE);
  });

  it('on an id in use is refused, and so are settings, online mode, an asynchronous dial', async () => {
    const { at, service } = await connected();
    await at.command(`AT+SQNSD=1,0,${service.port},"127.0.0.1",0,0,1`, STATE);
    await at.command('AT+SQNSCFG=1,1,0,0,600,50', STATE);
    await at.command('AT+SQNSL=1,1,7000', STATE);
    await at.command('AT+SQNSA=1,1', STATE);
    await at.command(`AT+SQNSD=2,0,${service.port},"127.0.0.1"`, STATE);
    await at.command(`AT+SQNSD=2,0,${service.port},"127.0.0.1",0,0,1,0,1`, STATE);
  });

  it('says OK before it rings', async () => {
    const service = await TcpService.open();
    const { at } = await openTerminal();
    at.write(`AT+SQNSD=1,0,${service.port},"127.0.0.1",0,0,1\r`);
    const peer = await service.caller();
    peer.socket.write('220 hello\r\n');
    await at.expect(OK + line('+SQNSRING: 1'));
  });

  it('needs the network', async () => {
    const { at } = await openTerminal({ cfun: 4 });
    await at.command('AT+SQNSD=1,0,80,"127.0.0.1",0,0,1', STATE);
    await at.command('AT+SQNSL=1,1,7000', STATE);
  });
});

describe('reading', () => {
  it('gives at most what was asked for, over any borders, and keeps the rest', async () => {
    const { at, peer } = await connected();
    peer.socket.write('abc');
    await at.expect(line('+SQNSRING: 1,3'));
    peer.socket.write('defgh');
    await at.expect(line('+SQNSRING: 1,5'));
    await at.command('AT+SQNSRECV=1,2', received(1, 'ab'));
    await at.command('AT+SQNSRECV=1,4', received(1, 'cdef'));
    await at.command('AT+SQNSI=1', line('+SQNSI: 1,0,8,2,0') + OK);
    await at.command('AT+SQNSRECV=1,1500', received(1, 'gh'));
  });

  it('counts bytes in hex, both ways', async () => {
    const { at, peer } = await connected({}, { extension: '1,1,0,0,1' });
    await at.command('AT+SQNSSENDEXT=1,3', PROMPT);
    at.write('00ff0d');
    await at.expect(OK);
    expect(await peer.text(3)).toBe('\x00\xff\r');
    peer.socket.write(Buffer.from([0x0d, 0x0a, 0x00, 0xfe]));
    await at.expect(line('+SQNSRING: 1,4'));
    await at.command('AT+SQNSRECV=1,3', `\r\n+SQNSRECV: 1,3\r\n0d0a00\r\n${OK}`);
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,1\r\nfe\r\n${OK}`);
  });

  it.each([
    ['0,0,0,0,0', '+SQNSRING: 1'],
    ['1,0,0,0,0', '+SQNSRING: 1,2'],
    ['2,0,0,0,0', '+SQNSRING: 1,2,\r\n'],
    ['2,1,0,0,0', '+SQNSRING: 1,2,0d0a'],
  ])('rings in the form of SQNSCFGEXT=1,%s', async (extension, ring) => {
    const { at, peer } = await connected({}, { extension });
    peer.socket.write('\r\n');
    await at.expect(line(ring));
    const waiting = extension.startsWith('2') ? 0 : 2;
    await at.command('AT+SQNSI=1', line(`+SQNSI: 1,0,2,${waiting},0`) + OK);
  });

  it('a ring with data holds at most 1500 bytes, and what nobody hears stays to be read', async () => {
    const { at, sim, peer } = await connected({}, { extension: '2,0,0,0,0' });
    peer.socket.write('x'.repeat(2000));
    const [first, second] = [1500, 500].map(length => `+SQNSRING: 1,${length},${'x'.repeat(length)}`);
    await at.expect(line(first ?? '') + line(second ?? ''));
    at.stream.destroy();
    const turns = async (): Promise<void> => {
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    };
    await turns();
    peer.socket.write('abc');
    await turns();
    const later = new Terminal(await sim.transport.open());
    await counted(later, /^1,0,2003,3,0$/);
    await later.command('AT+SQNSRECV=1,1500', received(1, 'abc'));
  });
});

describe('the end', () => {
  it('by a FIN is announced once everything is here, and what is here can be read', async () => {
    const { at, sim, peer } = await connected();
    peer.socket.end('last words');
    await at.expect(line('+SQNSRING: 1,10') + line('+SQNSH: 1'));
    expect(await status(at)).toBe('1,0');
    expect(sim.connectionsOpen).toBe(0);
    // The modem closes its side too.
    expect(await peer.ended()).toBe('end');
    await at.command('AT+SQNSSENDEXT=1,1', STATE);
    await at.command('AT+SQNSI=1', line('+SQNSI: 1,0,10,10,0') + OK);
    await at.command('AT+SQNSRECV=1,4', received(1, 'last'));
    await at.command('AT+SQNSRECV=1,1500', received(1, ' words'));
    await at.command('AT+SQNSRECV=1,1500', STATE);
    await at.command('AT+SQNSH=1', OK);
  });

  it('by a reset too', async () => {
    const { at, peer } = await connected();
    peer.socket.write('last words');
    await at.expect(line('+SQNSRING: 1,10'));
    peer.socket.resetAndDestroy();
    await at.expect(line('+SQNSH: 1'));
    await at.command('AT+SQNSSENDEXT=1,1', STATE);
    await at.command('AT+SQNSRECV=1,1500', received(1, 'last words'));
    await at.command('AT+SQNSRECV=1,1500', STATE);
  });

  it('is seen by a send whose payload was under way', async () => {
    const { at, peer } = await connected();
    await at.command('AT+SQNSSENDEXT=1,2', PROMPT);
    peer.socket.end();
    expect(await peer.ended()).toBe('end');
    at.write('ab');
    await at.expect(line('+SQNSH: 1') + STATE);
  });

  it('by the host throws unread data away, and everything sent arrives before the FIN', async () => {
    const { at, peer } = await connected();
    peer.socket.write('unread');
    await at.expect(line('+SQNSRING: 1,6'));
    await send(at, 1, 'x'.repeat(1500));
    await at.command('AT+SQNSH=1', OK);
    expect(await peer.text(1500)).toBe('x'.repeat(1500));
    expect(await peer.ended()).toBe('end');
    await at.command('AT+SQNSRECV=1,1500', STATE);
  });

  it('by the host answers what comes later with a reset', async () => {
    const { at, peer } = await connected();
    await at.command('AT+SQNSH=1', OK);
    expect(await peer.ended()).toBe('end');
    peer.outcome = undefined;
    const write = (): unknown => peer.socket.write('too late', lost => lost ?? setImmediate(write));
    write();
    expect(await peer.ended()).toMatch(/^(ECONNRESET|EPIPE)$/);
  });

  it('of the network, or of the modem, resets the peer', async () => {
    const first = await connected();
    await first.at.command('AT+CFUN=4', line('+SQNSH: 1') + OK);
    expect(await first.peer.ended()).toBe('ECONNRESET');
    const second = await connected();
    second.sim.restart();
    expect(await second.peer.ended()).toBe('ECONNRESET');
    const third = await connected();
    await third.sim.close();
    expect(await third.peer.ended()).toBe('ECONNRESET');
  });

  it('by the exchange timeout is orderly', async () => {
    const service = await TcpService.open();
    const { at } = await openTerminal();
    await at.command('AT+SQNSCFG=1,1,0,1,600,50', OK);
    await at.command(`AT+SQNSD=1,0,${service.port},"127.0.0.1",0,0,1`, OK);
    const peer = await service.caller();
    await at.expect(line('+SQNSH: 1'));
    expect(await peer.ended()).toBe('end');
  });

  it('can come at once: data, FIN and close in one breath', async () => {
    for (let round = 0; round < 50; round++) {
      const { at, sim, peer } = await connected();
      peer.socket.end(`round ${round}`);
      peer.socket.destroySoon();
      const text = `round ${round}`;
      await at.expect(line(`+SQNSRING: 1,${text.length}`) + line('+SQNSH: 1'));
      await at.command('AT+SQNSRECV=1,1500', received(1, text));
      await sim.close();
    }
  });
});
