/** Restarts, what survives them, power off, pace, and that nothing is left behind. */
import { existsSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSim } from '../../src/sim/index.ts';
import { freePort, TcpService } from './tcp-peer.ts';
import { error, line, OK, openTerminal, Terminal } from './terminal.ts';

const BOOT = line('+SYSSTART');

/** Open descriptors of this process, where the system tells. */
const descriptors = (): number => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);

/** What of the network keeps this process alive. */
const activeSockets = (): string[] =>
  process
    .getActiveResourcesInfo()
    .filter(name => /^(TCP|UDP)/.test(name))
    .sort();

afterEach(() => void vi.useRealTimers());

describe('a restart', () => {
  it('forgets sockets, echo and registers; keeps NVRAM', async () => {
    const { at, sim } = await openTerminal();
    await at.command('AT+CEREG=1;+CMEE=2;+SQNSCFGEXT=1,1,0,0;+SQNSCFG=2,1,0,0,600,50;S10=9', OK);
    await at.command('AT+SQNSD=1,1,7,"127.0.0.1",0,0,1', OK);
    sim.restart();
    await at.expect(BOOT + line('+CEREG: 2') + line('+CEREG: 1'));
    expect(sim.connectionsOpen).toBe(0);
    await at.command('ATE0', `ATE0\r${OK}`);
    await at.command('AT+CMEE?;+CEREG?;S10?', line('+CMEE: 2') + line('+CEREG: 1,1') + line('014') + OK);
    at.write('AT+SQNSCFGEXT?;+SQNSCFG?\r');
    await at.match(/\+SQNSCFGEXT: 1,1,0,0,0,0\r\n(.*\r\n)*\+SQNSCFG: 2,1,0,0,600,50\r\n(.*\r\n)*OK\r\n/);
  });

  it('in the middle of a payload ends the command', async () => {
    const { at, sim } = await openTerminal();
    await at.command('AT+SQNSD=1,1,7,"127.0.0.1",0,0,1', OK);
    await at.command('AT+SQNSSENDEXT=1,5', '\r\n> ');
    at.write('abc');
    await new Promise(setImmediate);
    sim.restart();
    await at.expect(BOOT);
    at.write('AT\r');
    await at.expect(`AT\r${OK}`);
  });

  it('while a command waits takes its answer away', async () => {
    const { at, sim } = await openTerminal({ latency: 20 });
    at.write('AT+CMEE=2;+CMEE?\r');
    while (sim.received.length < 2) await new Promise(setImmediate);
    sim.restart();
    await at.expect(BOOT);
    await at.command('AT+CMEE?', `AT+CMEE?\r${line('+CMEE: 1')}${OK}`);
  });

  it('is asked for by ^RESET and by +CFUN', async () => {
    const { at } = await openTerminal();
    await at.command('AT^RESET', OK + line('+SHUTDOWN') + BOOT);
    await at.command('ATE0', `ATE0\r${OK}`);
    await at.command('AT+CFUN=4,1', OK + BOOT);
    await at.command('AT+CFUN?', `AT+CFUN?\r${line('+CFUN: 4')}${OK}`);
  });

  it('after SQNSFACTORYRESET brings the settings of the factory back', async () => {
    const { at, sim } = await openTerminal();
    await at.command('AT+SQNSFACTORYRESET;+CMEE?', line('+CMEE: 1') + OK);
    sim.restart();
    await at.expect(BOOT);
    await at.command('AT+CMEE?', `AT+CMEE?\r${line('+CMEE: 0')}${OK}`);
  });

  it('is all that wakes it after SQNSSHDN', async () => {
    const { at, sim } = await openTerminal();
    await at.command('AT+SQNSSHDN', OK + line('+SHUTDOWN'));
    at.write('AT\r');
    sim.urc('+CEREG: 1');
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    sim.restart();
    await at.expect(BOOT);
  });
});

