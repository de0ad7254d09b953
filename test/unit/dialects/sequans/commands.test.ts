/** The socket commands of Sequans modems: their lines, and what is made of replies that differ or make no sense. */
import { describe, expect, test } from 'vitest';
import { parseParams } from '../../../../src/at/params.ts';
import * as sequans from '../../../../src/dialects/sequans/commands.ts';
import { parse } from '../../../support/parse.ts';

const PEER = { address: '192.0.2.1', port: 7, family: 4 } as const;

test.each([
  [sequans.dialUdp(1, PEER, 4000, sequans.ANY_REMOTE), '+SQNSD=1,1,7,"192.0.2.1",0,4000,1,2'],
  [sequans.dialTcp(1, PEER), '+SQNSD=1,0,7,"192.0.2.1",0,0,1'],
  [sequans.listenTcp(1, 4, 80), '+SQNSL=1,1,80'],
  [sequans.listenTcp(1, 6, 80), '+SQNSL=1,2,80'],
  [sequans.listenUdp(1, 4, 80), '+SQNSLUDP=1,1,80'],
  [sequans.listenUdp(1, 6, 80), '+SQNSLUDP=1,2,80'],
  [sequans.accept(1), '+SQNSA=1,1'],
  [sequans.close(1), '+SQNSH=1'],
  [sequans.writeConfig('+SQNSCFG', 1, sequans.socketConfig(3)), '+SQNSCFG=1,3,0,0,300,50'],
  [sequans.writeConfig('+SQNSCFGEXT', 1, sequans.extendedConfig(true)), '+SQNSCFGEXT=1,1,1,0,0,1'],
  [sequans.writeConfig('+SQNSCFGEXT', 1, sequans.extendedConfig(false)), '+SQNSCFGEXT=1,1,0,0,0,0'],
  [sequans.receive(1, false), '+SQNSRECV=1,1500'],
  [sequans.lookup('a.test', 4), '+SQNDNSLKUP="a.test",0'],
  [sequans.lookup('a.test', 6), '+SQNDNSLKUP="a.test",1'],
  [sequans.readStatus('?'), '+SQNSS?'],
])('%#: %o', (command, line) => {
  expect(command.line).toBe(line);
});

test.each([
  [{ hex: false }, '+SQNSSENDEXT=1,3', 'a\x1ab'],
  [{ hex: true }, '+SQNSSENDEXT=1,3', '611A62'],
  [{ hex: false, remote: PEER }, '+SQNSSENDEXT=1,3,0,"192.0.2.1",7', 'a\x1ab'],
  [{ hex: false, remote: PEER, quoted: false }, '+SQNSSENDEXT=1,3,0,192.0.2.1,7', 'a\x1ab'],
])('a send, %o', (how, line, payload) => {
  const command = sequans.send(1, Buffer.from('xa\x1abx').subarray(1, 4), how);
  expect(command.line).toBe(line);
  expect(Buffer.from(command.payload ?? []).toString('latin1')).toBe(payload);
});

