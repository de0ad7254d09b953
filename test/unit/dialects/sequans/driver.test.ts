/** The Sequans driver as a whole: its start, what it finds on the modem, names, and which modems are its own. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { AtChannel } from '../../../../src/at/channel.ts';
import type { DriverOptions } from '../../../../src/dialects/dialect.ts';
import { SequansDriver } from '../../../../src/dialects/sequans/driver.ts';
import { sequans } from '../../../../src/dialects/sequans/index.ts';
import { createMemoryPair } from '../../../../src/transport/memory.ts';
import { Owner, openUdp, PlayedModem, peer, playModem } from './played-modem.ts';

test.each(['+CFUN?', '+CEREG?', '+CGPIAF', '+SQNSS', '+SQNSCFG?', '+SQNSCFGEXT?'])(
  'cancelled at %s, it does not end as if nothing had been said',
  async line => {
    const [near, far] = createMemoryPair();
    const modem = new PlayedModem(far);
    const at = new AtChannel(near);
    onTestFinished(() => at.close());
    const driver = new SequansDriver(
      at,
      { cid: 1, encoding: 'auto' },
      { manufacturer: '', model: 'GM02S', revision: '' },
    );
    const abort = new AbortController();
    modem.on(line, () => {
      abort.abort();
      return undefined;
    });
    await expect(driver.start({ signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' });
  },
);

async function open(options: Partial<DriverOptions> = {}, revision = 'LR8.2') {
  const [near, far] = createMemoryPair();
  const modem = new PlayedModem(far);
  const at = new AtChannel(near, { timeoutMs: 200, fenceTimeoutMs: 200 });
  onTestFinished(() => at.close());
  const identity = { manufacturer: 'Sequans', model: '', revision };
  return { modem, at, driver: new SequansDriver(at, { cid: 1, encoding: 'auto', ...options }, identity) };
}

test('before it is started it has nothing, and says so', async () => {
  const { driver } = await open();
  expect([driver.connectionsOpen, driver.payload]).toEqual([0, { sent: 0, received: 0 }]);
  await expect(driver.openTcp(peer(1), new Owner())).rejects.toMatchObject({ code: 'ENETDOWN' });
  await driver.close();
});

test('payload is counted in both directions', async () => {
  const { modem, driver } = await playModem(2);
  const owner = await openUdp(driver, peer(1));
  await owner.port.send(Buffer.from('hello'), peer(1));
  modem.give(1, ['you'], ',"192.0.2.1",7');
  modem.say('+SQNSRING: 1,3');
  await owner.told();
  await owner.receiveAll();
  expect(driver.payload).toEqual({ sent: 5, received: 3 });
});

test.each([
  [{}, 1_500],
  [{ maxLine: 1_000 }, 1_000],
  [{ maxLine: 1_001, encoding: 'hex' as const }, 500],
  [{ encoding: 'hex' as const }, 1_500],
])('with %o a datagram has at most %i bytes', async (options, datagramBytes) => {
  const { driver } = await open(options);
  await driver.start();
  expect(driver.limits).toEqual({ connections: 6, datagramBytes, smallestDatagramBytes: 1 });
});

describe('what an earlier program left open', () => {
  test('is closed, by the second try where the first was damaged', async () => {
    const { modem, driver } = await open();
    modem.open.set(2, '192.0.2.9:9').set(5, '192.0.2.9:9');
    modem.on('+SQNSH=5', ['ERROR']);
    await driver.start();
    expect(modem.heard.filter(line => line.startsWith('+SQNSH'))).toEqual([
      '+SQNSH=2',
      '+SQNSH=5',
      '+SQNSH=5',
    ]);
    expect(modem.open.size).toBe(0);
  });

  test('and cannot be closed: left as it is after two tries', async () => {
    const { modem, driver } = await open();
    modem.open.set(2, '192.0.2.9:9');
    modem.on('+SQNSH=2', () => ['ERROR']);
    await driver.start();
    expect(modem.count('+SQNSH=2')).toBe(2);
  });
});

test.each([
  ['refuses', ['ERROR']],
  ['says nothing to', ['OK']],
])('firmware that %s AT+SQNSS is asked AT+SQNSS?, then and later', async (_, answer) => {
  const { modem, driver } = await open();
  modem.on('+SQNSS', line => (line.endsWith('?') ? ['+SQNSS: 1,0', '+SQNSS: 2,0', 'OK'] : answer));
  await driver.start();
  expect(driver.limits.connections).toBe(2);
  await openUdp(driver, peer(1));
  expect(modem.count('+SQNSS')).toBe(3);
  expect(modem.heard.at(-1)).toBe('+SQNSS?');
});

test('a table without any connection: an answer was lost, and no session is begun on it', async () => {
  const { modem, driver } = await open();
  modem.on('+SQNSS', line => (/^\+SQNSS\??$/.test(line) ? ['OK'] : undefined));
  await expect(driver.start()).rejects.toMatchObject({ kind: 'reply', command: '+SQNSS?' });
});

test('settings are written once for each id, where they differ or cannot be read', async () => {
  const { modem, driver } = await open();
  modem.on('+SQNSCFG?', ['+SQNSCFG: 1,1,0,0,300,50', '+SQNSCFG: 2,1,300,90,600,50', 'OK']);
  modem.on('+SQNSCFGEXT?', ['ERROR']);
  await driver.start();
  modem.heard.length = 0;
  await openUdp(driver, peer(1));
  const second = await openUdp(driver, peer(2));
  expect(modem.heard.filter(line => line.startsWith('+SQNSCFG'))).toEqual([
    '+SQNSCFGEXT=1,1,0,0,0,0',
    '+SQNSCFG=2,1,0,0,300,50',
    '+SQNSCFGEXT=2,1,0,0,0,0',
  ]);
  await second.port.close();
});

test('the network, and the addresses of the context', async () => {
  const { modem, driver } = await playModem(2);
  modem.on('+CGPADDR=1', () => ['+CGPADDR: 1,"10.0.0.1","2001:db8::1"', '+CGPADDR: 2,"10.0.0.2"', 'OK']);
  modem.on('+CSQ', ['+CSQ: 20,99', 'OK']);
  const addresses = ['10.0.0.1', '2001:db8::1'];
  expect(await driver.network()).toEqual({ registration: 'home', addresses, rssiDbm: -73 });
  expect(await driver.readAddresses()).toEqual(addresses);
});

test('the modem’s own name servers', async () => {
  const { modem, driver } = await playModem(2);
  modem.on('+CGCONTRDP=1', ['+CGCONTRDP: 1,5,"iot","10.0.0.1.255.0.0.0",,"192.0.2.53"', 'OK']);
  expect(await driver.nameServers()).toEqual(['192.0.2.53']);
});

describe('names', () => {
  const found = (address: string) => [`+SQNDNSLKUP: "a.test","${address}"`, 'OK'];
  const ask = async (six: readonly string[], four: readonly string[], family: 0 | 4 | 6 = 0) => {
    const { modem, driver } = await playModem(2);
    modem.on('+SQNDNSLKUP', line => (line.endsWith(',1') ? six : four));
    return driver.resolve('a.test', family).catch(error => error.code);
  };

  test.each([
    ['both, IPv6 first', found('2001:db8::1'), found('192.0.2.1'), ['2001:db8::1', '192.0.2.1']],
    ['one is enough', ['ERROR'], found('192.0.2.1'), ['192.0.2.1']],
    ['none', ['OK'], ['OK'], 'ENOTFOUND'],
    ['refused', ['ERROR'], ['+CME ERROR: 4'], 'ENOTFOUND'],
    ['the network is why', ['+CME ERROR: 30'], ['ERROR'], 'EAI_AGAIN'],
    ['the network is why for the second', ['ERROR'], ['+CME ERROR: 30'], 'EAI_AGAIN'],
    ['a reply without sense', ['+SQNDNSLKUP: "a.test"', 'OK'], ['OK'], 'ENOTFOUND'],
  ])('%s', async (_, six, four, expected) => {
    expect(await ask(six, four)).toEqual(expected);
  });

  test('one family is one question', async () => {
    expect(await ask(['ERROR'], found('192.0.2.1'), 4)).toEqual(['192.0.2.1']);
    expect(await ask(found('2001:db8::1'), ['ERROR'], 6)).toEqual(['2001:db8::1']);
  });

  test('what cannot stand in a command is refused as it is', async () => {
    const { modem, driver } = await playModem(2);
    await expect(driver.resolve('a"b', 0)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(modem.heard).toEqual([]);
  });
});

test.each([
  ['Sequans Communications', '', '', true],
  ['', 'GM02SP', '', true],
  ['', 'RYZ024A', '', true],
  ['', '', 'UE5.2.0.3', true],
  ['', '', 'LR8.2.1.0', true],
  ['Quectel', 'BG96', 'BG96MAR02', false],
  ['', 'XGM02S', 'XLR8.2', false],
])('recognised, %j %j %j: %s', (manufacturer, model, revision, expected) => {
  expect(sequans.matches({ manufacturer, model, revision })).toBe(expected);
});

test.each([
  ['GM01Q', '', 'one id for each peer'],
  ['', 'LR5.1.1.0', 'one id for each peer'],
  ['GM02S', 'LR8.2', 'one id for all'],
])('%s %s: %s', async (model, revision, expected) => {
  const [near, far] = createMemoryPair();
  const modem = new PlayedModem(far);
  const at = new AtChannel(near);
  onTestFinished(() => at.close());
  const driver = sequans.create(at, { cid: 1, encoding: 'auto' }, { manufacturer: '', model, revision });
  await driver.start();
  await driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
  const remotes = /,(\d)$/.exec(modem.heard.find(line => line.startsWith('+SQNSD=')) ?? '')?.[1];
  expect(remotes).toBe(expected === 'one id for all' ? '2' : '0');
});
