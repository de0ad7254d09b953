/** A PDP context without IPv4: what fails on it, what a name leads to, and where its listeners are, for both command sets. */
import { expect, it } from 'vitest';
import type { SimOptions } from '../../src/sim/index.ts';
import { openServer, read, urc } from './quectel-qfwd/scene.ts';
import { freePort, TcpEnd, TcpService } from './tcp-peer.ts';
import { error, line, OK, openTerminal, Peer } from './terminal.ts';

const GONE = line('NO CARRIER');
const OWN = '2001:db8:0:1::1';
const networks: readonly SimOptions[] = [{ pdp: 'ipv6' }, { pdp: 'ipv6', nat64: '64:ff9b::/96' }];
const quectel = { commandSet: 'quectel-qfwd', profile: 'table' } as const;

it.each(networks)('Sequans: no IPv4 address, peer or listener with %j', async network => {
  const [four, six] = [await TcpService.open(), await TcpService.open('::1')];
  const { at, sim } = await openTerminal(network);
  await at.command('AT+CGPIAF=1,0,0,1;+CGPADDR', line(`+CGPADDR: 1,"${OWN}"`) + OK);
  for (const protocol of [0, 1]) {
    for (const host of ['127.0.0.1', '198.51.100.7'])
      await at.command(`AT+SQNSD=1,${protocol},${four.port},"${host}",0,0,1`, GONE);
  }
  await at.command(`AT+SQNSL=1,1,${four.port}`, GONE);
  await at.command(`AT+SQNSLUDP=1,1,${four.port}`, GONE);
  await at.command('AT+SQNSD=1,1,9,"::1",0,0,1,2', OK);
  await at.command('AT+SQNSSENDEXT=1,1,0,"127.0.0.1",9', error(4));
  await at.command(`AT+SQNSD=2,0,${six.port},"::1",0,0,1`, OK);
  expect(sim.connectionsOpen).toBe(2);
});

it.each(networks)('Quectel: no IPv4 address, peer or server with %j', async network => {
  const { at, sim } = await openTerminal({ ...quectel, ...network });
  await at.command('AT+CGPIAF=1,0,0,1;+CGPADDR', line(`+CGPADDR: 1,"${OWN}"`) + OK);
  const port = await freePort();
  for (const protocol of ['tcp', 'udp']) {
    for (const host of ['127.0.0.1', '198.51.100.7', 'localhost']) {
      await at.command(`AT+QFWDCLIENT=0,7,"IP","${protocol}","${host}",${port}`, OK);
      await at.expect(urc('client/open', 7, 1));
    }
    await at.command(`AT+QFWDSEVER=0,7,"IP","${protocol}",${port},5`, OK);
    await at.expect(urc('server/open', 7, 1));
  }
  expect(sim.connectionsOpen).toBe(0);
});

it('a dialled name leads to an address that the context can reach', async () => {
  const [four, six] = [await TcpService.open(), await TcpService.open('::1')];
  const host = { 'both.test': ['127.0.0.1', '::1'], 'four.test': '127.0.0.1' };
  const plain = await openTerminal({ pdp: 'ipv6', host });
  await plain.at.command(`AT+SQNSD=1,0,${six.port},"both.test",0,0,1`, OK);
  await plain.at.command(`AT+SQNSD=2,0,${four.port},"four.test",0,0,1`, GONE);
  const translated = await openTerminal({ pdp: 'ipv6', nat64: '64:ff9b::/96', host });
  await translated.at.command(`AT+SQNSD=1,0,${six.port},"both.test",0,0,1`, OK);
  await translated.at.command(`AT+SQNSD=2,0,${four.port},"four.test",0,0,1`, OK);
  const second = await openTerminal({ ...quectel, pdp: 'ipv6', nat64: '64:ff9b::/96', host });
  await second.at.command(`AT+QFWDCLIENT=0,7,"IPV6","tcp","four.test",${four.port}`, OK);
  await second.at.expect(urc('client/open', 7, 0));
});

it.each(networks)('Sequans: listeners and bound sockets are reached at ::1 with %j', async network => {
  const [peer, stranger] = [await Peer.open('::1'), await Peer.open('::1')];
  const { at } = await openTerminal(network);
  await at.command('AT+SQNSCFGEXT=1,1,0,0,1;+SQNSCFGEXT=2,1,0,0,1;+SQNSCFGEXT=3,1,0,0', OK);
  const port = await freePort('::1');
  await at.command(`AT+SQNSL=1,2,${port}`, OK);
  await TcpEnd.call(port, '::1');
  await at.expect(line('+SQNSRING: 1'));
  await at.command(`AT+SQNSLUDP=2,2,${port}`, OK);
  peer.send('hello', port);
  await at.expect(line('+SQNSRING: 2,5'));
  // Bound by a peer from which nothing is expected.
  const bound = await freePort('::1');
  await at.command(`AT+SQNSD=3,1,9,"64:ff9b::198.51.100.7",0,${bound},1,1`, OK);
  stranger.send('hi', bound);
  await at.expect(line('+SQNSRING: 3,2'));
  await at.command('AT+SQNSRECV=3,1500', `\r\n+SQNSRECV: 3,2,"::1",${stranger.port}\r\nhi\r\n${OK}`);
});

it.each(networks)('Quectel: servers are reached at ::1 with %j', async network => {
  const { at } = await openTerminal({ ...quectel, ...network });
  const [peer, port] = [await Peer.open('::1'), await freePort('::1')];
  await openServer(at, 100, 'tcp', { port, family: 'IPV6' });
  const caller = await TcpEnd.call(port, '::1');
  const [, own] = await at.match(/"client\/incoming",100,(\d+),"::1",/);
  caller.socket.write('one');
  await at.match(new RegExp(`"client/read",${own}\\r\\n`));
  await read(at, Number(own), 'one');
  await openServer(at, 200, 'udp', { port, family: 'IPV6' });
  peer.send('two', port);
  const [, pseudo] = await at.match(
    /"client\/incoming",200,(\d+),"::1",\d+,.*\r\n\r\n\+QFWDURC: "client\/read",\d+\r\n/,
  );
  await read(at, Number(pseudo), 'two');
});
