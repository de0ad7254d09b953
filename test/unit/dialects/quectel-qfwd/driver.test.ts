/** What the QFWD driver finds out about a firmware, and that it asks once only. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { AtChannel } from '../../../../src/at/channel.ts';
import { QfwdDriver } from '../../../../src/dialects/quectel-qfwd/driver.ts';
import { quectelQfwd } from '../../../../src/dialects/quectel-qfwd/index.ts';
import { createMemoryPair } from '../../../../src/transport/memory.ts';
import { IDENTITY, Owner, PlayedModem, peer, playModem, RECORD } from './played-modem.ts';

const qfwdCommands = (modem: PlayedModem): string[] => modem.heard.filter(line => line.startsWith('+QFWD'));

/** Everything from the first command on. */
async function playStart(
  capabilities: Readonly<Record<string, string>> | undefined,
  prepare: (modem: PlayedModem) => void = () => {},
) {
  const [near, far] = createMemoryPair();
  const modem = new PlayedModem(far);
  prepare(modem);
  const at = new AtChannel(near, { timeoutMs: 200, fenceTimeoutMs: 200 });
  onTestFinished(() => at.close());
  const driver = new QfwdDriver(at, { cid: 1, encoding: 'auto', capabilities }, IDENTITY);
  return { modem, driver, starting: driver.start() };
}

test.each([
  ['Quectel', 'EC25', true],
  ['Quectel', 'EC20F', true],
  ['Quectel', 'EC21', true],
  ['QUECTEL', 'EG25', true],
  ['Quectel', 'EG91', true],
  ['Quectel', 'BG96', false],
  ['Sequans', 'EC25', false],
])('%s %s: %s', (manufacturer, model, expected) => {
  expect(quectelQfwd.matches({ manufacturer, model, revision: '' })).toBe(expected);
});

