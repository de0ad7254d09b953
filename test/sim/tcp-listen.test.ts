/** TCP that calls the modem: listening, callers, SQNSA, refusing, and two sockets of one modem. */
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort, TcpEnd, TcpService } from './tcp-peer.ts';
import { error, line, OK, openTerminal, type Terminal } from './terminal.ts';

const PROMPT = '\r\n> ';
const STATE = error(4);

async function status(at: Terminal, id = 1): Promise<string> {
  at.write('AT+SQNSS\r');
  const [, found = ''] = await at.match(
    new RegExp(`\\r\\n\\+SQNSS: (${id},.*)\\r\\n(?:.*\\r\\n)*\\r\\nOK\\r\\n`),
  );
  return found;
}

async function send(at: Terminal, id: number, payload: string): Promise<void> {
  await at.command(`AT+SQNSSENDEXT=${id},${payload.length}`, PROMPT);
  at.write(payload);
  await at.match(/\r\nOK\r\n/);
}

const received = (id: number, data: string): string =>
  `\r\n+SQNSRECV: ${id},${data.length}\r\n${data}\r\n${OK}`;

/** What a caller meets who is not wanted: refused, or reset if the kernel was quicker than the modem. */
async function refused(port: number): Promise<void> {
  const caller = TcpEnd.call(port).then(end => end.ended());
  await expect(caller).rejects.toThrow(/ECONNREFUSED/);
}

describe.each([
  ['127.0.0.1', '100.64.0.1', '0.0.0.0', 1],
  ['::1', '2001:db8:0:1::1', '::', 2],
] as const)('listening on %s', (loopback, own, nobody, family) => {
  it('rings for a caller, whom SQNSA accepts under the same id', async () => {
    const port = await freePort(loopback);
    const { at, sim } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=1,1,0,0,0,0', OK);
    await at.command(`AT+SQNSL=1,${family},${port}`, OK);
    expect(await status(at)).toBe(`1,4,"${own}",${port},"${nobody}",0,0`);
    await at.command('AT+SQNSSENDEXT=1,1', STATE);
    await at.command('AT+SQNSRECV=1,1', STATE);
    await at.command('AT+SQNSA=1,1', STATE);
    const caller = await TcpEnd.call(port, loopback);
    await at.expect(line('+SQNSRING: 1'));
    expect(await status(at)).toBe(`1,5,"${own}",${port},"${loopback}",${caller.socket.localPort},0`);
    caller.socket.write('first');
    for (let waiting = ''; waiting !== '5'; ) {
      at.write('AT+SQNSI=1\r');
      [, waiting = ''] = await at.match(/\r\n\+SQNSI: 1,0,0,(\d),0\r\n\r\nOK\r\n/);
    }
    await at.command('AT+SQNSSENDEXT=1,1', STATE);
    await at.command('AT+SQNSRECV=1,1', STATE);
    await at.command('AT+SQNSA=1,0', STATE);
    await at.command('AT+SQNSA=1,1', OK + line('+SQNSRING: 1,5'));
    expect(await status(at)).toBe(`1,3,"${own}",${port},"${loopback}",${caller.socket.localPort},0`);
    await at.command('AT+SQNSRECV=1,1500', received(1, 'first'));
    await send(at, 1, 'answer');
    expect(await caller.text(6)).toBe('answer');
    await at.command('AT+SQNSH=1', OK);
    expect(await caller.ended()).toBe('end');
    expect(await status(at)).toBe('1,0');
    expect(sim.connectionsOpen).toBe(0);
  });
});

