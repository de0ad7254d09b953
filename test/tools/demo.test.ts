/** `atsock demo`: what a newcomer sees, and that it would notice a wrong reply. */
import { readFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openModem } from '../../src/modem.ts';
import { talkTcp, talkUdp } from '../../src/tools/demo/program.ts';
import { createScreen } from '../../src/tools/demo/screen.ts';
import { run } from './run-cli.ts';
import { openTcpPeer } from './tcp-peer.ts';
import { openEcho } from './udp-echo.ts';

const hasIpv6 = Object.values(networkInterfaces()).some(list =>
  list?.some(({ address }) => address === '::1'),
);

test('it shows UDP, TCP and the AT dialogue beside it, and ends with what happened', async () => {
  const { code, stdout, stderr } = await run(['demo']);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: hasIpv6 ? '' : expect.stringContaining('no IPv6 loopback address'),
  });
  const count = (pattern: RegExp): number => [...stdout.matchAll(pattern)].length;
  const datagrams = hasIpv6 ? 6 : 3;
  expect(count(/^program \| {3}→ \d+ bytes from \S+, as sent$/gm)).toBe(datagrams);
  expect(count(/^program \| {3}→ 6 bytes, as sent$/gm)).toBe(1);
  expect(count(/^modem {3}\| > {2}AT\+SQNSSENDEXT=/gm)).toBe(datagrams + 1);
  expect(count(/^modem {3}\| > {2}AT\+SQNSH=/gm)).toBe(datagrams / 3 + 1);
  expect(stdout).toContain('modem   | >  AT+SQNDNSLKUP="echo.test",0');
  expect(stdout).toContain(
    `This is what happened\n  UDP: ${datagrams} datagrams went out and ${datagrams} came back`,
  );
  expect(stdout).toContain('  TCP: 1 line went out and 1 came back byte for byte; 9 AT commands');
  expect(stdout.slice(stdout.indexOf('Next\n')).match(/^ {2}npx atsock /gm)).toHaveLength(3);
  expect(stdout).not.toContain('\x1b');
});

test('its trace is whole, start-up included', async () => {
  const file = join(tmpdir(), `atsock-demo-${process.pid}.at`);
  expect(await run(['demo', `--trace=${file}`])).toMatchObject({ code: 0 });
  expect(await readFile(file, 'utf8')).toMatch(/^> {2}AT\+CGMM$.*^> {2}AT\+SQNSH=/ms);
});

test('a reply that is not what was sent is noticed', async () => {
  const { port } = await openEcho(4, data => Buffer.concat([data.subarray(1), data.subarray(0, 1)]));
  await using modem = await openModem('sim:sequans');
  const told: string[] = [];
  const service = { address: '127.0.0.1', port };
  const outcome = await talkUdp(service, modem, text => told.push(text), new AbortController().signal);
  expect(outcome).toEqual({ sent: 3, right: 0 });
  expect(told.filter(text => text.endsWith('NOT AS SENT'))).toHaveLength(3);
});

test('so is a line that comes back changed, and one that does not come', async () => {
  await using modem = await openModem('sim:sequans');
  const talk = (port: number) =>
    talkTcp({ address: '127.0.0.1', port }, modem, () => {}, new AbortController().signal);
  const shouting = await openTcpPeer(socket =>
    socket.on('data', data => socket.write(String(data).toUpperCase())),
  );
  expect(await talk(shouting.port)).toEqual({ sent: 1, right: 0 });
  const rude = await openTcpPeer(socket => socket.on('data', () => socket.resetAndDestroy()));
  await expect(talk(rude.port)).rejects.toThrow('ECONNRESET');
});

describe('the screen', () => {
  const shown = (columns: number | undefined): string[] => {
    const lines: string[] = [];
    const screen = createScreen(
      columns,
      (style, text) => (style === 'cyan' ? `[${text}]` : text),
      line => lines.push(line),
    );
    screen.program('send()');
    screen.modem('>  AT');
    screen.modem(`<  ${'x'.repeat(200)}`);
    screen.program('close()');
    screen.say('end');
    return lines;
  };

  test('has two columns where there is room', () => {
    expect(shown(100)).toEqual([
      `send()${' '.repeat(42)} │ [>  AT]`,
      `${' '.repeat(48)} │ <  ${'x'.repeat(44)}…`,
      `close()${' '.repeat(41)} │`,
      'end',
    ]);
  });

  test.each([undefined, 80])('says whose line it is where there is not: %s columns', columns => {
    expect(shown(columns)).toEqual([
      'program | send()',
      'modem   | [>  AT]',
      `modem   | <  ${'x'.repeat(106)}…`,
      'program | close()',
      'end',
    ]);
  });
});
