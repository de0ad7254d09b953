/** UDP ports of the QFWD driver: which socket of the module a datagram goes through, and in which form. */
import { describe, expect, test, vi } from 'vitest';
import type { UdpPort } from '../../../../src/driver/port.ts';
import { inNoTime } from '../../../support/in-no-time.ts';
import { Owner, type PlayedModem, peer, playModem, RECORD } from './played-modem.ts';

const data = Buffer.from('hello');

const sends = (modem: PlayedModem): string[] =>
  modem.sent.map(({ id, text, hex }) => `${id} ${text}${hex ? ' hex' : ''}`);

async function receiveAll(port: UdpPort): Promise<string[]> {
  const texts: string[] = [];
  for (let next = await port.receive(); next; next = await port.receive())
    texts.push(`${next.remote.address} ${next.data}`);
  return texts;
}

describe('one client for each peer', () => {
  test('the first gives the local port number; known ones are used again', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
    expect(port.local).toEqual({ address: '10.0.0.1', port: 5000, family: 4 });
    for (const last of [1, 2, 1, 2]) await port.send(data, peer(last));
    expect(sends(modem)).toEqual(['100 hello', '101 hello', '100 hello', '101 hello']);
    await port.close();
    expect(modem.clients.size).toBe(0);
  });

  test('the longest unused makes room, and what waits in it is kept', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
    for (let last = 2; last <= driver.limits.connections; last++) await port.send(data, peer(last));
    modem.waiting.set(100, ['kept']);
    modem.say('+QFWDURC: "client/read",100');
    await port.send(data, peer(99));
    expect(modem.clients.size).toBe(driver.limits.connections);
    expect(modem.clients.has(100)).toBe(false);
    expect(await receiveAll(port)).toEqual(['192.0.2.1 kept']);
  });

  test('the longest unused is the one that was sent to least lately', async () => {
    const { modem, driver } = await playModem();
    const port = await driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
    for (let last = 2; last <= driver.limits.connections; last++) await port.send(data, peer(last));
    for (const last of [1, 2]) await port.send(data, peer(last));
    await port.send(data, peer(99));
    expect([100, 101, 102].map(id => modem.clients.has(id))).toEqual([true, true, false]);
  });
});

describe('a server', () => {
  const bind = async (options = {}) => {
    const played = await playModem(options);
    const owner = new Owner();
    const port = await played.driver.openUdp({ family: 4, port: 2020 }, owner);
    return { ...played, port, owner };
  };

  test('whoever calls is answered on the socket of the call, anybody else by a client', async () => {
    const { modem, port } = await bind();
    modem.call(100, 2, '192.0.2.8', 'a call');
    await vi.waitFor(async () => expect(await receiveAll(port)).toEqual(['192.0.2.8 a call']));
    await port.send(data, peer(8, 4000));
    await port.send(data, peer(8, 4001));
    expect(sends(modem)).toEqual(['2 hello', '101 hello']);
    await port.close();
    expect([modem.clients.size, modem.servers.size]).toEqual([0, 0]);
  });

  test('a caller that the module has given up is forgotten once it is read', async () => {
    const { modem, port, owner } = await bind();
    modem.call(100, 2, '192.0.2.8', 'first', 'last');
    modem.say('+QFWDURC: "client/close",2');
    await vi.waitFor(() => expect(owner.rings).toBeGreaterThan(1));
    expect(await receiveAll(port)).toEqual(['192.0.2.8 first', '192.0.2.8 last']);
    await port.send(data, peer(8, 4000));
    expect(sends(modem)).toEqual(['101 hello']);
    expect(owner.lost).toEqual([]);
  });

  test('a sender that the module does not name is nobody, and never a guess', async () => {
    const { modem, port, owner } = await bind();
    modem.clients.set(100, 'the server itself');
    modem.waiting.set(100, ['from whom?']);
    modem.say('+QFWDURC: "client/read",100');
    await vi.waitFor(() => expect(owner.rings).toBe(1));
    expect((await port.receive())?.remote).toEqual({ address: '0.0.0.0', port: 0, family: 4 });
  });

  test.each([
    ['ERROR', ['ERROR']],
    ['a result', ['OK', '+QFWDURC: "server/open",100,1']],
  ])('a port number that is taken, said by %s: EADDRINUSE, and nothing is held', async (_what, answer) => {
    const { modem, driver } = await playModem();
    modem.on('+QFWDSEVER=', () => answer);
    await expect(driver.openUdp({ family: 4, port: 2020 }, new Owner())).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    expect(driver.connectionsOpen).toBe(0);
  });

  test('any port number: another is tried', async () => {
    const { modem, driver } = await playModem();
    modem.once('+QFWDSEVER=', ['OK', '+QFWDURC: "server/open",100,1']);
    const { local } = await driver.openUdp({ family: 4, port: 0 }, new Owner());
    expect(local.port).toBeGreaterThanOrEqual(49_152);
    expect(modem.count('+QFWDSEVER=')).toBe(2);
  });
});

