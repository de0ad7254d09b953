/** What the switches do to reading and sending. */
import { expect } from 'vitest';
import type { SimOptions } from '../../../src/sim/index.ts';
import { freePort } from '../tcp-peer.ts';
import { line, OK, Peer, type Terminal } from '../terminal.ts';
import {
  ERROR,
  type Fault,
  holds,
  openClient,
  openQuectel,
  openServer,
  PROMPT,
  read,
  send,
  tcpClient,
  udpClient,
  urc,
} from './scene.ts';

export function receiving(fault: Fault): void {
  for (const [name, between] of [
    ['recv-comma-crlf', ',\r\n'],
    ['recv-comma-crlf-comma', ',\r\n,'],
    ['recv-comma-cr-comma-lf', ',\r,\n,'],
  ] as const) {
    fault(name, async options => {
      const { at, peer, port } = await udpClient(options);
      peer.send('\r\n,', port);
      await at.expect(urc('client/read', 100));
      await at.command('AT+QFWDRECV=100,1024', `\r\n+QFWDRECV: 100,3${between}\r\n,\r\n${OK}`);
      await read(at, 100, '');
    });
  }
  fault('recv-zero-empty-line', async options => {
    const { at } = await udpClient(options);
    await at.command('AT+QFWDRECV=100,1024', `\r\n+QFWDRECV: 100,0\r\n\r\n${OK}`);
  });
  /** Two datagrams wait, of 3 and 1100 bytes. */
  const waiting = async (options: SimOptions): Promise<Terminal> => {
    const { at, peer, port } = await udpClient(options);
    peer.send('abc', port);
    await at.expect(urc('client/read', 100));
    peer.send('x'.repeat(1100), port);
    await holds(at, 1103);
    return at;
  };
  fault('udp-glue', async options => {
    const at = await waiting(options);
    await read(at, 100, `abc${'x'.repeat(1021)}`);
    await read(at, 100, 'x'.repeat(79));
  });
  fault('oversize-truncate', async options => {
    const at = await waiting(options);
    await read(at, 100, 'abc');
    await read(at, 100, 'x'.repeat(1024));
    await read(at, 100, '');
  });
  fault('read-urc-per-segment', async options => {
    const { at, peer, port } = await udpClient(options);
    for (const text of ['abc', 'de']) {
      peer.send(text, port);
      await at.expect(urc('client/read', 100));
    }
  });
  fault('read-urc-none', async options => {
    const { at, peer, port } = await udpClient(options);
    peer.send('abc', port);
    await holds(at, 3);
    await read(at, 100, 'abc');
  });
  fault('lost-read-urc', async options => {
    const { at, peer, port, sim } = await udpClient(options);
    let told = 0;
    for (let n = 0; n < 100; n++) {
      const before = sim.bytes.toHost;
      peer.send('x', port);
      let polled = 0;
      for (let used = '0'; used === '0'; ) {
        at.write('AT+QFWDACK=100\r');
        const found = await at.match(/\r\n\+QFWDACK: 100,0,10240,10240,(\d),\d+,10240\r\n\r\nOK\r\n/);
        polled += found[0].length;
        used = found[1] ?? '';
      }
      // Everything else that was said is the URC.
      if (sim.bytes.toHost - before > polled) told++;
      at.write('AT+QFWDRECV=100,9\r');
      await at.match(/\r\nx\r\n\r\nOK\r\n/);
    }
    expect(told, 'seed 1').toBeGreaterThan(60);
    expect(told, 'seed 1').toBeLessThan(90);
  });
  fault('read-urc-with-len', async options => {
    const { at, peer, port } = await udpClient(options);
    peer.send('abc', port);
    await at.expect(urc('client/read', 100, 3));
    await at.command('AT+QFWDCFG="urc_with_len",0', OK);
    await read(at, 100, 'abc');
    peer.send('de', port);
    await at.expect(urc('client/read', 100));
  });
  fault('recv-short', async options => {
    const { at, peer } = await tcpClient(options);
    peer.socket.write('abc');
    await at.expect(urc('client/read', 100));
    peer.socket.write('de');
    await holds(at, 5);
    await read(at, 100, 'abc');
    await read(at, 100, 'de');
  });
  for (const [name, shown, any] of [
    ['ipv6-dotted', `${'0.'.repeat(15)}1`, `${'0.'.repeat(15)}0`],
    ['ipv6-bracketed', '[::1]', '[::]'],
  ] as const) {
    fault(name, async options => {
      const [{ at }, peer, port] = [
        await openQuectel(options),
        await Peer.open('::1'),
        await freePort('::1'),
      ];
      await openServer(at, 100, 'udp', { port, family: 'IPV6' });
      peer.send('abc', port);
      const ends = `"${shown}",${peer.port},"${any}",${port}`;
      await at.expect(urc('client/incoming', 100, 1, ends) + urc('client/read', 1));
      await at.command('AT+QFWDSSSTATE=100', line(`+QFWDSSSTATE: 1,1,${ends}`) + OK);
    });
  }
}

