/** A modem that goes and comes back under another name: found again, and no other one taken for it. */
import { once } from 'node:events';
import { describe, expect, onTestFinished, type TestContext, test, vi } from 'vitest';
import { Modem } from '../../src/index.ts';
import { createSim, openPty, type SimModem, type SimPty } from '../../src/sim/index.ts';
import { relayed } from '../../src/transport/relay-stream.ts';
import { createSerialTransport } from '../../src/transport/serial.ts';
import { FakeSys } from '../support/fake-sys.ts';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { TYPICAL } from './modems.ts';
import { openEcho, openSocket, send } from './sockets.ts';

/** What may be asked of a modem before it is known to be ours: attention, a fence, its IMEI. */
const IDENTITY_LINES = /^AT(|Q0V1E0|E0|V1|\+CMEE=1|(S10(\?|=\d+))+|\+CGSN)$/;

async function plugged({ transport }: Pick<SimModem, 'transport'>): Promise<SimPty> {
  const pty = await openPty({ transport });
  onTestFinished(() => pty.close());
  return pty;
}

/** A modem that says this in place of the simulator's IMEI. */
const withImei = (imei: string, { transport }: SimModem): Pick<SimModem, 'transport'> => ({
  transport: relayed(() => ({
    sent: chunk => [chunk],
    received: chunk => [Buffer.from(chunk.toString('latin1').replace('004999010640000', imei), 'latin1')],
  }))(transport),
});

function openModem(sys: FakeSys): Modem {
  const transport = createSerialTransport({ path: '/dev/ttyUSB2', root: sys.root });
  const modem = new Modem(async () => ({ options: {}, createTransport: async () => transport }));
  onTestFinished(() => modem.close());
  return modem;
}

async function becomes(modem: Modem, state: string): Promise<void> {
  while (modem.state !== state) await once(modem, 'state');
}

/** A datagram there and back. */
async function expectUsable(modem: Modem): Promise<void> {
  const echo = await openEcho('udp4');
  const { socket, inbox } = openSocket(modem.dgram, 'udp4');
  await send(socket, 'hello', echo);
  expect((await inbox.takeOne()).data.toString()).toBe('hello');
}

describe.each(TYPICAL)('$name', { timeout: 40_000 }, ({ simOptions }) => {
  const create = (): SimModem => {
    const sim = createSim(simOptions);
    onTestFinished(() => sim.close());
    return sim;
  };
  const start = async (skip: TestContext['skip'], serial?: string) => {
    needProgram(skip, 'socat');
    const sys = new FakeSys(temporaryFolder());
    const ours = create();
    const pty = await plugged(ours);
    sys.plugIn('ttyUSB2', { ...(serial && { serial }) }, pty.path);
    const modem = openModem(sys);
    await modem.open();
    await expectUsable(modem);
    const unplug = async (): Promise<void> => {
      sys.unplug('ttyUSB2');
      await pty.close();
      await becomes(modem, 'recovering');
    };
    return { sys, ours, modem, unplug };
  };

  test('back under another name, in another place', async ({ skip }) => {
    const { sys, ours, modem, unplug } = await start(skip, 'A1');
    await unplug();
    const decoy = create();
    sys.plugIn('ttyUSB2', { serial: 'B2' }, (await plugged(decoy)).path);
    sys.plugIn('ttyUSB3', { usbPath: '1-4', serial: 'A1' }, (await plugged(ours)).path);
    await becomes(modem, 'ready');
    await expectUsable(modem);
    expect(decoy.bytes.fromHost).toBe(0);
  });

  test('without USB serial numbers another modem is asked who it is, once, and left alone', async ({
    skip,
  }) => {
    const { sys, ours, modem, unplug } = await start(skip);
    await unplug();
    const decoy = create();
    sys.plugIn('ttyUSB2', {}, (await plugged(withImei('004999010640018', decoy))).path);
    await vi.waitUntil(() => decoy.received.includes('AT+CGSN'), 10_000);
    sys.plugIn('ttyUSB3', { usbPath: '1-4' }, (await plugged(ours)).path);
    await becomes(modem, 'ready');
    await expectUsable(modem);
    expect(decoy.received.filter(line => !IDENTITY_LINES.test(line))).toEqual([]);
    expect(decoy.received.filter(line => line === 'AT+CGSN')).toHaveLength(1);
  });

  test('a modem that is closed while it is missing waits no longer', async ({ skip }) => {
    const { modem, unplug } = await start(skip, 'A1');
    await unplug();
    await modem.close();
    expect(modem.state).toBe('closed');
  });
});