describe('a listener', () => {
  it('serves callers that come at once, each on an id of its own, with all that they said early', async () => {
    const port = await freePort();
    const { at } = await openTerminal();
    await at.command([1, 2, 3].map(id => `${id === 1 ? 'AT' : ''}+SQNSCFGEXT=${id},1,0,0,0,0`).join(';'), OK);
    await at.command(`AT+SQNSL=1,1,${port}`, OK);
    const callers = await Promise.all([1, 2, 3].map(() => TcpEnd.call(port)));
    const early = (index: number): Buffer => Buffer.from(Array.from({ length: 256 }, (_, at) => at ^ index));
    for (const [index, caller] of callers.entries()) caller.socket.write(early(index));
    await at.expect(line('+SQNSRING: 1'));
    const served = new Set<number>();
    for (const id of [1, 2, 3]) {
      if (id > 1) await at.command(`AT+SQNSL=${id},1,${port}`, OK + line(`+SQNSRING: ${id}`));
      const remote = Number((await status(at, id)).split(',')[5]);
      const index = callers.findIndex(caller => caller.socket.localPort === remote);
      served.add(index);
      for (let waiting = ''; waiting !== '256'; ) {
        at.write(`AT+SQNSI=${id}\r`);
        [, waiting = ''] = await at.match(/\r\n\+SQNSI: \d,0,0,(\d+),0\r\n\r\nOK\r\n/);
      }
      await at.command(`AT+SQNSA=${id},1`, OK + line(`+SQNSRING: ${id},256`));
      await at.command(`AT+SQNSRECV=${id},1500`, received(id, early(index).toString('latin1')));
      await send(at, id, `hello ${index}`);
      expect(await callers[index]?.text(7)).toBe(`hello ${index}`);
    }
    expect([...served].sort()).toEqual([0, 1, 2]);
  });

  it('lets callers wait as long as one lives that has listened on the port, and resets them then', async () => {
    const port = await freePort();
    const { at } = await openTerminal();
    await at.command(`AT+SQNSL=1,1,${port}`, OK);
    await TcpEnd.call(port);
    await at.expect(line('+SQNSRING: 1'));
    await at.command('AT+SQNSA=1,1', OK);
    await at.command(`AT+SQNSL=2,1,${port}`, OK);
    await at.command(`AT+SQNSL=3,1,${port}`, STATE);
    await at.command(`AT+SQNSL=2,0,${port}`, OK);
    const second = await TcpEnd.call(port);
    second.socket.write('second');
    await at.command(`AT+SQNSL=2,1,${port}`, OK + line('+SQNSRING: 2'));
    const third = await TcpEnd.call(port);
    await at.command('AT+SQNSH=1', OK);
    await at.command(`AT+SQNSL=1,1,${port}`, OK + line('+SQNSRING: 1'));
    const last = await TcpEnd.call(port);
    for (const [id, caller] of [
      [1, third],
      [2, second],
    ] as const) {
      expect(last.outcome).toBeUndefined();
      await at.command(`AT+SQNSH=${id}`, OK);
      expect(await caller.ended()).toBe('end');
    }
    expect(await last.ended()).toBe('ECONNRESET');
    await refused(port);
  });

  it('needs a port that is free, and gives it back', async () => {
    const service = await TcpService.open();
    const { at, sim } = await openTerminal();
    await at.command(`AT+SQNSL=1,1,${service.port}`, STATE);
    expect(await status(at)).toBe('1,0');
    const port = await freePort();
    await at.command(`AT+SQNSL=1,1,${port},255`, OK);
    await at.command(`AT+SQNSL=2,1,${port}`, STATE);
    await at.command(`AT+SQNSL=1,1,${port}`, STATE);
    await at.command(`AT+SQNSLUDP=1,0,${port}`, STATE);
    await at.command(`AT+SQNSL=1,0,${port}`, OK);
    await refused(port);
    await at.command(`AT+SQNSL=1,0,${port}`, STATE);
    await at.command(`AT+SQNSL=2,1,${port}`, OK);
    await at.command('AT+SQNSH=2', OK);
    expect(sim.connectionsOpen).toBe(0);
    await refused(port);
  });

  it('refuses a caller with SQNSH, and is closed then', async () => {
    const port = await freePort();
    const { at } = await openTerminal();
    await at.command(`AT+SQNSL=1,1,${port}`, OK);
    const caller = await TcpEnd.call(port);
    await at.expect(line('+SQNSRING: 1'));
    await at.command('AT+SQNSH=1', OK);
    expect(await caller.ended()).toBe('end');
    expect(await status(at)).toBe('1,0');
    await refused(port);
  });

  it('with listenAutoRsp rings for the caller and then for its data, without SQNSA', async () => {
    const port = await freePort();
    const { at } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=1,1,0,0,1,0', OK);
    await at.command(`AT+SQNSL=1,1,${port}`, OK);
    const caller = await TcpEnd.call(port);
    await at.expect(line('+SQNSRING: 1'));
    expect(await status(at)).toMatch(/^1,2,/);
    caller.socket.write('abc');
    await at.expect(line('+SQNSRING: 1,3'));
    await send(at, 1, 'x');
    expect(await caller.text(1)).toBe('x');
  });

  it('tells the end of a caller who left early only after SQNSA, with what he said', async () => {
    const port = await freePort();
    const { at } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=1,1,0,0,0,0', OK);
    await at.command(`AT+SQNSL=1,1,${port}`, OK);
    const caller = await TcpEnd.call(port);
    await at.expect(line('+SQNSRING: 1'));
    caller.socket.end('bye');
    for (let waiting = ''; waiting !== '3'; ) {
      at.write('AT+SQNSI=1\r');
      [, waiting = ''] = await at.match(/\r\n\+SQNSI: 1,0,0,(\d),0\r\n\r\nOK\r\n/);
    }
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    await at.command('AT+SQNSA=1,1', OK + line('+SQNSRING: 1,3') + line('+SQNSH: 1'));
    await at.command('AT+SQNSRECV=1,1500', received(1, 'bye'));
  });

  it('tells at once that a caller has reset', async () => {
    const port = await freePort();
    const { at } = await openTerminal();
    await at.command(`AT+SQNSL=1,1,${port}`, OK);
    const caller = await TcpEnd.call(port);
    await at.expect(line('+SQNSRING: 1'));
    caller.socket.resetAndDestroy();
    await at.expect(line('+SQNSH: 1'));
    await at.command('AT+SQNSA=1,1', STATE);
    expect(await status(at)).toBe('1,0');
  });

  it('is gone with the network, and with a restart', async () => {
    const port = await freePort();
    const { at, sim } = await openTerminal();
    await at.command(`AT+SQNSL=1,1,${port}`, OK);
    await at.command('AT+CFUN=4', line('+SQNSH: 1') + OK);
    await refused(port);
    await at.command('AT+CFUN=1', OK);
    await at.command(`AT+SQNSL=1,1,${port}`, OK);
    sim.restart();
    await at.expect(line('+SYSSTART'));
    await refused(port);
    const server = createServer();
    await new Promise<void>((resolve, reject) =>
      server.on('error', reject).listen(port, '127.0.0.1', resolve),
    );
    await new Promise(resolve => server.close(resolve));
  });
});

