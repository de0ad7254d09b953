/** A program is killed in the middle of a payload, at each offset: the next one works, and the peer gets no foreign byte (reliability.md F12). */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Modem } from '../../src/index.ts';
import { createSim } from '../../src/sim/index.ts';

const BYTES = 100;
const PAYLOAD = Buffer.alloc(BYTES, 'p');

/** Command lines, and what is waited for. */
const SENDS: Readonly<Record<string, (port: number) => readonly [line: string, until: RegExp][]>> = {
  sequans: port => [
    [`+SQNSD=1,0,${port},"127.0.0.1",0,0,1`, /OK\r\n/],
    [`+SQNSSENDEXT=1,${BYTES}`, /> $/],
  ],
  'quectel-qfwd': port => [
    [`+QFWDCLIENT=1,100,"IP","tcp","127.0.0.1",${port},"usbat"`, /"client\/open",100,0\r\n/],
    [`+QFWDSEND=100,0,${BYTES}`, /> $/],
  ],
};

const offsets = Array.from({ length: BYTES + 1 }, (_, offset) => offset);

test.each(Object.entries(SENDS))('%s', async (dialect, send) => {
  const sim = createSim({ commandSet: dialect as 'sequans' });
  const heard: Buffer[] = [];
  const server = createServer(peer => {
    peer.on('error', () => {}).on('data', data => heard.push(data));
  }).listen(0, '127.0.0.1');
  onTestFinished(async () => {
    await sim.close();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const echo = createServer(peer => peer.on('error', () => {}).pipe(peer)).listen(0, '127.0.0.1');
  onTestFinished(() => void echo.close());
  await once(echo, 'listening');
  const openModem = async (): Promise<Modem> => {
    const modem = new Modem(async () => ({ options: {}, createTransport: async () => sim.transport }));
    await modem.open();
    return modem;
  };
  await (await openModem()).close();

  for (const offset of offsets) {
    heard.length = 0;
    const line = await sim.transport.open();
    let said = '';
    line.on('data', (data: Buffer) => {
      said += data.toString('latin1');
    });
    for (const [command, until] of send(port)) {
      said = '';
      line.write(`AT${command}\r`);
      while (!until.test(said)) await once(line, 'data', { signal: AbortSignal.timeout(5_000) });
    }
    line.write(PAYLOAD.subarray(0, offset));
    line.destroy();

    const modem = await openModem();
    const socket = modem.net.connect((echo.address() as AddressInfo).port, '127.0.0.1');
    socket.write('works');
    const [data] = await once(socket, 'data');
    expect(String(data)).toBe('works');
    socket.destroy();
    await modem.close();
    const got = Buffer.concat(heard);
    expect(got.equals(PAYLOAD.subarray(0, got.length)), `offset ${offset}: ${got.toString('latin1')}`).toBe(
      true,
    );
  }
});
