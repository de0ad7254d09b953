/** Programs that share a modem which restarts: each has its sockets again, and none those of the other. */
import { describe, expect, test } from 'vitest';
import { TYPICAL } from '../e2e/modems.ts';
import { dial, expectBytes, openEcho, until } from '../e2e/streams.ts';
import { nastyBytes } from '../support/nasty-bytes.ts';
import { openOver, openShared } from './bench.ts';

const SEED = 77;

describe.each(TYPICAL)('$name', ({ simOptions }) => {
  test(`two programs, three restarts, seed ${SEED}`, { timeout: 120_000 }, async () => {
    const { sim, port, modem: shared } = await openShared(simOptions);
    const echo = await openEcho();
    const programs = [await openOver(port), await openOver(port)];
    for (let round = 0; round < 3; round++) {
      const sockets = await Promise.all(programs.map(({ net }) => dial(net, echo)));
      for (const [index, socket] of sockets.entries()) {
        const bytes = nastyBytes(4_000, SEED + 10 * round + index);
        const echoed = expectBytes(socket, bytes, `round ${round}, program ${index}`);
        socket.write(bytes);
        await echoed;
      }
      expect(sim.connectionsOpen).toBe(2);
      const closed = sockets.map(socket => {
        socket.on('error', () => {});
        socket.write(nastyBytes(20_000, round));
        return new Promise(resolve => socket.once('close', resolve));
      });
      sim.restart();
      await Promise.all(closed);
      await until(
        'all are back',
        () => shared.run !== undefined && programs.every(({ state }) => state === 'ready'),
      );
    }
    expect(sim.connectionsOpen).toBe(0);
  });
});
