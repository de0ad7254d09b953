/** The QFWD commands: their lines in each form, and what is made of replies that differ or make no sense. */
import { describe, expect, test } from 'vitest';
import { parseParams } from '../../../../src/at/params.ts';
import * as qfwd from '../../../../src/dialects/quectel-qfwd/commands.ts';
import { CLIENT_FORMS, parseForm, SERVER_FORMS } from '../../../../src/dialects/quectel-qfwd/forms.ts';
import { parse } from '../../../support/parse.ts';

const PLACE = { address: '192.0.2.1', port: 7, family: 4 } as const;
const OPENING = { id: 100, cid: 1, apn: 'iot', protocol: 'tcp', place: PLACE, urcPort: 'usbat' } as const;

test.each([
  ['cid IP tcp port', '+QFWDCLIENT=1,100,"IP","tcp","192.0.2.1",7,"usbat"'],
  ['cid ip tcp', '+QFWDCLIENT=1,100,"ip","tcp","192.0.2.1",7'],
  ['apn IP TCP port', '+QFWDCLIENT=100,"iot","IP","TCP","192.0.2.1",7,"usbat"'],
])('a client, %s', (form, line) => {
  expect(qfwd.openClient(OPENING, parseForm(form)).line).toBe(line);
});

test.each([
  ['cid IP tcp', '"IPV6","tcp"'],
  ['cid ip tcp', '"ipv6","tcp"'],
  ['cid IP TCP', '"IPV6","TCP"'],
])('a client for IPv6, %s', (form, spelling) => {
  const place = { address: '2001:db8::1', port: 7, family: 6 } as const;
  expect(qfwd.openClient({ ...OPENING, place }, parseForm(form)).line).toContain(
    `,${spelling},"2001:db8::1",7`,
  );
});

test.each([
  ['cid IP tcp idle port', '+QFWDSEVER=1,100,"IP","tcp",7,10,65535,"usbat"'],
  ['cid IP tcp idle', '+QFWDSEVER=1,100,"IP","tcp",7,10,65535'],
  ['apn IP tcp', '+QFWDSEVER=100,"iot","IP","tcp",7,10'],
])('a server, %s', (form, line) => {
  expect(qfwd.openServer('+QFWDSEVER', OPENING, parseForm(form)).line).toBe(line);
});

test('every form has a name of its own, and an unknown name is the likeliest form', () => {
  for (const names of [CLIENT_FORMS, SERVER_FORMS]) {
    const lines = names.map(name => qfwd.openServer('+QFWDSEVER', OPENING, parseForm(name)).line);
    expect(new Set(lines).size).toBe(names.length);
  }
  expect(parseForm('')).toEqual({ order: 'cid', spelling: 'IP tcp', idle: false, port: false });
});

test('clients: an address of zeros, and places that are missing', () => {
  const lines = [
    '+QFWDCLIENT: 100,"Active","tcp","192.0.2.1",7,"10.0.0.1",5000,"usbat"',
    '+QFWDCLIENT: 101,"Active","tcp","192.0.2.1",7',
  ];
  expect(parse(qfwd.readClients, lines)).toEqual([
    { id: 100, localAddress: '10.0.0.1', localPort: 5_000 },
    { id: 101, localAddress: undefined, localPort: 0 },
  ]);
  expect(() => parse(qfwd.readClients, ['+QFWDCLIENT: x'])).toThrow(TypeError);
});

test('servers, and whom they have accepted', () => {
  expect(parse(qfwd.readServers('+QFWDSEVER'), ['+QFWDSEVER: 100,"tcp",2020'])).toEqual([100]);
  const accepted = qfwd.readAccepted('+QFWDSTATE', 100);
  expect(accepted.line).toBe('+QFWDSTATE=100');
  expect(parse(accepted, ['+QFWDSTATE: 100,2,"192.0.2.1",7', '+QFWDSTATE: 100,3,"192.0.2.1",0'])).toEqual([
    { id: 2, remote: PLACE },
    { id: 3, remote: undefined },
  ]);
});