describe('receive', () => {
  const plain = sequans.receive(1, false);
  const hex = sequans.receive(1, true);

  test('data with and without their sender', () => {
    expect(parse(plain, ['+SQNSRECV: 1,2'], Buffer.from('ab'))).toEqual({
      data: Buffer.from('ab'),
      remote: undefined,
    });
    expect(parse(plain, ['+SQNSRECV: 1,2,"192.0.2.1",7'], Buffer.from('ab'))?.remote).toEqual(PEER);
  });

  test.each([['6162'], ['6a6B']])('hex %s, whether the count means bytes or digits', text => {
    const data = Buffer.from(text, 'hex');
    expect(parse(hex, ['+SQNSRECV: 1,2', text])?.data).toEqual(data);
    expect(parse(hex, ['+SQNSRECV: 1,4', text])?.data).toEqual(data);
  });

  test('nothing waits', () => {
    expect(parse(plain, ['+SQNSRECV: 1,0'])).toBeUndefined();
    expect(parse(hex, ['+SQNSRECV: 1,0'])).toBeUndefined();
  });

  test.each([[[]], [['+SQNSRECV: 2,0']], [['+SQNSRECV: 1']], [['+SQNSRECV: 1,"2"']], [['+SQNSRECV: 1,2']]])(
    '%j makes no sense',
    lines => {
      expect(() => parse(plain, lines)).toThrow(TypeError);
    },
  );

  test('an empty buffer with something else said is not believed: it may have been data', () => {
    expect(() => parse(plain, ['+SQNSRECV: 1,0'], undefined, true)).toThrow('behind a header of nothing');
  });

  test.each([
    [['+SQNSRECV: 1,2']],
    [['+SQNSRECV: 1,2', '']],
    [['+SQNSRECV: 1,2', '616']],
    [['+SQNSRECV: 1,2', '61zz']],
    [['+SQNSRECV: 1,2', 'zz61']],
    [['+SQNSRECV: 1,3', '616']],
    [['+SQNSRECV: 1,2', 'x6162']],
    [['+SQNSRECV: 1,2', '6162x']],
    [['+SQNSRECV: 1,2', '616263']],
    [['+SQNSRECV: 1,3', '6162']],
  ])('hex text %j is not what was announced', lines => {
    expect(() => parse(hex, lines)).toThrow(TypeError);
  });
});

test.each([
  ['"192.0.2.1",7', PEER],
  ['"192.0.2.1",65535', { ...PEER, port: 65_535 }],
  ['"192.0.2.1",65536', undefined],
  ['"192.0.2.1"', undefined],
  ['"192.0.2.1","x"', undefined],
  ['"nowhere",7', undefined],
  ['192,7', undefined],
])('the endpoint %s', (text, expected) => {
  const [address, port] = parseParams(text);
  expect(sequans.endpoint(address, port)).toEqual(expected);
});

describe('counters', () => {
  const command = sequans.readCounters(2);

  test('those of the connection that was asked for', () => {
    const lines = ['+SQNSI: 1,0,0,9,9', '+SQNSI: 2,10,20,3,4'];
    expect(parse(command, lines)).toEqual({ buffered: 3, unacknowledged: 4 });
  });

  test.each([[['+SQNSI: 1,0,0,9,9']], [[]], [['+SQNSI: 2,0,0,3']], [['+SQNSI: 2,0,0,,4']]])(
    '%j makes no sense',
    lines => {
      expect(() => parse(command, lines)).toThrow(TypeError);
    },
  );
});

test('the table of connections', () => {
  const lines = ['+SQNSS: 1,0', '+SQNSS: 2,5,"10.0.0.1",80,"192.0.2.1",7'];
  expect(parse(sequans.readStatus(''), lines)).toEqual([
    { id: 1, state: sequans.CLOSED, local: undefined, remote: undefined },
    {
      id: 2,
      state: sequans.INCOMING,
      local: { address: '10.0.0.1', port: 80, family: 4 },
      remote: PEER,
    },
  ]);
  expect(() => parse(sequans.readStatus(''), ['+SQNSS: x,0'])).toThrow(TypeError);
});

test('settings by connection id', () => {
  const command = sequans.readConfig('+SQNSCFG');
  expect([...parse(command, ['+SQNSCFG: 1,1,300,90,600,50', '+SQNSCFG: 2,1'])]).toEqual([
    [1, [1, 300, 90, 600, 50]],
    [2, [1]],
  ]);
});

test('addresses of a name: quoted or not, many in a line or many lines, only those of the family asked for', () => {
  const lines = [
    '+SQNDNSLKUP: "a.test","192.0.2.1",192.0.2.2,"2001:db8::1",,"nowhere",7',
    '+SQNDNSLKUP: "a.test","192.0.2.3"',
  ];
  expect(parse(sequans.lookup('a.test', 4), lines)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3']);
  expect(parse(sequans.lookup('a.test', 6), lines)).toEqual(['2001:db8::1']);
});
