/** The QFWD driver where two things happen at once, or one that must not: against a played module. */
import { describe, expect, test, vi } from 'vitest';
import type { TcpPort, UdpPort } from '../../../../src/driver/port.ts';
import { Owner, type PlayedModem, peer, playModem, RECORD } from './played-modem.ts';

const data = Buffer.from('hello');

const opened = (modem: PlayedModem): number => modem.count('+QFWDCLIENT=');

async function receiveAll(port: UdpPort): Promise<string[]> {
  const texts: string[] = [];
  for (let next = await port.receive(); next; next = await port.receive())
    texts.push(`${next.remote.address}:${next.remote.port} ${next.data}`);
  return texts;
}

async function bindUdp(options = {}) {
  const played = await playModem(options);
  const owner = new Owner();
  const port = await played.driver.openUdp({ family: 4, port: 2020 }, owner);
  return { ...played, port, owner };
}

describe('the end of everything, while a socket is being opened', () => {
  test('a restart: ENETDOWN at once, not after the limit of a connection', async () => {
    const { modem, driver } = await playModem();
    modem.once('+QFWDCLIENT=', ['OK']);
    const dialling = driver.openTcp(peer(1), new Owner());
    await vi.waitFor(() => expect(opened(modem)).toBe(1));
    modem.say('RDY');
    await expect(dialling).rejects.toMatchObject({ code: 'ENETDOWN' });
    expect(driver.connectionsOpen).toBe(0);
  });

  test.each(['a client', 'a UDP client', 'a server'])(
    'close(): %s is not left open on the module',
    async kind => {
      const { modem, driver } = await playModem();
      modem.on('+QFWDCLIENT=', () => {
        modem.clients.set(100, '100,"Active","tcp","192.0.2.1",7,"10.0.0.1",5000,"usbat"');
        return ['OK'];
      });
      modem.on('+QFWDSEVER=', () => {
        modem.servers.add(100);
        return ['OK'];
      });
      const listening = { connection: () => new Owner(), closed: () => {} };
      const opening =
        kind === 'a client'
          ? driver.openTcp(peer(1), new Owner())
          : kind === 'a server'
            ? driver.listenTcp({ family: 4, port: 2020 }, listening)
            : driver.openUdp({ family: 4, port: 0, remote: peer(1) }, new Owner());
      const refused = expect(opening).rejects.toMatchObject({ code: 'ENETDOWN' });
      await vi.waitFor(() => expect(modem.clients.size + modem.servers.size).toBe(1));
      await driver.close();
      await refused;
      expect(modem.clients.size + modem.servers.size).toBe(0);
      expect(driver.connectionsOpen).toBe(0);
    },
  );
});
