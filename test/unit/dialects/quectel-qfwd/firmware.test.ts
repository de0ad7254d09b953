/** The QFWD driver where firmware does not do what others do, or says less: against a played module. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { AtChannel } from '../../../../src/at/channel.ts';
import { QfwdDriver } from '../../../../src/dialects/quectel-qfwd/driver.ts';
import { quectelQfwd } from '../../../../src/dialects/quectel-qfwd/index.ts';
import { createMemoryPair } from '../../../../src/transport/memory.ts';
import { inNoTime } from '../../../support/in-no-time.ts';
import { IDENTITY, Owner, PlayedModem, peer, playModem, RECORD } from './played-modem.ts';

const data = Buffer.from('hello');

const clientLine = (id: number): string => `${id},"Active","tcp","192.0.2.1",7,"10.0.0.1",5000,"usbat"`;

/** Opens clients, and no URC says so. */
const openSilently = (modem: PlayedModem): void =>
  modem.on('+QFWDCLIENT=', line => {
    if (line.endsWith('=?')) return undefined;
    const id = Number(line.split(',')[1]);
    modem.clients.set(id, clientLine(id));
    return ['OK'];
  });

function prepare(options: Partial<ConstructorParameters<typeof QfwdDriver>[1]> = {}) {
  const [near, far] = createMemoryPair();
  const modem = new PlayedModem(far);
  const at = new AtChannel(near, { timeoutMs: 200, fenceTimeoutMs: 200 });
  onTestFinished(() => at.close());
  return { modem, at, driver: new QfwdDriver(at, { cid: 1, encoding: 'auto', ...options }, IDENTITY) };
}

describe('the driver', () => {
  test('before it is started it has nothing, and says so', async () => {
    const { driver } = prepare({ maxLine: 512 });
    expect([driver.connectionsOpen, driver.payload]).toEqual([0, { sent: 0, received: 0 }]);
    expect(driver.limits.datagramBytes).toBe(512);
    await expect(driver.openTcp(peer(1), new Owner())).rejects.toMatchObject({ code: 'ENETDOWN' });
    await driver.close();
  });

  test('tells of the network, of its addresses, and of payload in both directions', async () => {
    const { modem, driver } = await playModem();
    modem.on('+CSQ', () => ['+CSQ: 20,99', 'OK']);
    expect(await driver.network()).toEqual({ registration: 'home', addresses: ['10.0.0.1'], rssiDbm: -73 });
    expect(await driver.readAddresses()).toEqual(['10.0.0.1']);
    const port = await driver.openTcp(peer(1), new Owner());
    await port.send(data);
    modem.waiting.set(100, ['you']);
    modem.say('+QFWDURC: "client/read",100');
    await vi.waitFor(async () => expect(String(await port.receive(100))).toBe('you'));
    expect(driver.payload).toEqual({ sent: 5, received: 3 });
  });

  test.each([
    [{ encoding: 'hex', maxLine: 101 } as const, 50],
    [{ encoding: 'hex' } as const, 1_024],
    [{ maxLine: 101 }, 101],
    [{}, 1_024],
  ])('with %o a datagram has at most %i bytes', async (options, datagramBytes) => {
    const { driver } = await playModem(options);
    expect(driver.limits.datagramBytes).toBe(datagramBytes);
  });

  test('a table that it refuses to show has nothing of an earlier program in it', async () => {
    const { modem, driver } = prepare({ capabilities: RECORD });
    modem.on('+QFWDSEVER?', () => ['ERROR']);
    modem.on('+QFWDCLIENT?', () => ['ERROR']);
    await driver.start();
    expect(modem.count('+QFWDCLOSE')).toBe(0);
  });

  test('does not tell its addresses: sockets show the wildcard', async () => {
    const { modem, driver } = prepare({ capabilities: RECORD });
    modem.on('+CGPADDR', () => ['ERROR']);
    modem.on('+QFWDCLIENT?', () => ['ERROR']);
    await driver.start();
    const { local } = await driver.openTcp(peer(1), new Owner());
    expect(local).toEqual({ address: '0.0.0.0', port: 0, family: 4 });
    const six = { address: '2001:db8::1', port: 7, family: 6 } as const;
    expect((await driver.openTcp(six, new Owner())).local).toMatchObject({ address: '::' });
  });
});

