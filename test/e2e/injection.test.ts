/** Names, addresses, APNs and PINs that would like to become commands: none ever does, at any public entry. */
import { once } from 'node:events';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { openModem } from '../../src/index.ts';
import type { SimModem, SimOptions } from '../../src/sim/index.ts';
import { createBench, openBench } from './modems.ts';
import { connect, openPeer, openSocket, send } from './sockets.ts';

/** U+010D, U+010A and U+0122 are CR, LF and a quote to an encoder that keeps only the low byte. */
const HOSTILE = [
  'a"',
  'a",1\r\nAT+EVIL=1\r\n',
  'a\rAT+EVIL\r',
  'a\nAT+EVIL\n',
  'a\r\n\r\nAT+EVIL\r\n',
  'a;+EVIL',
  'a";+EVIL="',
  'a\u010dAT+EVIL\u010d',
  'a\u010d\u010aAT+EVIL\u010d\u010a',
  'a\u0122;+EVIL;\u0122',
  'a\u011aAT+EVIL\u011b',
  'a\x1bAT+EVIL\r',
  'a\x1aAT+EVIL\r',
  'a\0AT+EVIL\r',
  'a\\0D\\0AAT+EVIL',
  'a\\22;+EVIL',
  'a\u2028AT+EVIL',
  'a\ud83d\ude00AT+EVIL\r',
  'a\x7f+EVIL',
  '127.0.0.1",7;+EVIL',
  '127.0.0.1\r\nAT+EVIL',
  '::1%";+EVIL',
  'fe80::1%1;+EVIL',
];
/** Harmless as a whole, so that only what is refused keeps it from the modem. */
const BROKEN_NAMES = [
  'local\rhost',
  'local\nhost',
  'local\r\nhost',
  'local\thost',
  'localhost\r',
  '\nlocalhost',
];

/** A command line without its quoted texts, in which nothing but printable ASCII may stand. */
const OUTSIDE_QUOTES = /^AT[A-Z0-9+=?,.:]*$/;

function expectNoInjection(sim: Pick<SimModem, 'received'>): void {
  expect(sim.received.length).toBeGreaterThan(0);
  for (const line of sim.received) {
    const outside = line.replace(/"[\x20-\x7e]*?"/g, '');
    expect(outside, JSON.stringify(line)).toMatch(OUTSIDE_QUOTES);
    expect(outside).not.toContain('EVIL');
  }
}

const shown = (texts: readonly string[]): [string, string][] =>
  texts.map(text => [JSON.stringify(text), text]);

/** What is no name does not exist. */
const NO_SUCH_NAME = { code: 'ENOTFOUND', syscall: 'getaddrinfo' };

describe.each(shown([...HOSTILE, ...BROKEN_NAMES]))('as a name: %s', (_, name) => {
  test('lookup, in both forms', async () => {
    const { modem, sim } = await openBench();
    await expect(modem.dns.promises.lookup(name)).rejects.toMatchObject({ ...NO_SUCH_NAME, hostname: name });
    const error = await new Promise(resolve => modem.dns.lookup(name, { all: true }, resolve));
    expect(error).toMatchObject(NO_SUCH_NAME);
    expectNoInjection(sim);
  });

  test.each(['udp4', 'udp6'] as const)('send, connect and bind of %s', async type => {
    const { modem, sim } = await openBench();
    const to = { address: name, port: 7 };
    await expect(send(openSocket(modem.dgram, type).socket, 'x', to)).rejects.toMatchObject(NO_SUCH_NAME);
    await expect(connect(openSocket(modem.dgram, type).socket, to)).rejects.toMatchObject(NO_SUCH_NAME);
    const { socket } = openSocket(modem.dgram, type);
    socket.bind(0, name);
    expect(await once(socket, 'error')).toMatchObject([NO_SUCH_NAME]);
    expectNoInjection(sim);
  });
});

test.each(shown(HOSTILE))('as what a lookup of the program gives: %s', async (_, address) => {
  const { modem, sim } = await openBench();
  const socket = modem.dgram.createSocket({
    type: 'udp4',
    lookup: (name, _family, callback) => callback(null, name === 'peer' ? address : name, 4),
  });
  await expect(send(socket, 'x', { address: 'peer', port: 7 })).rejects.toMatchObject({ code: 'EINVAL' });
  await new Promise<void>(resolve => socket.close(() => resolve()));
  expectNoInjection(sim);
});

test('what a program sends is no command, whatever it is', async () => {
  const { modem, sim } = await openBench();
  const peer = await openPeer();
  const { socket } = openSocket(modem.dgram);
  for (const text of HOSTILE) {
    await send(socket, text, peer);
    expect((await peer.inbox.takeOne()).data.toString()).toBe(text);
  }
  expectNoInjection(sim);
});

describe('options of openModem', () => {
  /** With the option as it is, whatever its type says. */
  async function expectRefused(simOptions: SimOptions, name: string, value: string): Promise<void> {
    const { modem, sim } = createBench(simOptions, { [name]: value });
    const what = `${name} ${JSON.stringify(value)}`;
    const error = await modem.open().then(
      () => undefined,
      reason => reason,
    );
    expect(error, what).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(sim.received.join(), what).not.toContain('EVIL');
  }

  /** Those that could stand between quotes are good APNs for all we know. */
  const unquotable = HOSTILE.filter(text => /[^\x20-\x7e]|["\\]/.test(text));

  test('apn', async () => {
    for (const apn of unquotable) await expectRefused({}, 'apn', apn);
  });

  test('an apn with ; stays one text', async () => {
    const { sim } = await openBench({}, { apn: 'a;+EVIL' });
    expect(sim.received).toContainEqual(expect.stringMatching(/^AT\+CGDCONT=1,"\w+","a;\+EVIL"$/));
    expectNoInjection(sim);
  });

  test('pin: the SIM has only three tries, and is not asked', async () => {
    for (const pin of HOSTILE) await expectRefused({ pin: '1234' }, 'pin', pin);
  });

  test('a secret that is refused is not repeated', async () => {
    const { modem } = createBench({ pin: '1234' }, { pin: '98\r76' });
    const error = await modem.open().catch(reason => reason);
    expect(inspect(error)).toMatch(/PIN/i);
    expect(inspect(error)).not.toMatch(/98\W*r76/);
  });

  test.each(['pdp', 'cid', 'maxLine', 'encoding', 'baud', 'nat64'])('%s of a wrong type', async name => {
    for (const value of HOSTILE) await expectRefused({}, name, value);
  });

  test.each(shown(HOSTILE))('the URL with %s', async (_, text) => {
    const hidden = encodeURIComponent(text);
    for (const name of ['apn', 'pin', 'cid', 'pdp', 'maxLine', 'encoding', 'nat64']) {
      if (name === 'apn' && !unquotable.includes(text)) continue;
      await expect(openModem(`sim:sequans?${name}=${hidden}`), name).rejects.toMatchObject({
        code: 'ERR_INVALID_ARG_VALUE',
      });
    }
  });
});

describe('raw commands', () => {
  test.each(shown(HOSTILE.filter(text => /[^\x20-\x7e]/.test(text.trim()))))(
    'at.send %s',
    async (_, text) => {
      const { modem, sim } = await openBench();
      await expect(modem.at.send(`+CSQ${text}`)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
      expect(sim.received.join()).not.toContain('EVIL');
    },
  );
});

test('the check can fail', () => {
  for (const line of ['AT+CSQ;+EVIL', 'AT+SQNSD=1,1,7,"a";+EVIL="",0', 'AT+EVIL'])
    expect(() => expectNoInjection({ received: [line] }), line).toThrow();
});
