/** What the health check finds out, how soon, and what the sockets hear of it. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Clinic, DIALECTS, HOUR_MS, MINUTE_MS, SECOND_MS } from './clinic.ts';

/** Between two looks, and the time-out of a command. */
const ACTIVE_MS = 18 * SECOND_MS;
const IDLE_MS = 63 * SECOND_MS;

const countOf = (clinic: Clinic, line: RegExp): number =>
  clinic.sim.received.filter(one => line.test(one)).length;

describe.each(DIALECTS)('%s', commandSet => {
  const healthy = async (faults: readonly string[] = []): Promise<Clinic> => {
    const clinic = new Clinic({ commandSet, faults });
    await clinic.open();
    await clinic.pass(5 * MINUTE_MS);
    return clinic;
  };

  describe.each([
    ['with a socket open', true, ACTIVE_MS],
    ['without', false, IDLE_MS],
  ] as const)('%s', (_, isOpen, limitMs) => {
    test.each([
      ['a restart without a word', (clinic: Clinic) => clinic.sim.restart({ silent: true })],
      ['one that keeps echo off', (clinic: Clinic) => clinic.sim.restart({ silent: true, keepsEcho: true })],
      ['a context that is gone', (clinic: Clinic) => clinic.sim.loseContexts()],
      ['another address', (clinic: Clinic) => clinic.sim.renumber()],
    ])('%s is found in time; an open socket fails once', async (_what, happen) => {
      const clinic = await healthy();
      const { errors } = isOpen ? await clinic.bind() : { errors: [] };
      happen(clinic);
      expect(await clinic.until('recovering')).toBeLessThanOrEqual(limitMs);
      await clinic.until('ready');
      expect(clinic.entries.map(({ action }) => action)).toEqual(['reopen']);
      // A socket of which the modem itself has told is over before.
      expect(errors.length).toBe(isOpen ? 1 : 0);
      await clinic.pass(HOUR_MS);
      expect(clinic.modem.stats().recoveries).toBe(1);
    });
  });

  test('+CGEV makes it look at once', async () => {
    const clinic = await healthy();
    clinic.sim.loseContexts();
    clinic.sim.urc('+CGEV: NW PDN DEACT 1');
    expect(await clinic.until('recovering')).toBeLessThanOrEqual(2 * SECOND_MS);
  });

  test('a flood of +CGEV costs a look each second at most', async () => {
    const clinic = await healthy();
    const before = countOf(clinic, /S8/);
    for (let line = 0; line < 1_000; line++) {
      clinic.sim.urc('+CGEV: NW MODIFY 1,1,2,0');
      await clinic.pass(10);
    }
    expect(countOf(clinic, /S8/) - before).toBeLessThanOrEqual(11);
    expect(clinic.modem.state).toBe('ready');
  });

  test('the network gives no context for 1,000 s: 25 activations at most', async () => {
    const clinic = await healthy();
    clinic.sim.loseContexts(true);
    await clinic.until('recovering');
    const before = countOf(clinic, /CGACT=1/);
    await clinic.pass(1_000 * SECOND_MS);
    const tries = countOf(clinic, /CGACT=1/) - before;
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThanOrEqual(25);
    clinic.sim.loseContexts(false);
    expect(await clinic.until('ready')).toBeLessThanOrEqual(MINUTE_MS + 2 * SECOND_MS);
  });

  test('while it is recovered everything new fails at once with ENETDOWN', async () => {
    const clinic = await healthy();
    clinic.sim.hang('never');
    await clinic.until('recovering');
    const from = clinic.time.now;
    const stream = clinic.modem.net.connect(1, '127.0.0.1');
    const [error] = await clinic.during(
      'connect',
      once(stream, 'error').catch((cause: unknown) => [cause]),
    );
    expect(error).toMatchObject({ code: 'ENETDOWN' });
    const socket = clinic.modem.dgram.createSocket('udp4');
    const sent = new Promise<unknown>(resolve => socket.send('x', 1, '127.0.0.1', resolve));
    expect(await clinic.during('send', sent)).toMatchObject({ code: 'ENETDOWN' });
    await expect(clinic.during('at', clinic.modem.at.send('I'))).rejects.toMatchObject({ code: 'ENETDOWN' });
    expect(clinic.time.now - from).toBeLessThan(SECOND_MS);
  });

  test('without coverage for long: sockets and servers wait, sends fail at once', async () => {
    const clinic = await healthy();
    const { socket, errors } = await clinic.bind();
    const server = clinic.modem.net.createServer().listen(0);
    server.on('error', (error: NodeJS.ErrnoException) => errors.push(`listen ${error.code}`));
    await clinic.during('listening', once(server, 'listening'));
    const send = (): Promise<unknown> =>
      clinic.during('send', new Promise(resolve => socket.send('x', 1, '127.0.0.1', resolve)));
    clinic.sim.coverage = 'none';
    await clinic.pass(20 * MINUTE_MS);
    const from = clinic.time.now;
    expect((await send()) as Error).toMatchObject({ code: expect.stringMatching(/^ENET(DOWN|UNREACH)$/) });
    expect(clinic.time.now - from).toBeLessThan(SECOND_MS);
    clinic.sim.coverage = 'full';
    await clinic.pass(MINUTE_MS);
    expect(await send()).toBe(null);
    expect(server.listening).toBe(true);
    expect(errors).toEqual(['ECONNRESET']);
    server.close();
  });

  test('nothing disruptive comes between the commands of a long transaction', async () => {
    const clinic = await healthy();
    clinic.sim.reject('radio');
    let end = (): void => {};
    const busy = clinic.modem.at.transaction(() => new Promise<void>(resolve => (end = resolve)));
    await clinic.pass(2 * HOUR_MS);
    expect(clinic.times()).toEqual([]);
    end();
    await clinic.during('transaction', busy);
    await clinic.until('recovering');
    await clinic.until('ready');
    expect(clinic.times('radio')).toHaveLength(1);
  });

  test('a program that resets all settings by hand is told of a lost modem, once', async () => {
    const clinic = await healthy();
    await clinic.during('ATZ', clinic.modem.at.send('Z'));
    await clinic.until('recovering');
    await clinic.until('ready');
    await clinic.pass(HOUR_MS);
    expect(clinic.modem.stats().recoveries).toBe(1);
  });

  test('reopen=off: nobody looks after it, and lost is lost', async () => {
    const clinic = new Clinic({ commandSet }, { reopen: 'off' });
    await clinic.open();
    await clinic.pass(HOUR_MS);
    expect(countOf(clinic, /S8/)).toBe(0);
    clinic.sim.restart();
    await clinic.until('closed');
    expect(clinic.entries).toEqual([]);
  });
});