describe('the probe', () => {
  const start = async (play: (modem: PlayedModem) => void, options = {}) => {
    const played = prepare(options);
    play(played.modem);
    await inNoTime(() => played.driver.start());
    return played;
  };

  test('no socket to its own IPv4 address: IPv6 is tried', async () => {
    const { modem, driver } = await start(modem =>
      modem.on('+QFWDCLIENT=', line => (line.includes('"127.0.0.1"') ? ['ERROR'] : undefined)),
    );
    expect(modem.heard.at(-1)).toMatch(/CLOSE=102$/);
    expect(driver.capabilities).toMatchObject({ payload: 'binary' });
  });

  test.each([
    ['refused', ['ERROR']],
    ['with a result that says no', ['OK', '+QFWDURC: "client/open",100,1', '+QFWDURC: "client/open",101,1']],
    ['neither told of nor listed', ['OK']],
  ])('no socket to itself at all, %s: nothing is learned of payloads', async (_, answer) => {
    const { modem, driver } = await start(modem =>
      modem.on('+QFWDCLIENT=', line => (line.endsWith('=?') ? undefined : answer)),
    );
    expect(driver.capabilities).not.toHaveProperty('payload');
    expect(modem.count('+QFWDSEND=1')).toBe(0);
    expect(driver.connectionsOpen).toBe(0);
  });

  test('no URC at any port of the module, each tried twice: none, and sockets are looked at often', async () => {
    const { modem, driver } = await start(openSilently);
    const ports = modem.heard.flatMap(line => /^\+QFWDCLIENT=1,.*"(us?b?\w+|uart1)"$/.exec(line)?.[1] ?? []);
    expect(ports).toEqual(['usbat', 'uart1', 'usbmodem', 'usbat', 'uart1', 'usbmodem']);
    expect(driver.capabilities).toMatchObject({ urcPort: 'none', payload: 'binary' });
    const port = await inNoTime(() => driver.openTcp(peer(1), new Owner()));
    expect(port.local.port).toBe(5_000);
    expect(modem.heard).toContain('+QFWDCLIENT=1,106,"IP","tcp","192.0.2.1",7,"usbat"');
  });

  test('a firmware that takes no URC port in the command is told by QFWDCFG, and may refuse that', async () => {
    const { modem } = await start(modem => {
      openSilently(modem);
      modem.on('+QFWDCLIENT=1', line => (/,"(usb|uart)\w+"$/.test(line) ? ['ERROR'] : undefined));
      modem.once('+QFWDCFG', ['ERROR']);
    });
    expect(modem.heard.filter(line => line.startsWith('+QFWDCFG'))).toEqual([
      '+QFWDCFG="urc",101,"uart1"',
      '+QFWDCFG="urc",102,"usbmodem"',
      '+QFWDCFG="urc",104,"uart1"',
      '+QFWDCFG="urc",105,"usbmodem"',
    ]);
  });

  test('a firmware that echoes payloads: only hex goes, since an echo could say anything', async () => {
    const { driver } = await start(modem => {
      modem.take = bytes => {
        modem.say('an echo of something');
        return bytes;
      };
    });
    expect(driver.capabilities).toMatchObject({ payload: 'hex', hexBytes: '1024' });
  });

  test.each([
    ['1024', (bytes: number) => bytes],
    ['512', (bytes: number) => Math.min(bytes, 512)],
  ])('where payloads must go in hex, %s bytes of them', async (hexBytes, take) => {
    const { driver } = await start(
      modem => {
        modem.take = take;
      },
      { encoding: 'hex' },
    );
    expect(driver.capabilities).toMatchObject({ hexBytes });
  });

  test('the line goes in the middle: that is no answer', async () => {
    const { modem, driver } = prepare();
    modem.on('+QFWDSEND=1', () => {
      modem.say('RDY');
      return [];
    });
    await expect(driver.start()).rejects.toMatchObject({ kind: 'closed' });
  });
});

