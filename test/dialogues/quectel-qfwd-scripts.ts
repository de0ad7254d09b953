/** What is asked of the driver in each Quectel dialogue, and what must come of it. */
import { expect } from 'vitest';
import type { Endpoint } from '../../src/driver/port.ts';
import { echo, type Script, script } from './script.ts';

const LOOPBACK: Endpoint = { address: '127.0.0.1', port: 7, family: 4 };
const WEB: Endpoint = { ...LOOPBACK, port: 8080 };
const FAR: Endpoint = { ...LOOPBACK, address: '192.0.2.1' };
const FAR_WEB: Endpoint = { ...FAR, port: 80 };

/** By the name of the file. */
export const quectelScripts: Readonly<Record<string, Script>> = {
  'example.at': script(
    async stage => {
      const listener = await stage.listen(2020);
      const [first, second] = [await listener.caller(), await listener.caller()];
      await first.write('11');
      expect(await second.hearAll()).toBe('test, data forward');
      await first.close();
    },
    { encoding: 'hex', apn: 'uninet' },
  ),
  'client-udp.at': script(stage => echo(stage, 'abc', LOOPBACK)),
  'client-udp-ipv6.at': script(stage => echo(stage, 'six', { address: '::1', port: 7, family: 6 })),
  'client-tcp.at': script(async stage => {
    const socket = await stage.tcp(WEB);
    await socket.write('hello');
    expect(await socket.hear(6)).toBe('onetwo');
    await socket.close();
  }),
  'client-tcp-ipv6.at': script(async stage => {
    const socket = await stage.tcp({ address: '::1', port: 8080, family: 6 });
    expect(await socket.hear(3)).toBe('six');
    await socket.close();
  }),
  'client-refused.at': script(async stage => {
    await expect(stage.tcp(WEB)).rejects.toMatchObject({ name: 'SocketFailure', code: 'ECONNREFUSED' });
  }),
  'server-tcp.at': script(async stage => {
    const listener = await stage.listen(5001);
    const caller = await listener.caller();
    await listener.close();
    expect(await caller.hear(5)).toBe('hello');
    await caller.write('back');
    await caller.close();
  }),
  'server-tcp-ipv6.at': script(async stage => {
    const listener = await stage.listen(5001, 6);
    const caller = await listener.caller();
    expect(caller.port.remote).toEqual({ address: '::1', port: 50000, family: 6 });
    await caller.close();
    await listener.close();
  }),
  'server-field.at': script(async stage => {
    const listener = await stage.listen(5001);
    const caller = await listener.caller();
    expect(await caller.hear(5)).toBe('hello');
    await caller.close();
    await listener.close();
  }),
  'remote-close.at': script(async stage => {
    expect(await (await stage.tcp(WEB)).hearAll()).toBe('');
  }),
  'remote-close-with-data.at': script(async stage => {
    expect(await (await stage.tcp(WEB)).hearAll()).toBe('farewell');
  }),
  'server-udp.at': script(async stage => {
    const socket = await stage.udp(undefined, 5001);
    expect(await socket.hear()).toBe('hello from 127.0.0.1 50000');
    expect(await socket.hear()).toBe('salut from 127.0.0.1 50001');
    await socket.send('reply', { ...LOOPBACK, port: 50000 });
    expect(await socket.hear()).toBe('again from 127.0.0.1 50000');
  }),
  'receive-datagrams.at': script(async stage => {
    const socket = await stage.udp(undefined, 5001);
    expect(await socket.hear()).toBe('one from 127.0.0.1 50000');
    expect(await socket.hear()).toBe('three from 127.0.0.1 50000');
  }),
  'receive-by-ack.at': script(stage => echo(stage, 'abcd', LOOPBACK)),
  'accept-ids-after-server.at': script(async stage => {
    const listener = await stage.listen(5001);
    const ports = [await listener.caller(), await listener.caller()].map(({ port }) => port.remote.port);
    expect(ports).toEqual([50000, 50001]);
  }),
  'send-hostile-payload.at': script(stage =>
    echo(
      stage,
      '\r\nOK\r\n\r\nERROR\r\n\r\n+QFWDRECV: 1,4\r\n\r\n+QFWDURC: "client/close",1\r\n\r\n> AT+QFWDSCLOSE\r\x1a\x1b\b\0',
      LOOPBACK,
    ),
  ),
  'receive-hostile-payload.at': script(async stage => {
    const socket = await stage.tcp(WEB);
    const payload = '\r\nOK\r\n\r\n+QFWDURC: "client/close",100\r\n\r\n> \x1a\x1b\x08\0,\r\n,';
    expect(await socket.hear(payload.length)).toBe(payload);
    await socket.close();
  }),
  'send-variable-hex.at': script(stage => echo(stage, '\0\b\x1a\x1b\r\n>\xff', LOOPBACK), {
    encoding: 'hex',
  }),
  'receive-comma-crlf.at': script(stage => echo(stage, 'abcd', LOOPBACK)),
  'receive-comma-cr-comma-lf.at': script(stage => echo(stage, 'abcd', LOOPBACK)),
  'receive-comma-crlf-comma.at': script(stage => echo(stage, 'abcd', LOOPBACK)),
  'read-urc-per-segment.at': script(async stage => {
    const socket = await stage.tcp(WEB);
    expect(await socket.hear(6)).toBe('abcdef');
    await socket.close();
  }),
  'close-announced.at': script(async stage => (await stage.udp(LOOPBACK)).close()),
  'urc-before-ok.at': script(async stage => (await stage.udp(LOOPBACK)).close()),

  'faulty/stale-sockets.at': script(async () => {}),
  'faulty/send-partial.at': script(async stage => {
    const socket = await stage.tcp(FAR_WEB);
    await socket.write('abcdefghij');
    await socket.close();
  }),
  'faulty/send-nothing-taken.at': script(async stage => {
    const socket = await stage.tcp(FAR_WEB);
    await socket.write('abc');
    await socket.close();
  }),
  'faulty/send-refused.at': script(async stage => {
    const socket = await stage.tcp(FAR_WEB);
    await socket.write('abc');
    await socket.close();
  }),
  'faulty/datagram-cut.at': script(async stage => {
    const socket = await stage.udp(FAR);
    await expect(socket.send('abcdefghij')).rejects.toMatchObject({ name: 'SocketFailure' });
    await socket.close();
  }),
  'faulty/prompt-forms.at': script(async stage => {
    const socket = await stage.udp(FAR);
    await socket.send('abc');
    await socket.send('def');
    await socket.close();
  }),
  'faulty/urc-around-prompt.at': script(async stage => {
    const socket = await stage.udp(FAR);
    await socket.send('abc');
    await socket.close();
  }),
  'faulty/urc-extra-fields.at': script(async stage => {
    const socket = await stage.udp(FAR);
    expect(await socket.hear()).toBe('abcd from 192.0.2.1 7');
  }),
  'faulty/read-before-open.at': script(async stage => {
    const socket = await stage.tcp(FAR_WEB);
    expect(await socket.hear(3)).toBe('abc');
    await socket.close();
  }),
  'faulty/open-fails.at': script(async stage => {
    await expect(stage.tcp(FAR_WEB)).rejects.toMatchObject({ name: 'SocketFailure', code: 'ECONNREFUSED' });
  }),
  'faulty/close-before-data.at': script(async stage => {
    expect(await (await stage.tcp(FAR_WEB)).hearAll()).toBe('goodbye');
  }),
  'faulty/id-taken.at': script(async stage => {
    await stage.udp(FAR);
    await (await stage.tcp(FAR_WEB)).close();
  }),
  'faulty/caller-while-opening.at': script(async stage => {
    const listener = await stage.listen(2020);
    const [caller] = await Promise.all([listener.caller(), stage.udp(FAR)]);
    expect(await caller.hear(5)).toBe('hello');
    expect(caller.port.remote).toEqual({ address: '192.0.2.9', port: 50000, family: 4 });
  }),
};
