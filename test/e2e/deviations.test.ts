/** Deviations from Node that only a modem in view can show. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { GENERATIONS, openBench, TYPICAL } from './modems.ts';
import { bind, openPeer, openSocket } from './sockets.ts';

const HERE = '127.0.0.1';

async function listen(): Promise<number> {
  const server = createServer(socket => socket.on('error', () => {})).listen(0, HERE);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

describe.each(TYPICAL)('$name', ({ simOptions }) => {
  test('the address of the network is its own, a foreign one is refused (deviation bind-address)', async () => {
    const { modem } = await openBench(simOptions);
    const peer = await openPeer();
    const { socket, inbox } = openSocket(modem.dgram);
    socket.bind(0, '192.0.2.9');
    await once(socket, 'error').catch(error => expect(error).toMatchObject({ code: 'EADDRNOTAVAIL' }));
    inbox.errors.length = 0;
    const [own = ''] = (await modem.status()).addresses;
    await bind(socket, 0, own);
    peer.socket.send('x', socket.address().port, HERE);
    expect(String((await inbox.takeOne()).data)).toBe('x');
  });

  test('options of a connection change nothing on the modem (deviation tcp-options)', async () => {
    const { modem, sim } = await openBench(simOptions);
    const socket = modem.net.connect(await listen(), HERE);
    await once(socket, 'connect');
    const before = sim.received.length;
    socket.setNoDelay().setKeepAlive(true, 1_000);
    await modem.at.send('+CSQ');
    expect(sim.received.slice(before)).toEqual(['AT+CSQ']);
    socket.destroy();
    await once(socket, 'close');
  });

  test('close comes when the modem has closed (deviation tcp-close-waits)', async () => {
    const { modem, sim } = await openBench(simOptions);
    const socket = modem.net.connect(await listen(), HERE);
    await once(socket, 'connect');
    const server = modem.net.createServer().listen(0, HERE);
    await once(server, 'listening');
    expect(sim.connectionsOpen).toBe(2);
    socket.destroy();
    await once(socket, 'close');
    expect(sim.connectionsOpen).toBe(1);
    server.close();
    await once(server, 'close');
    expect(sim.connectionsOpen).toBe(0);
  });
});

test.each(GENERATIONS)(
  'sequans, generation %i: others wait while one dials (deviation dial-blocks)',
  async generation => {
    const { modem, sim } = await openBench({ generation }, { reopen: 'off' });
    const { socket } = openSocket(modem.dgram);
    await bind(socket, 0, HERE);
    // Nobody answers there.
    const dialling = modem.net.connect(7, '192.0.2.1').on('error', () => {});
    await vi.waitFor(() => expect(sim.received.at(-1)).toMatch(/^AT\+SQNSD=2/));
    const log: string[] = [];
    socket.send('x', 9, HERE, () => log.push('sent'));
    dialling.setTimeout(200);
    await once(dialling, 'timeout');
    expect(log).toEqual([]);
    expect(sim.received.at(-1)).toMatch(/^AT\+SQNSD=/);
    // It still dials and would not hear that it is to be closed.
    await sim.close();
  },
);
