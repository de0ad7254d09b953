/** What each dialect tells `atsock share` of its commands: prompts, connections that are named, lists, URCs. */
import { describe, expect, test } from 'vitest';
import { type Call, parseCalls } from '../../../src/at/command-line.ts';
import { parseParams } from '../../../src/at/params.ts';
import { sharing as quectel } from '../../../src/dialects/quectel-qfwd/sharing.ts';
import { sharing as sequans } from '../../../src/dialects/sequans/sharing.ts';
import { playModem as playQuectel } from './quectel-qfwd/played-modem.ts';

function call(line: string): Call {
  const [only] = parseCalls(line) ?? [];
  if (!only) throw new Error(`no command: ${line}`);
  return only;
}

const urc = (line: string): { name: string; params: ReturnType<typeof parseParams> } => ({
  name: line.slice(0, line.indexOf(':')),
  params: parseParams(line.slice(line.indexOf(':') + 1)),
});

describe('sequans', () => {
  test.each([
    ['+SQNSSEND=1', 'text'],
    ['+SQNSSENDEXT=1,16', 16],
    ['+SQNSSENDEXT=2,16', 32],
    ['+SQNSSENDEXT=1,0x10', Number.NaN],
    ['+SQNSSENDEXT=1,010', Number.NaN],
    ['+SQNSSENDEXT=1', Number.NaN],
    ['+SQNSSENDEXT=?', undefined],
    ['+SQNSNVW="certificate",1,20', 20],
    ['+SQNSNVW="certificate",1,0', undefined],
    ['+SQNSNVW="certificate",1', undefined],
    ['+SQNSRECV=1,1500', undefined],
  ])('%s has a payload of %s, where connection 2 is written to in hex', (line, size) => {
    expect(sequans.payload(call(line), id => id === 2)).toEqual(size);
  });

  test.each([
    ['+SQNSD=1,0,80,"h",0,0,1', 'open'],
    ['+SQNSH=1', 'close'],
    ['+SQNSCFG=1,1,0,0,300,50', 'configure'],
    ['+SQNSI=1', 'use'],
    ['+SQNSCFG?', undefined],
    ['+CSQ', undefined],
  ])('%s: %s', (line, does) => {
    expect(sequans.naming(call(line))?.does).toBe(does);
  });

  test.each([
    ['+SQNSS', { absent: ',0' }],
    ['+SQNSS?', { absent: ',0' }],
    ['+SQNSI', {}],
    ['+SQNSCFG?', {}],
    ['+SQNSS=?', undefined],
    ['+SQNSD', undefined],
    ['+CSQ?', undefined],
  ])('%s as a list: %o', (line, list) => {
    expect(sequans.list(call(line))).toEqual(list);
  });

  test.each([
    ['+SQNSCFGEXT=1,1,1,0,0,0', { fromModem: true, toModem: false }],
    ['+SQNSCFGEXT=1,1,0,0,0,1', { fromModem: false, toModem: true }],
    ['+SQNSCFGEXT?', undefined],
    ['+SQNSCFG=1,1,0,0,300,50', undefined],
  ])('%s sets %o', (line, encoding) => {
    expect(sequans.encoding(call(line))).toEqual(encoding);
  });

  test.each([
    ['+SQNSO=1', true],
    ['+SQNSO=?', false],
    ['+SQNSD=1,0,80,"h",0,0', true],
    ['+SQNSD=1,0,80,"h",0,0,0', true],
    ['+SQNSD=1,0,80,"h",0,0,1', false],
    ['+SQNSD=?', false],
    ['+SQNSA=1', true],
    ['+SQNSA=1,1', false],
    ['+CSQ', false],
  ])('%s leaves command mode: %s', (line, leaves) => {
    expect(sequans.leavesCommandMode(call(line))).toBe(leaves);
  });

  test.each([
    ['+SQNSRING: 3,5', { id: 3, place: 0 }],
    ['+SQNSH: 3', { id: 3, place: 0 }],
    ['+SQNSH: "3"', undefined],
    ['+CEREG: 1', undefined],
  ])('%s is of %o', (line, owned) => {
    expect(sequans.urc(urc(line))).toEqual(owned);
  });

  test('data in hex are lines, others are counted', () => {
    const { block } = sequans.createFraming(id => id === 2);
    expect(block('+SQNSRECV: 1,5')).toMatchObject({ bytes: 5 });
    expect(block('+SQNSRECV: 2,5')).toBeUndefined();
    expect(block('OK')).toBeUndefined();
  });
});