describe('a send', () => {
  const plain = qfwd.send(100, Buffer.from('hello'));
  const hex = qfwd.sendHex(100, Buffer.from('xhello').subarray(1));

  test('its lines and payloads', () => {
    expect([plain.line, String(plain.payload)]).toEqual(['+QFWDSEND=100,0,5', 'hello']);
    expect([hex.line, String(hex.payload)]).toEqual(['+QFWDSEND=100,1', '68656C6C6F\x1a']);
  });

  test.each([
    [['+QFWDSEND: 100,5'], 5],
    [['+QFWDSEND: 100,0'], 0],
    [['+QFWDSEND: 100,3'], 3],
    [[], undefined],
    [['68656C6C6F'], undefined],
    [['68656C6C6F', '+QFWDSEND: 100,5'], 5],
    [['+QFWDSEND: 100,10'], 5],
  ])('in hex, %j: %s bytes were taken', (lines, taken) => {
    expect(parse(hex, lines)).toBe(taken);
  });

  test.each(['+QFWDSEND: 100,6', '+QFWDSEND: 100', '+QFWDSEND: 100,"5"', '+QFWDSEND: 100,10'])(
    '%s makes no sense',
    line => {
      expect(() => parse(plain, [line])).toThrow(TypeError);
    },
  );
});

describe('receive', () => {
  const command = qfwd.receive('+QFWDRECV', 2, 1_024);

  test('data, and none', () => {
    expect(command.line).toBe('+QFWDRECV=2,1024');
    expect(parse(command, ['+QFWDRECV: 2,5'], Buffer.from('hello'))).toEqual(Buffer.from('hello'));
    expect(parse(command, ['+QFWDRECV: 2,0'])).toBeUndefined();
  });

  test.each([[[]], [['+QFWDRECV: 3,0']], [['+QFWDRECV: 2,5']], [['+QFWDRECV: 2']]])(
    '%j makes no sense',
    lines => {
      expect(() => parse(command, lines)).toThrow(TypeError);
    },
  );

  test('an empty buffer with something else said is not believed', () => {
    expect(() => parse(command, ['+QFWDRECV: 2,0'], undefined, true)).toThrow('behind a header of nothing');
  });
});

test('what waits in the buffers', () => {
  const command = qfwd.readBuffers(2);
  expect(parse(command, ['+QFWDACK: 2,1,10239,10240,3,10240,10240'])).toEqual({
    unsent: 1,
    sendRoom: 10_239,
    sendSize: 10_240,
    unread: 3,
  });
  for (const lines of [[], ['+QFWDACK: 3,1,2,3,4'], ['+QFWDACK: 2,1,2,3']])
    expect(() => parse(command, lines)).toThrow(TypeError);
});

test.each([
  [['+QFWDCFG: "urc",2,"usbat"'], 'usbat'],
  [['+QFWDCFG: "urc",2,"USBMODE m"'], 'usbmodem'],
  [['+QFWDCFG: "urc",2'], undefined],
  [[], undefined],
])('where the URCs of a socket go, %j: %s', (lines, port) => {
  expect(parse(qfwd.readUrcPort(2), lines)).toBe(port);
});

test.each([
  ['"192.0.2.1",7', PLACE],
  ['"192.0.2.1",65535', { ...PLACE, port: 65_535 }],
  ['"192.0.2.1",65536', undefined],
  ['"192.0.2.1",0', undefined],
  ['"192.0.2.1",-1', undefined],
  ['"192.0.2.1"', undefined],
  ['"nowhere",7', undefined],
  ['5,7', undefined],
])('the endpoint %s', (text, expected) => {
  const [address, port] = parseParams(text);
  expect(qfwd.endpoint(address, port)).toEqual(expected);
});