describe('the probe', () => {
  test('its record, given back, leaves only the question for stale sockets', async () => {
    const first = await playStart(undefined);
    await first.starting;
    const record = JSON.parse(JSON.stringify(first.driver.capabilities));
    const again = await playStart(record);
    await again.starting;
    expect(qfwdCommands(first.modem).length).toBe(15);
    expect(qfwdCommands(again.modem)).toEqual(['+QFWDSEVER?', '+QFWDCLIENT?', '+QFWDSEVER?', '+QFWDCLIENT?']);
    expect(again.driver.capabilities).toEqual(record);
  });

  test('a record of another revision is not believed', async () => {
    const { modem, starting } = await playStart({ ...RECORD, firmware: 'EC25EFAR02' });
    await starting;
    expect(modem.count('+QFWDRECV=?')).toBe(1);
  });

  test('sends nothing to anybody but the module itself', async () => {
    const { modem, starting } = await playStart(undefined);
    await starting;
    const opened = modem.heard.filter(line => line.startsWith('+QFWDCLIENT='));
    expect(opened).toEqual(['+QFWDCLIENT=?', '+QFWDCLIENT=1,100,"IP","udp","127.0.0.1",9,"usbat"']);
    expect(modem.clients.size).toBe(0);
  });

  test('a firmware without the family: an error that says so, and names the other dialect', async () => {
    const { starting } = await playStart(undefined, modem => modem.on('+QFWD', () => ['ERROR']));
    await expect(starting).rejects.toMatchObject({
      code: 'EOPNOTSUPP',
      message: expect.stringMatching(/AT\+QFWD.*QI/),
    });
  });

  test('a firmware that refuses every test form is tried by use', async () => {
    const { modem, driver, starting } = await playStart(undefined, modem => {
      modem.on('+QFWD', line => (line.endsWith('=?') ? ['ERROR'] : undefined));
      modem.on('+QFWDCLOSE', () => ['ERROR']);
      modem.on('+QFWDSCLOSE', line => {
        modem.clients.delete(Number(line.split('=')[1]));
        return ['OK'];
      });
    });
    await starting;
    expect(driver.capabilities).toMatchObject({ server: '+QFWDSEVER', close: '+QFWDSCLOSE' });
    expect(modem.clients.size).toBe(0);
  });

  test.each([
    ['tail refused', /,"us\w+"$/, 'cid IP tcp'],
    ['lower case', /"IP"/, 'cid ip tcp port'],
    ['upper case', /"tcp"|"udp"/, 'cid IP TCP port'],
    ['an APN in place of the PDP context', /=\d+,\d+,/, 'apn IP tcp port'],
  ])('%s: the form that is accepted is kept', async (_what, refused, form) => {
    const { driver, starting } = await playStart(undefined, modem => {
      modem.on('+QFWDCLIENT=', line => (refused.test(line) ? ['ERROR'] : undefined));
      modem.on('+QFWDCLIENT=100,"iot.example"', () => {
        modem.clients.set(100, '100,"Active","udp","127.0.0.1",9,"10.0.0.1",5000,"usbat"');
        return ['OK', '+QFWDURC: "client/open",100,0'];
      });
    });
    await starting;
    expect(driver.capabilities).toMatchObject({ clientForm: form });
  });

  test.each([
    ['binary', () => false],
    ['printable', (text: string) => text.endsWith('\x1b')],
    ['hex', (text: string) => text.length > 100],
  ])('payloads go %s where that is proven', async (payload, eaten) => {
    const { driver, starting } = await playStart(undefined, modem => {
      modem.take = bytes => (eaten(modem.lastInput) ? undefined : bytes);
    });
    await starting;
    expect(driver.capabilities).toMatchObject({ payload });
  });

  test('a refusal is for the datagram before, to a port where nobody listens: once more', async () => {
    const { driver, starting } = await playStart(undefined, modem => {
      let refuse = false;
      modem.on('+QFWDSEND=', line => {
        if (line.endsWith('=?')) return undefined;
        refuse = !refuse;
        return refuse ? undefined : ['ERROR'];
      });
    });
    await starting;
    expect(driver.capabilities).toMatchObject({ payload: 'binary' });
  });

  test('cancelled at any command, it does not end as if nothing had been said', async () => {
    const [near, far] = createMemoryPair();
    const modem = new PlayedModem(far);
    const at = new AtChannel(near);
    onTestFinished(() => at.close());
    const driver = new QfwdDriver(at, { cid: 1, encoding: 'auto' }, IDENTITY);
    const abort = new AbortController();
    modem.on('+QFWDRECV=?', () => {
      abort.abort();
      return undefined;
    });
    await expect(driver.start({ signal: abort.signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test('sockets of an earlier program are closed, and their ids are not the first to come again', async () => {
  const { modem, driver, starting } = await playStart(RECORD, modem => {
    modem.servers.add(107);
    modem.clients.set(3, '3,"Income","tcp","192.0.2.1",7,"0.0.0.0",2020,"usbat"');
  });
  await starting;
  expect([modem.servers.size, modem.clients.size]).toEqual([0, 0]);
  await driver.openTcp(peer(1), new Owner());
  expect(modem.heard).toContain('+QFWDCLIENT=1,108,"IP","tcp","192.0.2.1",7,"usbat"');
});

test('names are nobody’s business here, addresses are', async () => {
  const { modem, driver } = await playModem();
  await expect(driver.resolve('example.com', 4)).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
  await expect(driver.resolve('192.0.2.1', 6)).rejects.toMatchObject({ code: 'EOPNOTSUPP' });
  expect(await driver.resolve('2001:db8::1', 0)).toEqual(['2001:db8::1']);
  expect(modem.heard).toEqual([]);
});

test.each([
  ['address and mask in one', '"10.0.0.1.255.255.255.0","10.0.0.254","192.0.2.53","192.0.2.54"'],
  ['mask in its own place', '"10.0.0.1","255.255.255.0","10.0.0.254","192.0.2.53","192.0.2.54","10.9.9.9"'],
  ['no mask', '"10.0.0.1","10.0.0.254","192.0.2.53","192.0.2.54","10.9.9.9"'],
  ['no gateway', '"10.0.0.1.255.255.255.0",,"192.0.2.53","192.0.2.54"'],
])('name servers of the context, %s', async (_what, fields) => {
  const { modem, driver } = await playModem();
  modem.once('+CGCONTRDP=1', [`+CGCONTRDP: 1,5,"iot.example",${fields}`, 'OK']);
  expect(await driver.nameServers()).toEqual(['192.0.2.53', '192.0.2.54']);
});

describe('sockets of an earlier program', () => {
  const stale = (id: number): string => `${id},"Active","udp","192.0.2.1",9,"10.0.0.1",5000,"usbat"`;

  test('a line of the table that is lost on its way: the next look finds it, and two that find nothing end it', async () => {
    let looks = 0;
    const { modem } = await playModem({}, modem => {
      for (const id of [200, 201]) modem.clients.set(id, stale(id));
      modem.on('+QFWDCLIENT?', () => (looks++ === 0 ? [`+QFWDCLIENT: ${stale(200)}`, 'OK'] : undefined));
    });
    expect(modem.clients.size).toBe(0);
    expect(looks).toBe(4);
  });

  test('one that cannot be closed is left alone after four looks, and its id is not used', async () => {
    let looks = 0;
    const { modem, driver } = await playModem({}, modem => {
      modem.clients.set(200, stale(200));
      modem.on('+QFWDCLIENT?', () => {
        looks++;
        return undefined;
      });
      modem.on('+QFWDCLOSE=200', () => ['ERROR']);
    });
    expect(looks).toBe(4);
    await driver.openTcp(peer(1), new Owner());
    expect(modem.count('+QFWDCLIENT=1,201,')).toBe(1);
  });
});