describe('the pace', () => {
  it('is a tenth of the baud rate in bytes, both ways', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const sim = createSim({ baud: 9600 });
    const stream = await sim.transport.open();
    const terminal = new Terminal(stream);
    const settle = () => new Promise(setImmediate);
    terminal.write(`AT${' '.repeat(957)}\r`);
    await settle();
    for (let ms = 0; ms < 500; ms++) vi.advanceTimersByTime(1);
    // Half a second is 480 bytes. A piece may be short of one by rounding, and the echo is a piece behind.
    expect(sim.bytes.fromHost).toBeGreaterThanOrEqual(479);
    expect(sim.bytes.fromHost).toBeLessThanOrEqual(480);
    expect(sim.bytes.toHost).toBeGreaterThanOrEqual(477);
    expect(sim.bytes.toHost).toBeLessThanOrEqual(sim.bytes.fromHost);
    vi.advanceTimersByTime(500);
    await settle();
    expect(sim.bytes.fromHost).toBe(960);
    // A late timer is made up for: there is no drift.
    for (let step = 0; step < 20; step++) {
      vi.advanceTimersByTime(1);
      await settle();
    }
    expect(sim.bytes.toHost).toBe(966);
  });

  it('is kept over a long run of lines', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const sim = createSim({ baud: 115200 });
    await sim.transport.open();
    for (let n = 0; n < 5000; n++) sim.urc('x'.repeat(19));
    for (let ms = 0; ms < 10_000; ms += 7) vi.advanceTimersByTime(7);
    expect(sim.bytes.toHost).toBe(5000 * 23);
    for (let n = 0; n < 5000; n++) sim.urc('x'.repeat(19));
    vi.advanceTimersByTime(5000);
    expect(sim.bytes.toHost - 5000 * 23).toBe(57_600);
  });
});

describe('nothing is left', () => {
  it('an open socket, a timer, a search keep no process alive', async () => {
    const before = process.getActiveResourcesInfo().length;
    const { at, sim } = await openTerminal({ searching: 60_000 });
    const { at: other } = await openTerminal();
    await at.command('AT+CEREG?', line('+CEREG: 0,2') + OK);
    await other.command('AT+SQNSD=1,1,7,"127.0.0.1",0,0,1', OK);
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before);
    await sim.close();
    await expect(sim.transport.open()).rejects.toThrow(/closed/);
  });

  it('TCP, waiting, listening or dialling, keeps no process alive either', async () => {
    const service = await TcpService.open();
    const port = await freePort();
    const { at, sim } = await openTerminal();
    const before = activeSockets();
    await at.command(`AT+SQNSD=1,0,${service.port},"127.0.0.1",0,0,1;+SQNSL=2,1,${port}`, OK);
    const peer = await service.caller();
    peer.socket.unref();
    at.write('AT+SQNSD=3,0,80,"192.0.2.1",0,0,1\r');
    while (sim.connectionsOpen < 3) await new Promise(setImmediate);
    expect(activeSockets()).toEqual(before);
    await sim.close();
    expect(await peer.ended()).toBe('ECONNRESET');
  });

  it('400 TCP dials and listens leave no connection and no descriptor', async () => {
    const service = await TcpService.open();
    const port = await freePort();
    const { at, sim } = await openTerminal();
    await at.quiet();
    const before = descriptors();
    for (let n = 0; n < 200; n++) {
      await at.command(`AT+SQNSD=1,0,${service.port},"127.0.0.1",0,0,1`, OK);
      await at.command('AT+SQNSH=1', OK);
      (await service.caller()).socket.destroy();
      await at.command(`AT+SQNSL=2,1,${port};+SQNSH=2`, OK);
    }
    expect(sim.connectionsOpen).toBe(0);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(descriptors()).toBe(before);
  }, 60_000);

  it('10,000 dials and closes leave no connection and no port', async () => {
    const { at, sim } = await openTerminal();
    const before = descriptors();
    for (let n = 0; n < 10_000; n++) {
      const id = (n % 6) + 1;
      await at.command(`AT+SQNSD=${id},1,7,"127.0.0.1",0,0,1`, OK);
      await at.command(`AT+SQNSH=${id}`, OK);
    }
    expect(sim.connectionsOpen).toBe(0);
    expect(descriptors()).toBe(before);
    await at.command('AT+SQNSSENDEXT=1,1', error(4));
  }, 60_000);

  it('many connections, as many as were asked for', async () => {
    const { at, sim } = await openTerminal({ connections: 64 });
    for (let id = 1; id <= 64; id++) await at.command(`AT+SQNSD=${id},1,7,"127.0.0.1",0,0,1`, OK);
    await at.command('AT+SQNSD=65,1,7,"127.0.0.1",0,0,1', error(50));
    expect(sim.connectionsOpen).toBe(64);
    await sim.close();
    expect(sim.connectionsOpen).toBe(0);
  });
});