describe('without S-registers', () => {
  test('a modem that forgets its reports has restarted', async () => {
    const clinic = new Clinic({ commandSet: 'quectel-qfwd', faults: ['no-s-registers'] });
    await clinic.open();
    await clinic.pass(5 * MINUTE_MS);
    clinic.sim.restart({ silent: true, keepsEcho: true });
    expect(await clinic.until('recovering')).toBeLessThanOrEqual(IDLE_MS);
  });

  test.each(DIALECTS)('%s: healthy for a day, nothing is done', async commandSet => {
    const clinic = new Clinic({ commandSet, faults: ['no-s-registers'] });
    await clinic.open();
    await clinic.pass(24 * HOUR_MS);
    expect(clinic.entries).toEqual([]);
  });
});

test('a listener that throws is an uncaught exception, and the modem is brought back all the same', async () => {
  const clinic = new Clinic({ commandSet: 'sequans' });
  await clinic.open();
  const own = process.rawListeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const thrown: unknown[] = [];
  process.on('uncaughtException', error => thrown.push(error));
  try {
    const { modem } = clinic;
    modem.on('state', () => {
      throw new Error('state');
    });
    modem.on('recovery', () => {
      throw new Error('recovery');
    });
    clinic.sim.restart({ silent: true });
    await clinic.pass(5 * MINUTE_MS);
    expect(clinic.states.slice(-2)).toEqual(['recovering', 'ready']);
    expect(thrown.map(error => (error as Error).message)).toEqual(['state', 'recovery', 'state']);
    modem.removeAllListeners('state').removeAllListeners('recovery');
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of own) process.on('uncaughtException', listener as NodeJS.UncaughtExceptionListener);
  }
});
