/** Mutated unsolicited lines (reliability.md F19): nothing throws, and nothing is read for an id that is not ours. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { AtError } from '../../src/at/at-error.ts';
import type { PortEvents } from '../../src/driver/port.ts';
import { createRandom, type Random } from '../../src/util/random.ts';
import { startSimDriver } from '../support/sim-driver.ts';
import { runs, timeLimit } from './runs.ts';

const COUNT = runs(10_000);
const SEED = 19;
const NUMBERS = ['99', '-1', '007', '0', '', 'NaN', '7'.repeat(40), '2147483648', '1.5', '"1"'];

const DIALECTS = [
  {
    commandSet: 'sequans',
    lines: ['+SQNSRING: 4', '+SQNSRING: 4,5', '+SQNSH: 4', '+SQNSSHDN: 4', '+CEREG: 4', '+SQNSRECV: 4,0'],
    /** Commands that name a connection, and it. */
    names: /^AT\+SQNS(?:RECV|I|H|A|SENDEXT)=(\d+)/,
    opens: /^AT\+SQNSD=(\d+)/,
  },
  {
    commandSet: 'quectel-qfwd',
    lines: [
      '+QFWDURC: "client/read",4',
      '+QFWDURC: "client/close",4',
      '+QFWDURC: "client/open",4,0',
      '+QFWDURC: "server/open",4,0',
      '+CEREG: 4',
      '+QFWDACK: 4,0',
    ],
    names: /^AT\+QFWD(?:RECV|ACK|S?CLOSE|SEND)=(\d+)/,
    opens: /^AT\+QFWDCLIENT=\d+,(\d+)/,
  },
] as const;

const OWNER: PortEvents = { readable: () => {}, closed: () => {} };

describe.each(DIALECTS)('$commandSet', ({ commandSet, lines, names, opens }) => {
  test(`${COUNT} of them, seed ${SEED}`, { timeout: timeLimit(60_000) }, async () => {
    const random = createRandom(SEED);
    const { driver, sim, close } = await startSimDriver({ commandSet });
    onTestFinished(close);
    const remote = { address: '127.0.0.1', port: 9, family: 4 } as const;
    const port = await driver.openUdp({ family: 4, port: 0, remote }, OWNER);
    const ours = idsOf(sim.received, opens);
    expect(ours.size).toBeGreaterThan(0);
    // A line that announces data may hide an answer, which then is an error and never a wrong one.
    const look = (): Promise<unknown> =>
      driver.network().catch(error => expect(error).toBeInstanceOf(AtError));
    for (let index = 0; index < COUNT; index++) {
      const line = mutated(lines[random(lines.length)] ?? '', random);
      // What says that one of ours is gone may be believed.
      if (![...ours].some(id => line.includes(id))) sim.urc(line);
      if (index % 100 === 0) await look();
    }
    await look();
    await driver.network();
    expect([...idsOf(sim.received, names)].filter(id => !ours.has(id))).toEqual([]);
    await port.close();
    expect(sim.connectionsOpen).toBe(0);
  });
});

const idsOf = (received: readonly string[], command: RegExp): Set<string> =>
  new Set(received.flatMap(line => command.exec(line)?.[1] ?? []));

function mutated(line: string, random: Random): string {
  const pick = (): string => NUMBERS[random(NUMBERS.length)] ?? '';
  const at = random(line.length);
  switch (random(5)) {
    case 0:
      return line.replace('4', pick());
    case 1:
      return line.slice(0, at) + line.slice(at + 1 + random(3));
    case 2:
      return line.slice(0, at) + String.fromCharCode(32 + random(95)) + line.slice(at);
    case 3:
      return `${line},${pick()}`;
    default:
      return line.slice(0, at);
  }
}
