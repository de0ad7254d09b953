/** The connection to the daemon is cut at each byte of a dialogue: no command is carried out twice (reliability.md S26). */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { AtChannel } from '../../src/at/channel.ts';
import { rawCommand } from '../../src/at/index.ts';
import { Modem } from '../../src/index.ts';
import { createTcpTransport } from '../../src/transport/tcp.ts';
import { createRandom } from '../../src/util/random.ts';
import { openPeer } from '../e2e/sockets.ts';
import { until } from '../e2e/streams.ts';
import { openShared, RawClient } from './bench.ts';

const SEED = 26;
const PROGRAMS = 20;

/** Between a client and the daemon. */
class Cutter {
  readonly port: number;
  /** Bytes that still pass, both ways together; then the connection that is there ends. */
  left = Number.POSITIVE_INFINITY;
  passed = 0;

  private constructor(port: number) {
    this.port = port;
  }

  static async open(to: number): Promise<Cutter> {
    const server = createServer({ noDelay: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const cutter = new Cutter((server.address() as { port: number }).port);
    server.on('connection', client => {
      const daemon = connect({ port: to, host: '127.0.0.1', noDelay: true });
      cutter.#relay(client, daemon);
      cutter.#relay(daemon, client);
      onTestFinished(() => void client.destroy());
    });
    return cutter;
  }

  #relay(from: Socket, to: Socket): void {
    from.on('error', () => {});
    from.on('close', () => to.destroy());
    from.on('data', chunk => {
      const passing = chunk.subarray(0, this.left);
      this.passed += passing.length;
      this.left -= passing.length;
      to.write(passing, () => {
        if (this.left > 0) return;
        to.destroy();
        this.left = Number.POSITIVE_INFINITY;
      });
    });
  }
}

/** Lines of two groups: for the modem as it is, and on a connection that is open. */
const DIALOGUES: readonly (readonly [line: string, payload?: string])[] = [
  ['+CGMI'],
  ['+CGMM'],
  ['+CGSN'],
  ['+CSQ'],
  ['+CPIN?'],
  ['+CEREG?'],
  ['+COPS?'],
  ['+CGDCONT?'],
  ['+CGDCONT=5,"IP","cut"'],
  ['+CGMM;+CGMI'],
  ['+CFUN=1'],
  ['+CMGF=1'],
  ['+CMGF=1;+CMGS="+12025550111"', 'only once\x1a'],
  ['+CMGW="+12025550111"', 'kept\x1a'],
  ['+CGPADDR=1'],
  ['+NOPE=1'],
  ['+SQNSS'],
  ['+SQNSCFG=1,1,0,0,600,50'],
  ['+SQNSD=1,1,PORT,"127.0.0.1",0,0,1'],
  ['+SQNSSENDEXT=1,9', 'only once'],
];

test(`${DIALOGUES.length} dialogues, cut at each of their bytes`, { timeout: 120_000 }, async () => {
  const { sim, port } = await openShared({ messages: 200 });
  const cutter = await Cutter.open(port);
  const peer = await openPeer();
  const watcher = new RawClient(port);
  let cuts = 0;
  for (const [text, payload] of DIALOGUES) {
    const line = text.replace('PORT', String(peer.port));
    const open = `+SQNSD=1,1,${peer.port},"127.0.0.1",0,0,1`;
    let length = Number.POSITIVE_INFINITY;
    for (let at = length; at >= 0; at = at === Number.POSITIVE_INFINITY ? length - 1 : at - 1) {
      const stream = await createTcpTransport({ host: '127.0.0.1', port: cutter.port }).open();
      const channel = new AtChannel(stream, { timeoutMs: 2_000 });
      if (line.startsWith('+SQNSSEND')) await channel.send(open);
      const before = sim.received.length;
      const sent = sim.sms.sent.length;
      cutter.passed = 0;
      cutter.left = at;
      await channel
        .execute(rawCommand(line, payload === undefined ? {} : { payload: Buffer.from(payload) }))
        .catch(() => {});
      if (at === Number.POSITIVE_INFINITY) length = cutter.passed;
      else cuts++;
      cutter.left = Number.POSITIVE_INFINITY;
      await channel.close();
      // The daemon has heard all of it when it has closed what the client had open, and has turned to another.
      await until('no connection', () => sim.connectionsOpen === 0);
      await watcher.ask('AT+CMGF?');
      const name = /^\+\w+/.exec(line)?.[0] ?? '';
      const heard = sim.received
        .slice(before)
        .filter(one => one.startsWith(`AT${name}`) && one !== 'AT+CMGF?');
      expect(heard.length, `${line}, cut at ${at}`).toBeLessThanOrEqual(1);
      expect(sim.sms.sent.length - sent, `${line}, cut at ${at}`).toBeLessThanOrEqual(1);
    }
  }
  expect(cuts).toBeGreaterThan(500);
});

test(`${PROGRAMS} programs whose connection is cut open the modem again and repeat nothing, seed ${SEED}`, {
  timeout: 60_000,
}, async () => {
  const random = createRandom(SEED);
  const { sim, port } = await openShared();
  const work = async (index: number): Promise<void> => {
    const cutter = await Cutter.open(port);
    const modem = new Modem(async () => ({
      options: {},
      createTransport: async () => createTcpTransport({ host: '127.0.0.1', port: cutter.port }),
    }));
    onTestFinished(() => modem.close());
    await modem.open();
    const line = `+CGDCONT=${index + 2},"IP","program${index}"`;
    const again = once(modem, 'state').then(() => {});
    // With AT and CR, and OK between ends of line.
    cutter.left = random(line.length + 9);
    await modem.at.send(line).catch(() => {});
    await again;
    await until('ready again', () => modem.state === 'ready');
    expect(sim.received.filter(one => one === `AT${line}`).length).toBeLessThanOrEqual(1);
  };
  await Promise.all(Array.from({ length: PROGRAMS }, (_, index) => work(index)));
});