describe('quectel-qfwd', () => {
  test.each([
    ['+QFWDSEND=100,0,5', 5],
    ['+QFWDSEND=100,1', 'text'],
    ['+QFWDSEND=100,0,05', Number.NaN],
    ['+QFWDSEND=100,0,"5"', Number.NaN],
    ['+QFWDSEND=?', undefined],
    ['+QFWDRECV=100,5', undefined],
  ])('%s has a payload of %s', (line, size) => {
    expect(quectel.payload(call(line), () => false)).toEqual(size);
  });

  test.each([
    ['+QFWDCLIENT=1,100,"IP","tcp","192.0.2.1",7', { does: 'open', place: 1, replyPlaces: [0] }],
    ['+QFWDCLIENT=100,"iot","IP","tcp","192.0.2.1",7', { does: 'open', place: 0, replyPlaces: [0] }],
    ['+QFWDSCLOSE=100', { does: 'close', place: 0, replyPlaces: [0] }],
    ['+QFWDSTATE=100', { does: 'use', place: 0, replyPlaces: [0, 1] }],
    ['+QFWDCFG="urc",100', { does: 'use', place: 1, replyPlaces: [1] }],
    ['+QFWDCFG="other",100', undefined],
    ['+QFWDACK=100', { does: 'use', place: 0, replyPlaces: [0] }],
    ['+QFWDSEND=100,1', { does: 'use', place: 0, replyPlaces: [0] }],
    ['+QFWDCLIENT?', undefined],
    ['+CSQ=1', undefined],
  ])('%s: %o', (line, naming) => {
    expect(quectel.naming(call(line))).toEqual(naming);
  });

  test('lists, settings, modes', () => {
    expect(quectel.list(call('+QFWDCLIENT?'))).toEqual({});
    expect(quectel.list(call('+QFWDACK?'))).toBeUndefined();
    expect(quectel.list(call('+QFWDCLIENT=1'))).toBeUndefined();
    expect(quectel.encoding(call('+CSQ'))).toBeUndefined();
    expect(quectel.leavesCommandMode(call('+QFWDCLIENT=1'))).toBe(false);
  });

  test.each([
    ['+QFWDURC: "client/read",100', { id: 100, place: 1 }],
    ['+QFWDURC: "client/incoming",100,3', { id: 100, place: 1, brings: { id: 3, place: 2 } }],
    ['+QFWDURC: "client / incoming",100,"3"', { id: 100, place: 1 }],
    ['+QFWDURC: "client/read"', undefined],
    ['+CEREG: 1,100', undefined],
  ])('%s is of %o', (line, owned) => {
    expect(quectel.urc(urc(line))).toEqual(owned);
  });

  test('what is open: servers under either name, and clients where these can be asked for', async () => {
    const { modem, at } = await playQuectel();
    modem.clients.set(100, '100,"Active","tcp","192.0.2.1",7');
    modem.servers.add(101);
    expect(await quectel.ids(at)).toEqual({ range: [100, 999] });
    expect(await quectel.openIds(at)).toEqual([101, 100]);
    modem.on('+QFWDSE', () => ['ERROR']);
    expect(await quectel.openIds(at)).toEqual([100]);
    modem.on('+QFWDCLIENT?', () => ['ERROR']);
    expect(await quectel.openIds(at)).toEqual([]);
  });

  test('closing, under either name; what neither closes is an error', async () => {
    const { modem, at } = await playQuectel();
    await quectel.close(at, 1).catch(() => {});
    modem.clients.set(100, '100,"Active","tcp","192.0.2.1",7');
    await quectel.close(at, 100);
    expect(modem.clients.size).toBe(0);
    modem.on('+QFWDCLOSE', () => ['ERROR']);
    await quectel.close(at, 100);
    modem.on('+QFWDSCLOSE', () => ['ERROR']);
    await expect(quectel.close(at, 100)).rejects.toMatchObject({ kind: 'error' });
  });
});
