/** The modem is lost under its sockets and recovered: connections end, datagram sockets and servers come back. */
import { once } from 'node:events';
import nodeNet, { type AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Modem } from '../../src/index.ts';
import type { ByteStream, TransportDecorator } from '../../src/transport/transport.ts';
import { startOutage } from '../faults/outage.ts';
import { type Bench, openBench, TYPICAL } from './modems.ts';
import { bind, connect, deadline, openPeer, openSocket, send } from './sockets.ts';

const HERE = '127.0.0.1';
const ROUNDS = 3;

/** The line that is open now. */
interface Line {
  current?: ByteStream;
}

const capture =
  (line: Line): TransportDecorator =>
  transport => ({
    name: transport.name,
    open: async signal => {
      line.current = await transport.open(signal);
      return line.current;
    },
  });

/** What open sockets hear: whether the modem has forgotten them, or is away (reliability.md 2.4). */
const FAULTS: readonly [name: string, code: string, lose: (bench: Bench, line: Line) => unknown][] = [
  ['it restarts', 'ECONNRESET', ({ sim }) => sim.restart()],
  [
    'it restarts without a word',
    'ECONNRESET',
    ({ sim, modem }) => {
      sim.restart({ silent: true });
      // What finds out, some seconds before the health check would.
      modem.at.send('I').catch(() => {});
    },
  ],
  ['it loses its context', 'ECONNRESET', ({ sim }) => startOutage(sim, 'context')],
  ['its port vanishes', 'ENETDOWN', (_, line) => line.current?.destroy()],
  [
    'it restarts while its port is away',
    'ENETDOWN',
    ({ sim }, line) => {
      line.current?.destroy();
      sim.restart();
    },
  ],
];

async function isReady(modem: Modem): Promise<void> {
  while (modem.state !== 'ready') await once(modem, 'state', { signal: AbortSignal.timeout(20_000) });
}

/** One byte there and back. */
async function echo(port: number): Promise<string> {
  const caller = nodeNet.connect(port, HERE).on('error', () => {});
  onTestFinished(() => void caller.destroy());
  caller.write('x');
  const [data] = await once(caller, 'data', { signal: AbortSignal.timeout(10_000) });
  caller.destroy();
  return String(data);
}

describe.each(TYPICAL)('$name', ({ simOptions }) => {
  test.each(FAULTS)('%s, again and again', async (_, code, lose) => {
    const line: Line = {};
    const bench = await openBench(simOptions, {}, capture(line));
    const { modem } = bench;
    const peer = await openPeer();
    const { socket: bound, inbox } = openSocket(modem.dgram);
    const { socket: connected, inbox: answers } = openSocket(modem.dgram);
    await bind(bound, 0, HERE);
    await connect(connected, peer);
    const server = modem.net.createServer(socket => socket.on('error', () => {}).pipe(socket));
    server.listen(0, HERE);
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { port: boundPort } = bound.address();
    const far = nodeNet.createServer(socket => socket.on('error', () => {})).listen(0, HERE);
    await once(far, 'listening');
    onTestFinished(() => void far.close());

    for (let round = 0; round < ROUNDS; round++) {
      const connection = modem.net.connect((far.address() as AddressInfo).port, HERE);
      await once(connection, 'connect');
      const log: string[] = [];
      connection.on('error', (error: NodeJS.ErrnoException) => log.push(`error ${error.code}`));
      for (const event of ['end', 'close']) connection.on(event, () => log.push(event));
      const ended = deadline<void>('the connection ends', resolve => connection.on('close', () => resolve()));
      const recovering = once(modem, 'state', { signal: AbortSignal.timeout(10_000) });
      await lose(bench, line);
      expect(await recovering).toEqual(['recovering']);
      await expect(send(bound, 'lost', peer)).rejects.toMatchObject({ code: 'ENETDOWN' });
      await ended;
      expect(log).toEqual([`error ${code}`, 'close']);

      await isReady(modem);
      await send(bound, 'bound', peer);
      await send(connected, 'connected');
      const heard = await peer.inbox.take(2);
      expect(heard.map(({ data }) => String(data))).toEqual(['bound', 'connected']);
      const errors = [...inbox.errors.splice(0), ...answers.errors.splice(0)];
      expect(errors).toMatchObject([{ code }, { code }]);
      peer.socket.send('to the bound', boundPort, HERE);
      peer.socket.send('to the connected', connected.address().port, HERE);
      expect(String((await inbox.takeOne()).data)).toBe('to the bound');
      expect(String((await answers.takeOne()).data)).toBe('to the connected');
      expect(await echo(port)).toBe('x');
    }
  });
});