export function sending(fault: Fault): void {
  fault('hex-length-chars', async options => {
    const { at, peer } = await udpClient(options);
    await at.command('AT+QFWDSEND=100,1,4', PROMPT);
    at.write('3132');
    await at.expect(line('+QFWDSEND: 100,2') + OK);
    expect((await peer.next()).text).toBe('12');
    await at.command('AT+QFWDSEND=100,1,3', PROMPT);
    at.write('313');
    await at.expect(ERROR);
  });
  fault('hex-limit-chars', async options => {
    const { at, peer } = await udpClient(options);
    await at.command('AT+QFWDSEND=100,1,513', ERROR);
    await at.command('AT+QFWDSEND=100,1', PROMPT);
    at.write(`${'31'.repeat(513)}\x1a`);
    await at.expect(ERROR);
    await at.command('AT+QFWDSEND=100,1', PROMPT);
    at.write(`${'31'.repeat(512)}\x1a`);
    await at.expect(line('+QFWDSEND: 100,512') + OK);
    expect((await peer.next()).text).toBe('1'.repeat(512));
  });
  fault('fixed-not-transparent', async options => {
    const { at, peer } = await udpClient(options);
    await at.command('AT+QFWDSEND=100,0,9', PROMPT);
    at.write('ab\x1a');
    await at.expect(line('+QFWDSEND: 100,2') + OK);
    expect((await peer.next()).text).toBe('ab');
    await at.command('AT+QFWDSEND=100,0,9', PROMPT);
    at.write('ab\x1b');
    await at.expect(OK);
    await at.quiet();
    expect(peer.heard).toEqual([]);
  });
  fault('esc-ignored', async options => {
    const { at, peer } = await udpClient(options);
    await at.command('AT+QFWDSEND=100,0', PROMPT);
    at.write('ab\x1bc\x1a');
    await at.expect(line('+QFWDSEND: 100,4') + OK);
    expect((await peer.next()).text).toBe('ab\x1bc');
  });
  fault('data-echo', async options => {
    const { at } = await openQuectel(options);
    await openClient(at, 100, 'udp', { port: 9 });
    await at.expect(urc('client/open', 100, 0));
    await at.command('AT+QFWDSEND=100,0,3', PROMPT);
    at.write('xyz');
    await at.expect(`xyz${line('+QFWDSEND: 100,3')}${OK}`);
  });
  fault('partial-sends', async options => {
    const { at, peer } = await tcpClient(options);
    let sent = '';
    const counts = new Set<number>();
    for (let n = 0; n < 50; n++) {
      const payload = String(n).padStart(40, 'abcdefghij');
      await at.command('AT+QFWDSEND=100,0,40', PROMPT);
      at.write(payload);
      const [, taken] = await at.match(/\r\n\+QFWDSEND: 100,(\d+)\r\n\r\nOK\r\n/);
      counts.add(Number(taken));
      sent += payload.slice(0, Number(taken));
    }
    expect(await peer.text(sent.length)).toBe(sent);
    expect(counts.size, 'seed 1').toBeGreaterThan(10);
    expect(Math.max(...counts), 'seed 1').toBeLessThanOrEqual(40);
    // A datagram goes whole.
    await openClient(at, 101, 'udp', { port: 9 });
    await at.expect(urc('client/open', 101, 0));
    for (let n = 0; n < 10; n++) await send(at, 101, 'whole');
  });
  fault('send-full-error', async options => {
    const { at, peer } = await tcpClient({ ...options, sendMax: 1024 }, false);
    for (let answer = '> '; answer === '> '; ) {
      at.write('AT+QFWDSEND=100,0,1024\r');
      answer = (await at.match(/^\r\n(> |ERROR\r\n)/))[1] ?? '';
      if (answer !== '> ') continue;
      at.write('x'.repeat(1024));
      await at.expect(line('+QFWDSEND: 100,1024') + OK);
    }
    peer.read();
    for (let used = ''; used !== '0'; ) {
      at.write('AT+QFWDACK=100\r');
      used = (await at.match(/^\r\n\+QFWDACK: 100,(\d+),.*\r\n\r\nOK\r\n/))[1] ?? '';
    }
    await send(at, 100, 'x'.repeat(1024));
  });
}