it('two sockets of one modem talk to each other, under its own address', async () => {
  const port = await freePort();
  const { at } = await openTerminal();
  await at.command('AT+SQNSCFGEXT=1,1,0,0,0,0;+SQNSCFGEXT=2,1,0,0,0,0', OK);
  await at.command(`AT+SQNSL=1,1,${port}`, OK);
  at.write(`AT+SQNSD=2,0,${port},"100.64.0.1",0,0,1\r`);
  await at.match(/\+SQNSRING: 1\r\n(?:.*\r\n)*OK\r\n|OK\r\n(?:.*\r\n)*\+SQNSRING: 1\r\n/);
  await at.command('AT+SQNSA=1,1', OK);
  await at.command('AT+SQNSSENDEXT=2,5', PROMPT);
  at.write('hello');
  await at.match(/\+SQNSRING: 1,5\r\n/);
  await at.command('AT+SQNSRECV=1,1500', received(1, 'hello'));
  await at.command('AT+SQNSH=1', OK);
  await at.expect(line('+SQNSH: 2'));
});

describe('switches of listeners', () => {
  /** One caller accepted by socket 1. */
  async function accepted(...faults: string[]): Promise<{ at: Terminal; port: number; caller: TcpEnd }> {
    const port = await freePort();
    const { at } = await openTerminal({ faults });
    await at.command('AT+SQNSCFGEXT=1,1,0,0,0,0', OK);
    await at.command(`AT+SQNSL=1,1,${port}`, OK);
    const caller = await TcpEnd.call(port);
    await at.expect(line('+SQNSRING: 1'));
    await at.command('AT+SQNSA=1,1', OK);
    return { at, port, caller };
  }

  it('listener-returns: after a close by the host, and after a refusal', async () => {
    const { at, port } = await accepted('listener-returns', 'callers-refused');
    await refused(port);
    await at.command('AT+SQNSH=1', OK);
    expect(await status(at)).toBe(`1,4,"100.64.0.1",${port},"0.0.0.0",0,0`);
    await TcpEnd.call(port);
    await at.expect(line('+SQNSRING: 1'));
    await at.command('AT+SQNSH=1', OK);
    expect(await status(at)).toMatch(/^1,4,/);
    await at.command(`AT+SQNSL=1,0,${port}`, OK);
    await refused(port);
  });

  it('listener-returns: after a close by the peer, once nothing is left to read', async () => {
    const { at, port, caller } = await accepted('listener-returns');
    caller.socket.end();
    await at.expect(line('+SQNSH: 1'));
    expect(await status(at)).toMatch(/^1,4,/);
    const second = await TcpEnd.call(port);
    await at.expect(line('+SQNSRING: 1'));
    await at.command('AT+SQNSA=1,1', OK);
    second.socket.end('bye');
    await at.expect(line('+SQNSRING: 1,3') + line('+SQNSH: 1'));
    expect(await status(at)).toBe('1,0');
    await at.command('AT+SQNSRECV=1,1500', received(1, 'bye'));
    await at.command('AT+SQNSH=1', OK);
    expect(await status(at)).toMatch(/^1,4,/);
  });

  it('callers-refused: while one is there, until another id listens on the port', async () => {
    const { at, port, caller } = await accepted('callers-refused');
    await refused(port);
    await at.command(`AT+SQNSL=2,1,${port}`, OK);
    await TcpEnd.call(port);
    await at.expect(line('+SQNSRING: 2'));
    await refused(port);
    await at.command('AT+SQNSA=2,1', OK);
    await at.command(`AT+SQNSL=3,1,${port}`, OK);
    await at.command(`AT+SQNSL=3,0,${port}`, OK);
    await refused(port);
    await send(at, 1, 'one');
    expect(await caller.text(3)).toBe('one');
  });

  it('listener-returns: not while another id listens on the port, nor once its id was used anew', async () => {
    const { at, port, caller } = await accepted('listener-returns');
    await at.command(`AT+SQNSL=2,1,${port}`, OK);
    await at.command('AT+SQNSH=1', OK);
    expect(await status(at)).toBe('1,0');
    expect(await caller.ended()).toBe('end');
    const second = await TcpEnd.call(port);
    await at.expect(line('+SQNSRING: 2'));
    await at.command('AT+SQNSA=2,1', OK);
    second.socket.end('bye');
    await at.expect(line('+SQNSRING: 2') + line('+SQNSH: 2'));
    await at.command('AT+SQNSD=2,1,9,"127.0.0.1",0,0,1', OK);
    await refused(port);
  });

  it('listener-returns: callers that wait are served one after the other', async () => {
    const { at, port, caller } = await accepted('listener-returns');
    const callers = [await TcpEnd.call(port), await TcpEnd.call(port)];
    for (const [index, one] of callers.entries()) one.socket.write(`caller ${index}`);
    await at.command('AT+SQNSH=1', OK + line('+SQNSRING: 1'));
    expect(await caller.ended()).toBe('end');
    await at.command('AT+SQNSA=1,1', OK + line('+SQNSRING: 1,8'));
    await at.command('AT+SQNSRECV=1,1500', received(1, 'caller 0'));
    callers[0]?.socket.end();
    await at.expect(line('+SQNSH: 1') + line('+SQNSRING: 1'));
    await at.command('AT+SQNSA=1,1', OK + line('+SQNSRING: 1,8'));
    await at.command('AT+SQNSRECV=1,1500', received(1, 'caller 1'));
    await at.command('AT+SQNSH=1', OK);
    expect(await status(at)).toMatch(/^1,4,/);
  });
});
