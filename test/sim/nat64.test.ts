/** The NAT64 of the simulated network: its arithmetic, and UDP and TCP through it for both command sets. */
import { describe, expect, it } from 'vitest';
import type { SimOptions } from '../../src/sim/index.ts';
import { embed, extract, type Prefix64, parsePrefix64 } from '../../src/sim/nat64.ts';
import { canonicalAddress } from '../../src/sim/sim-hosts.ts';
import { openers } from './conversation.ts';
import { freePort, TcpService } from './tcp-peer.ts';
import { line, OK, openTerminal, Peer } from './terminal.ts';

/** Where each prefix has the example of RFC 6052 2.4, and what the tests dial. */
const EXAMPLES = ['192.0.2.33', '198.51.100.7', '127.0.0.1'] as const;
const TABLE = [
  ['2001:db8::/32', '2001:db8:c000:221::', '2001:db8:c633:6407::', '2001:db8:7f00:1::'],
  ['2001:db8:100::/40', '2001:db8:1c0:2:21::', '2001:db8:1c6:3364:7::', '2001:db8:17f:0:1::'],
  [
    '2001:db8:122::/48',
    '2001:db8:122:c000:2:2100::',
    '2001:db8:122:c633:64:700::',
    '2001:db8:122:7f00:0:100::',
  ],
  [
    '2001:db8:122:300::/56',
    '2001:db8:122:3c0:0:221::',
    '2001:db8:122:3c6:33:6407::',
    '2001:db8:122:37f:0:1::',
  ],
  [
    '2001:db8:122:344::/64',
    '2001:db8:122:344:c0:2:2100::',
    '2001:db8:122:344:c6:3364:700::',
    '2001:db8:122:344:7f:0:100:0',
  ],
  [
    '2001:db8:122:344::/96',
    '2001:db8:122:344::192.0.2.33',
    '2001:db8:122:344::c633:6407',
    '2001:db8:122:344::7f00:1',
  ],
  ['64:ff9b::/96', '64:ff9b::192.0.2.33', '64:ff9b::c633:6407', '64:ff9b::7f00:1'],
] as const;
const host = { '198.51.100.7': '127.0.0.1', '198.51.100.8': '::1' };

function prefixOf(text: string): Prefix64 {
  const prefix = parsePrefix64(text);
  if (!prefix) throw new Error(`${text} is no prefix`);
  return prefix;
}

describe('arithmetic', () => {
  it.each(TABLE)('of %s', (text, ...addresses) => {
    const prefix = prefixOf(text);
    for (const [index, four] of EXAMPLES.entries()) {
      const six = addresses[index] ?? '';
      expect(canonicalAddress(embed(prefix, four))).toBe(canonicalAddress(six));
      expect(extract(prefix, six)).toBe(four);
    }
    for (const other of ['2001:db9::c000:221', '::1', '192.0.2.33', '64:ff9b::1%1', 'a.test'])
      expect(extract(prefix, other)).toBeUndefined();
  });

  it('ignores what is behind the embedded address, and octet u', () => {
    expect(extract(prefixOf('2001:db8::/32'), '2001:db8:c000:221:ff11::99')).toBe('192.0.2.33');
  });
});

