/** The network takes the context or itself away: no connection ends as if its peer had ended it, and new ones work afterwards. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Modem } from '../../src/index.ts';
import { createSim } from '../../src/sim/index.ts';
import { OUTAGES, startOutage } from '../faults/outage.ts';

const DIALECTS = ['sequans', 'quectel-qfwd'] as const;

/** Until the modem has noticed and is back, a program is told that there is no network. */
async function connected(modem: Modem, port: number): Promise<Socket> {
  for (;;) {
    while (modem.state !== 'ready') await once(modem, 'state', { signal: AbortSignal.timeout(20_000) });
    const socket = modem.net.connect(port, '127.0.0.1');
    const error = await once(socket, 'data').then(
      () => undefined,
      cause => cause,
    );
    if (!error) return socket;
    expect(['ENETUNREACH', 'ENETDOWN', 'ECONNREFUSED', 'ECONNRESET']).toContain(error.code);
  }
}

test.each(DIALECTS.flatMap(dialect => OUTAGES.map(outage => [dialect, outage] as const)))(
  '%s: %s',
  async (dialect, outage) => {
    const sim = createSim({ commandSet: dialect });
    const modem = new Modem(async () => ({ options: {}, createTransport: async () => sim.transport }));
    const server = createServer(peer => {
      peer.on('error', () => {});
      peer.write('half of it');
    }).listen(0, '127.0.0.1');
    onTestFinished(async () => {
      await modem.close();
      await sim.close();
      server.close();
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await modem.open();

    const socket = modem.net.connect(port, '127.0.0.1');
    const events: string[] = [];
    socket.on('end', () => events.push('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => events.push(String(error.code)));
    await once(socket, 'data');
    const end = startOutage(sim, outage);
    await new Promise(resolve => socket.once('close', resolve));
    expect(events).toEqual(['ECONNRESET']);
    end();

    const next = await connected(modem, port);
    next.destroy();
    await once(next, 'close');
  },
);