describe('the form of a payload', () => {
  const open = async (options: Parameters<typeof playModem>[0]) => {
    const played = await playModem(options);
    return {
      ...played,
      port: await played.driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner()),
    };
  };
  const special = (length: number): Buffer => Buffer.alloc(length, 0x1a);

  test('unproven: bytes that could be eaten go in hex, the rest plainly', async () => {
    const { payload, ...record } = RECORD;
    const { modem, port } = await open({ capabilities: record });
    await port.send(data, peer(1));
    await port.send(special(2), peer(1));
    expect(sends(modem)).toEqual(['100 hello', '100 \x1a\x1a hex']);
  });

  test('hex beyond 512 bytes is tried; refused with room in the buffer it is EMSGSIZE, then before any byte', async () => {
    const { modem, driver, port } = await open({ encoding: 'hex' });
    await port.send(special(1_024), peer(1));
    expect(driver.limits.datagramBytes).toBe(1_024);
    modem.once('+QFWDSEND', ['ERROR']);
    await expect(port.send(special(513), peer(1))).rejects.toMatchObject({ code: 'EMSGSIZE' });
    expect(driver.limits.datagramBytes).toBe(512);
    await expect(port.send(special(513), peer(1))).rejects.toMatchObject({ code: 'EMSGSIZE' });
    await port.send(special(512), peer(1));
    expect(modem.sent.map(({ text }) => text.length)).toEqual([1_024, 512]);
    expect(modem.count('+QFWDSEND')).toBe(3);
  });

  test('a fixed length that is refused with room in the buffer: hex from then on', async () => {
    const { payload, ...record } = RECORD;
    const { modem, driver, port } = await open({ capabilities: record });
    modem.on('+QFWDSEND=100,0', () => ['ERROR']);
    await port.send(data, peer(1));
    expect(sends(modem)).toEqual(['100 hello hex']);
    expect(driver.capabilities).toMatchObject({ payload: 'hex' });
  });

  test('a datagram that was cut is an error, and not sent again', async () => {
    const { modem, port } = await open({});
    modem.take = () => 3;
    await expect(port.send(data, peer(1))).rejects.toMatchObject({ code: 'EIO' });
    expect(sends(modem)).toEqual(['100 hel']);
  });

  test('nothing of it was taken: once more, since nothing has gone', async () => {
    const { modem, port } = await open({});
    modem.take = bytes => {
      modem.take = all => all;
      return bytes - bytes;
    };
    await inNoTime(() => port.send(data, peer(1)));
    expect(sends(modem)).toEqual(['100 ', '100 hello']);
  });

  test('a refusal of a module that does not tell of its buffers, but lists the socket: once more', async () => {
    const { modem, port } = await open({});
    modem.once('+QFWDSEND', ['ERROR']);
    modem.on('+QFWDACK', () => ['ERROR']);
    await inNoTime(() => port.send(data, peer(1)));
    expect(sends(modem)).toEqual(['100 hello']);
  });

  test.each([
    [4, '100 hello'],
    [5, '100 hello hex'],
  ])('an unproven form is doubted by a refusal with room for all of it: %i bytes', async (room, sent) => {
    const { payload, ...record } = RECORD;
    const { modem, port } = await open({ capabilities: record });
    modem.once('+QFWDSEND', ['ERROR']);
    modem.once('+QFWDACK', [`+QFWDACK: 100,0,${room},10240,0,10240,10240`, 'OK']);
    await inNoTime(() => port.send(data, peer(1)));
    expect(sends(modem)).toEqual([sent]);
  });

  test('a buffer that stays full: ENOBUFS', async () => {
    const { modem, port } = await open({});
    modem.on('+QFWDSEND', () => ['ERROR']);
    modem.on('+QFWDACK', () => ['+QFWDACK: 100,10240,0,10240,0,10240,10240', 'OK']);
    await expect(inNoTime(() => port.send(data, peer(1)))).rejects.toMatchObject({ code: 'ENOBUFS' });
    expect(sends(modem)).toEqual([]);
  });

  test('a socket that is gone: ENETDOWN, and the next datagram has a new one', async () => {
    const { modem, port } = await open({});
    await port.send(data, peer(2));
    modem.clients.delete(100);
    modem.once('+QFWDSEND', ['ERROR']);
    await expect(port.send(data, peer(1))).rejects.toMatchObject({ code: 'ENETDOWN' });
    await port.send(data, peer(1));
    expect(sends(modem)).toEqual(['101 hello', '102 hello']);
  });
});