describe.each(openers)('through %s', (commandSet, open) => {
  const shown = { sequans: 'AT+SQNSS', 'quectel-qfwd': 'AT+QFWDCLIENT?' }[commandSet];

  it.each(TABLE)(
    '%s carries UDP and TCP to what is mapped, and to 127.0.0.1',
    async (nat64, _, ...places) => {
      for (const address of places.map(canonicalAddress)) {
        const options: SimOptions = { commandSet, pdp: 'ipv6', nat64, host };
        const { at } = await openTerminal(options);
        const peer = await Peer.open();
        const datagrams = await open(at, 'udp', { address, port: peer.port });
        await datagrams.send(Buffer.from('ping'));
        const { text, from } = await peer.next();
        expect([text, from.address]).toEqual(['ping', '127.0.0.1']);
        peer.send('pong', from.port);
        expect(String(await datagrams.answer())).toBe('pong');
        at.write(`${shown}\r`);
        await at.match(new RegExp(`"${address}",${peer.port},.*\\r\\n(.*\\r\\n)*\\r\\nOK\\r\\n`));

        const { at: second } = await openTerminal(options);
        const service = await TcpService.open();
        const stream = await open(second, 'tcp', { address, port: service.port });
        const caller = await service.caller();
        await stream.send(Buffer.from('ping'));
        expect(await caller.text(4)).toBe('ping');
        caller.socket.write('pong');
        expect(String(await stream.answer())).toBe('pong');
        second.write(`${shown}\r`);
        await second.match(new RegExp(`"${address}",${service.port},.*\\r\\n(.*\\r\\n)*\\r\\nOK\\r\\n`));
      }
    },
  );

  it('reaches ::1 under a foreign IPv4 address, and is a black hole for the rest and without a NAT64', async () => {
    const peer = await Peer.open('::1');
    const [mapped, unmapped] = ['64:ff9b::c633:6408', '64:ff9b::c633:6409'];
    for (const [nat64, address] of [
      ['64:ff9b::/96', unmapped],
      [undefined, mapped],
      ['64:ff9b::/96', mapped],
    ] as const) {
      const { at } = await openTerminal({ commandSet, host, ...(nat64 && { nat64 }) });
      const datagrams = await open(at, 'udp', { address, port: peer.port });
      await datagrams.send(Buffer.from(nat64 && address === mapped ? 'arrives' : 'vanishes'));
      await at.quiet();
    }
    expect((await peer.next()).text).toBe('arrives');
  });
});

describe('of a Sequans socket that hears anybody', () => {
  it('the answer is from the address that was dialled, a stranger from an embedded one or from ::1', async () => {
    const [peer, four, six] = [await Peer.open(), await Peer.open(), await Peer.open('::1')];
    const { at } = await openTerminal({ pdp: 'ipv6', nat64: '64:ff9b::/96', host });
    await at.command('AT+SQNSCFGEXT=1,1,0,0,0,0', OK);
    await at.command(`AT+SQNSD=1,1,${peer.port},"64:ff9b::198.51.100.7",0,0,1,2`, OK);
    await at.command('AT+SQNSSENDEXT=1,4', '\r\n> ');
    at.write('ping');
    await at.expect(OK);
    const { from } = await peer.next();
    for (const [sender, address] of [
      [peer, '64:ff9b::c633:6407'],
      [four, '64:ff9b::7f00:1'],
      [six, '::1'],
    ] as const) {
      sender.send('hello', from.port);
      await at.expect(line('+SQNSRING: 1,5'));
      await at.command(
        'AT+SQNSRECV=1,1500',
        `\r\n+SQNSRECV: 1,5,"${address}",${sender.port}\r\nhello\r\n${OK}`,
      );
      // What is heard can be answered.
      await at.command(`AT+SQNSSENDEXT=1,4,0,"${address}",${sender.port}`, '\r\n> ');
      at.write('back');
      await at.expect(OK);
      expect((await sender.next()).text).toBe('back');
    }
  });

  it("a local port that another program has in the modem's family is refused, and nothing is kept", async () => {
    const [peer, other] = [await Peer.open(), await Peer.open('::1')];
    const { at, sim } = await openTerminal({ pdp: 'ipv6', nat64: '64:ff9b::/96' });
    await at.command(
      `AT+SQNSD=1,1,${peer.port},"64:ff9b::127.0.0.1",0,${other.port},1,1`,
      line('+CME ERROR: 4'),
    );
    expect(sim.connectionsOpen).toBe(0);
    const { port } = other;
    await new Promise<void>(resolve => void other.socket.close(resolve));
    await at.command(`AT+SQNSD=1,1,${peer.port},"64:ff9b::127.0.0.1",0,${port},1,1`, OK);
  });
});

it('a refused TCP connection is refused through it too', async () => {
  const { at } = await openTerminal({ nat64: '64:ff9b::/96' });
  await at.command(`AT+SQNSD=1,0,${await freePort()},"64:ff9b::127.0.0.1",0,0,1`, line('NO CARRIER'));
});
