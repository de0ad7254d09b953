/** What the switches do to TCP, by the name of each. */
import { expect } from 'vitest';
import type { SimModem } from '../../src/sim/index.ts';
import { freePort, TcpEnd, TcpService } from './tcp-peer.ts';
import { error, line, OK, openTerminal, type Terminal } from './terminal.ts';

const STATE = error(4);

/** Socket 1 in ring mode 1, and its real peer. */
async function streaming(name: string): Promise<{ at: Terminal; sim: SimModem; peer: TcpEnd }> {
  const service = await TcpService.open();
  const { at, sim } = await openTerminal({ faults: [name] });
  await at.command('AT+SQNSCFGEXT=1,1,0,0,0,0', OK);
  await at.command(`AT+SQNSD=1,0,${service.port},"127.0.0.1",0,0,1`, OK);
  return { at, sim, peer: await service.caller() };
}

/** Switches that are for TCP alone. */
export const tcpSwitches = {
  'ok-before-connected': async () => {
    const [service, port] = [await TcpService.open(), await freePort()];
    const { at, sim } = await openTerminal({ faults: ['ok-before-connected'] });
    const state = async (id: number): Promise<string> => {
      at.write('AT+SQNSS\r');
      const [, found = ''] = await at.match(
        new RegExp(`\\+SQNSS: ${id},(\\d).*\\r\\n(?:.*\\r\\n)*\\r\\nOK\\r\\n`),
      );
      return found;
    };
    await at.command(`AT+SQNSD=1,0,${service.port},"127.0.0.1",0,0,1`, OK);
    expect(await state(1)).toBe('6');
    await at.command('AT+SQNSSENDEXT=1,1', STATE);
    await at.command(`AT+SQNSD=1,0,${service.port},"127.0.0.1",0,0,1`, STATE);
    await service.caller();
    while ((await state(1)) === '6') await new Promise(setImmediate);
    expect(await state(1)).toBe('2');
    // A failure is a close.
    await at.command(`AT+SQNSD=2,0,${port},"127.0.0.1",0,0,1`, OK);
    expect(await state(2)).toBe('6');
    await at.expect(line('+SQNSH: 2'));
    expect(await state(2)).toBe('0');
    // What is known before the dial still fails it.
    await at.command('AT+SQNSD=2,0,80,"nowhere.test",0,0,1', line('NO CARRIER'));
    // The host gives it up.
    await at.command('AT+SQNSD=2,0,80,"192.0.2.1",0,0,1', OK);
    await at.command('AT+SQNSH=2', OK);
    expect(sim.connectionsOpen).toBe(1);
    await at.command('AT+SQNSD=2,0,80,"192.0.2.1",0,0,1', OK);
    await at.command('AT+CFUN=4', line('+SQNSH: 1') + line('+SQNSH: 2') + OK);
    await at.quiet();
  },
  'close-in-recv': async () => {
    const { at, peer } = await streaming('close-in-recv');
    peer.socket.write('abcd');
    await at.expect(line('+SQNSRING: 1,4'));
    peer.socket.end();
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    await at.command('AT+SQNSI=1', line('+SQNSI: 1,0,4,4,0') + OK);
    await at.command('AT+SQNSRECV=1,3', `${line('+SQNSH: 1')}\r\n+SQNSRECV: 1,3\r\nabc\r\n${OK}`);
    await at.command('AT+SQNSRECV=1,3', `\r\n+SQNSRECV: 1,1\r\nd\r\n${OK}`);
    await at.command('AT+SQNSRECV=1,3', STATE);
    // Meanwhile the peer is gone, and resets what it is sent: the next send shows it, and stays unacknowledged.
    const second = await streaming('close-in-recv');
    second.peer.socket.write('abcd');
    await second.at.expect(line('+SQNSRING: 1,4'));
    second.peer.socket.destroySoon();
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    for (const end of [OK, OK + line('+SQNSH: 1')]) {
      await second.at.command('AT+SQNSSENDEXT=1,5', '\r\n> ');
      second.at.write('hello');
      await second.at.expect(end);
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    }
    await second.at.command('AT+SQNSI=1', line('+SQNSI: 1,10,4,4,5') + OK);
    await second.at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,4\r\nabcd\r\n${OK}`);
  },
  'recv-short': async () => {
    const { at, peer } = await streaming('recv-short');
    for (const text of ['abc', 'defgh']) {
      peer.socket.write(text);
      await at.expect(line(`+SQNSRING: 1,${text.length}`));
    }
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,3\r\nabc\r\n${OK}`);
    await at.command('AT+SQNSRECV=1,2', `\r\n+SQNSRECV: 1,2\r\nde\r\n${OK}`);
    await at.command('AT+SQNSRECV=1,1500', `\r\n+SQNSRECV: 1,3\r\nfgh\r\n${OK}`);
  },
  'callers-refused': async () => {
    const port = await freePort();
    const { at } = await openTerminal({ faults: ['callers-refused'] });
    await at.command(`AT+SQNSL=1,1,${port}`, OK);
    await TcpEnd.call(port);
    await at.expect(line('+SQNSRING: 1'));
    await expect(TcpEnd.call(port)).rejects.toThrow(/ECONNREFUSED/);
    await at.command('AT+SQNSA=1,1', OK);
    await expect(TcpEnd.call(port)).rejects.toThrow(/ECONNREFUSED/);
  },
} as const;

/** Others that are for TCP too. */
export const sharedSwitches = {
  'close-drops-data': async () => {
    const { at, peer } = await streaming('close-drops-data');
    peer.socket.end('abc');
    await at.expect(line('+SQNSRING: 1,3') + line('+SQNSH: 1'));
    await at.command('AT+SQNSRECV=1,3', STATE);
  },
  'close-unannounced': async () => {
    const { at, sim, peer } = await streaming('close-unannounced');
    peer.socket.end('abc');
    await at.expect(line('+SQNSRING: 1,3'));
    while (sim.connectionsOpen > 0) await new Promise(setImmediate);
    await at.command('AT+SQNSRECV=1,3', `\r\n+SQNSRECV: 1,3\r\nabc\r\n${OK}`);
    await at.quiet();
  },
} as const;