test('openings without a URC, although URCs come: they were lost, and no other port is tried', async () => {
  const { urcPort, ...record } = RECORD;
  const { modem, driver } = await playModem({ capabilities: record });
  await driver.openTcp(peer(1), new Owner());
  openSilently(modem);
  for (const last of [2, 3])
    await inNoTime(() => driver.openUdp({ family: 4, port: 0, remote: peer(last) }, new Owner()));
  expect(driver.capabilities).toMatchObject({ urcPort: 'usbat' });
  expect(
    modem.heard.filter(line => line.startsWith('+QFWDCLIENT=1')).every(line => line.endsWith('"usbat"')),
  ).toBe(true);
});

test('accepted sockets that have the URC port of their server are asked once', async () => {
  const { modem, driver } = await playModem();
  const callers: unknown[] = [];
  const connection = (port: unknown): Owner => {
    callers.push(port);
    return new Owner();
  };
  await driver.listenTcp({ family: 4, port: 2020 }, { connection, closed: () => {} });
  modem.on('+QFWDCFG="urc",2', () => ['+QFWDCFG: "urc",2,"usbat"', 'OK']);
  modem.call(100, 2, '192.0.2.8');
  await vi.waitFor(() => expect(driver.capabilities).toMatchObject({ acceptedPort: 'inherited' }));
  modem.call(100, 3, '192.0.2.9');
  await vi.waitFor(() => expect(callers).toHaveLength(2));
  expect(modem.heard.filter(line => line.startsWith('+QFWDCFG'))).toEqual(['+QFWDCFG="urc",2']);
});

test('the dialect makes a driver', () => {
  const [near] = createMemoryPair();
  const at = new AtChannel(near);
  onTestFinished(() => at.close());
  expect(quectelQfwd.create(at, { cid: 1, encoding: 'auto' }, IDENTITY)).toBeInstanceOf(QfwdDriver);
});

