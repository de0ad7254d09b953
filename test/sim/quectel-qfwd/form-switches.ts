/** What the switches do to names and arguments of the QFWD commands. */
import { expect, it } from 'vitest';
import type { SimOptions } from '../../../src/sim/index.ts';
import { freePort } from '../tcp-peer.ts';
import { line, OK, type Terminal } from '../terminal.ts';
import {
  ERROR,
  type Fault,
  openClient,
  openQuectel,
  openServer,
  readReply,
  udpClient,
  urc,
} from './scene.ts';

/** Which of these commands are there? */
async function commandsOf(at: Terminal, ...names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    at.write(`AT+${name}=?\r`);
    const [, result] = await at.match(/\r\n(OK|ERROR)\r\n/);
    if (result === 'OK') found.push(name);
  }
  return found;
}

export function spellings(fault: Fault): void {
  const pairs = [
    ['qfwdsever', 'qfwdserver'],
    ['qfwdstate', 'qfwdssstate'],
    ['qfwdclose', 'qfwdsclose'],
  ] as const;
  for (const [one, other] of pairs) {
    const names = [one, other].map(name => name.toUpperCase());
    for (const name of [one, other]) {
      fault(name, async options => {
        for (const profile of ['table', 'field', 'lenient'] as const) {
          const { at } = await openQuectel({ ...options, profile });
          expect(await commandsOf(at, ...names)).toEqual([name.toUpperCase()]);
        }
        const both = await openQuectel({ faults: [one, other] });
        expect(await commandsOf(both.at, ...names)).toEqual(names);
      });
    }
  }
  fault('read-by-recv', async options => {
    const { at } = await udpClient({ ...options, profile: 'example' });
    await at.command('AT+QFWDRECV=100,9', readReply(100, ''));
    await at.command('AT+QFWDACK=100,9', ERROR);
  });
  fault('read-by-ack', async options => {
    const { at, peer, port } = await udpClient(options);
    await at.command('AT+QFWDRECV=100,9', ERROR);
    peer.send('abc', port);
    await at.expect(urc('client/read', 100));
    await at.command('AT+QFWDACK=100', line('+QFWDACK: 100,0,10240,10240,3,10237,10240') + OK);
    await at.command('AT+QFWDACK=100,9', readReply(100, 'abc', '+QFWDACK'));
  });
  fault('server-args-table', async options => {
    const [{ at }, port] = [await openQuectel({ ...options, profile: 'example' }), await freePort()];
    await at.command(`AT+QFWDSEVER=1,"uninet","ip","udp",${port},5`, ERROR);
    await openServer(at, 100, 'udp', { port });
  });
  fault('server-args-example', async options => {
    const [{ at }, port] = [await openQuectel(options), await freePort()];
    await at.command(`AT+QFWDSEVER=1,100,"ip","udp",${port},5`, ERROR);
    await at.command(`AT+QFWDSEVER=1,"uninet","ip","udp",${port},5,60,"usbat"`, OK);
    await at.expect(urc('server/open', 1, 0));
  });
  fault('test-forms-refused', async options => {
    const { at } = await openQuectel(options);
    const names = [
      'QFWDSEVER',
      'QFWDCLIENT',
      'QFWDSEND',
      'QFWDRECV',
      'QFWDACK',
      'QFWDSSSTATE',
      'QFWDSCLOSE',
      'QFWDCFG',
    ];
    expect(await commandsOf(at, ...names)).toEqual([]);
    await at.command('AT+QFWDCLIENT?', OK);
  });
  fault('recv-test-corrected', async options => {
    const { at } = await openQuectel(options);
    await at.command('AT+QFWDRECV=?', line('+QFWDRECV: <socket_id>,<read_len>') + OK);
  });
}

export function argumentForms(fault: Fault): void {
  const forms = (port: number): Record<string, string[]> => ({
    without: ['AT+QFWDCLIENT=1,7,"IP","udp","127.0.0.1",9', `AT+QFWDSEVER=1,8,"IP","udp",${port},5`],
    half: [`AT+QFWDSEVER=1,8,"IP","udp",${port},5,60`],
    with: [
      'AT+QFWDCLIENT=1,7,"IP","udp","127.0.0.1",9,"usbat"',
      `AT+QFWDSEVER=1,8,"IP","udp",${port},5,60,"usbat"`,
    ],
  });
  const expectForms = async (options: SimOptions, taken: readonly string[]): Promise<void> => {
    for (const [form, commands] of Object.entries(forms(await freePort()))) {
      const { at } = await openQuectel(options);
      for (const command of commands) {
        at.write(`${command}\r`);
        const [, result] = await at.match(/\r\n(OK|ERROR)\r\n/);
        expect([form, result]).toEqual([form, taken.includes(form) ? 'OK' : 'ERROR']);
        if (result === 'OK') await at.match(/open",\d,0\r\n/);
      }
      at.write('AT+QFWDSCLOSE=8\r');
      await at.match(/\r\n(OK|ERROR)\r\n/);
    }
  };
  it('the tail may be left out', () => expectForms({}, ['without', 'half', 'with']));
  fault('tail-required', options => expectForms(options, ['with']));
  fault('tail-refused', options => expectForms(options, ['without']));
  fault('case-sensitive', async options => {
    const { at } = await openQuectel(options);
    for (const words of ['"ip","udp"', '"IP","UDP"']) {
      await at.command(`AT+QFWDCLIENT=1,7,${words},"127.0.0.1",9`, ERROR);
    }
    await at.command('AT+QFWDCLIENT=1,7,"IP","udp","127.0.0.1",9,"USBAT"', ERROR);
    await openClient(at, 7, 'udp', { port: 9 }, ',"usbat"');
  });
  fault('quotes-required', async options => {
    const { at } = await openQuectel({ ...options, profile: 'lenient' });
    await at.command('AT+QFWDCLIENT=1,7,IP,udp,127.0.0.1,9', ERROR);
    await openClient(at, 7, 'udp', { port: 9 });
  });
  fault('quotes-optional', async options => {
    const { at } = await openQuectel(options);
    await at.command('AT+QFWDCLIENT=1,7,ip,UDP,127.0.0.1,9,usbat', OK);
    await at.expect(urc('client/open', 7, 0));
  });
}