describe('an opening', () => {
  test('any context is taken where the given one is not', async () => {
    const { cid, ...record } = RECORD;
    const { modem, driver } = await playModem({ capabilities: record });
    modem.on('+QFWDCLIENT=1,', () => ['ERROR']);
    await driver.openTcp(peer(1), new Owner());
    expect(driver.capabilities).toMatchObject({ cid: 'any' });
    await driver.openTcp(peer(2), new Owner());
    expect(modem.heard.filter(line => line.startsWith('+QFWDCLIENT=')).at(-1)).toMatch(
      /^\+QFWDCLIENT=0,101,/,
    );
  });

  test('the APN that a form wants: of the context, or none where it is not told', async () => {
    const apn = async (answer: readonly string[]) => {
      const { modem, driver } = await playModem({
        capabilities: { ...RECORD, clientForm: 'apn IP tcp port' },
      });
      modem.on('+CGDCONT?', () => answer);
      modem.on('+QFWDCLIENT=100', () => ['OK', '+QFWDURC: "client/open",100,0']);
      await driver.openTcp(peer(1), new Owner());
      return modem.heard.find(line => line.startsWith('+QFWDCLIENT=100'));
    };
    expect(await apn(['+CGDCONT: 1,"IP","iot.example"', 'OK'])).toContain('=100,"iot.example",');
    expect(await apn(['+CGDCONT: 2,"IP","other"', 'OK'])).toContain('=100,"",');
    expect(await apn(['ERROR'])).toContain('=100,"",');
  });

  test('without answer: ETIMEDOUT, and no other form is tried', async () => {
    const { modem, driver } = await playModem();
    modem.once('+QFWDCLIENT=', []);
    const opening = inNoTime(() => driver.openTcp(peer(1), new Owner()));
    await expect(opening).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(modem.count('+QFWDCLIENT=')).toBe(1);
  });

  test('a TCP client without outcome, where URCs come: ETIMEDOUT after the limit, and the id is closed', async () => {
    const { modem, driver } = await playModem();
    modem.once('+QFWDCLIENT=', ['OK']);
    const opening = inNoTime(() => driver.openTcp(peer(1), new Owner()));
    await expect(opening).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(modem.heard).toContain('+QFWDCLOSE=100');
  });

  test('a TCP client without outcome, where none come: refused when the table has not had it for half a minute', async () => {
    const { modem, driver } = await playModem({ capabilities: { ...RECORD, urcPort: 'none' } });
    modem.once('+QFWDCLIENT=', ['OK']);
    const opening = inNoTime(() => driver.openTcp(peer(1), new Owner()));
    await expect(opening).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(modem.count('+QFWDCLIENT?')).toBeGreaterThan(50);
  });

  test.each([
    ['listed', [100], undefined],
    ['not listed', [], 'EADDRINUSE'],
  ])('a server of which no URC tells, %s', async (_, servers, code) => {
    const { modem, driver } = await playModem();
    modem.once('+QFWDSEVER=', ['OK']);
    for (const id of servers) modem.servers.add(id);
    const opening = inNoTime(() => driver.openUdp({ family: 4, port: 2020 }, new Owner()));
    expect(
      await opening.then(
        () => undefined,
        error => error.code,
      ),
    ).toBe(code);
  });

  test('a server of which neither URC nor table tells counts as open', async () => {
    const { modem, driver } = await playModem();
    modem.once('+QFWDSEVER=', ['OK']);
    modem.on('+QFWDSEVER?', () => ['ERROR']);
    await inNoTime(() => driver.openUdp({ family: 4, port: 2020 }, new Owner()));
    expect(driver.connectionsOpen).toBe(1);
  });

  test.each([
    ['after a limit of the module', 21_000, 'ETIMEDOUT'],
    ['at once', 0, 'ECONNREFUSED'],
  ])('a result that says no %s: %s', async (_, afterMs, code) => {
    const { modem, driver } = await playModem();
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    modem.once('+QFWDCLIENT=', () => {
      vi.advanceTimersByTime(afterMs);
      return ['OK', '+QFWDURC: "client/open",100,566'];
    });
    await expect(driver.openTcp(peer(1), new Owner())).rejects.toMatchObject({ code });
  });

  describe.each([
    ['a result that says no', ['OK', '+QFWDURC: "client/open",100,1']],
    ['a refusal', ['ERROR']],
  ])('with %s', (_, answer) => {
    const open = async (play: (modem: PlayedModem) => void, kind: 'udp' | 'tcp') => {
      const { modem, driver } = await playModem();
      modem.on('+CSQ', () => ['+CSQ: 99,99', 'OK']);
      play(modem);
      modem.on('+QFWDCLIENT=', () => answer);
      const opening =
        kind === 'tcp'
          ? driver.openTcp(peer(1), new Owner())
          : driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
      return opening.then(
        () => undefined,
        error => error.code,
      );
    };

    test.each([
      ['not registered', '+CEREG?', ['+CEREG: 1,2', 'OK'], 'ENETDOWN'],
      ['roaming', '+CEREG?', ['+CEREG: 1,5', 'OK'], 'ENETUNREACH'],
      ['no address of the family', '+CGPADDR', ['+CGPADDR: 1,"2001:db8::1"', 'OK'], 'ENETUNREACH'],
      ['nothing told of the network', '+CEREG?', ['ERROR'], 'ENETUNREACH'],
    ])('the network is asked for the reason: %s', async (_why, start, network, code) => {
      expect(await open(modem => modem.on(start, () => network), 'udp')).toBe(code);
    });

    test('and the network in order: TCP is refused, UDP cannot reach it', async () => {
      const said = answer.length > 1;
      expect(await open(() => {}, 'tcp')).toBe(said ? 'ECONNREFUSED' : 'ENETUNREACH');
      expect(await open(() => {}, 'udp')).toBe('ENETUNREACH');
    });
  });

  test('refused because all are taken: the socket of a silent UDP peer is given up', async () => {
    const { modem, driver } = await playModem();
    const udp = await driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
    await udp.send(data, peer(2));
    modem.on('+QFWDCLIENT=', () => (modem.clients.size > 1 ? ['ERROR'] : undefined));
    await driver.openTcp(peer(3), new Owner());
    expect([...modem.clients.keys()].includes(100)).toBe(false);
    expect(driver.connectionsOpen).toBe(2);
  });
});
