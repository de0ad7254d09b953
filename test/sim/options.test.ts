/** Options in code and in a URL, and the errors that list what is known. */
import { describe, expect, it } from 'vitest';
import {
  createSim,
  parseSimOptions,
  type SimOptions,
  simFaults,
  simParameters,
} from '../../src/sim/index.ts';

const namesIn = (query: string): string[] => [...new Set(new URLSearchParams(query).keys())].sort();
const parse = (query: string, commandSet = 'sequans') =>
  parseSimOptions(commandSet, new URLSearchParams(query));

describe('parseSimOptions', () => {
  it('reads every parameter of a Sequans modem', () => {
    const query =
      'baud=115200&latency=50&connections=64&host=echo.test=127.0.0.1,::1&host=192.0.2.7=::1&faults=lost-ring,ring-total' +
      '&seed=7&generation=1&messages=9&cfun=4&pin=1234&searching=20&pdp=ipv6&nat64=64:ff9b::/96';
    expect(parse(query)).toEqual({
      commandSet: 'sequans',
      baud: 115200,
      latency: 50,
      connections: 64,
      host: { 'echo.test': ['127.0.0.1', '::1'], '192.0.2.7': ['::1'] },
      faults: ['lost-ring', 'ring-total'],
      seed: 7,
      generation: 1,
      messages: 9,
      cfun: 4,
      pin: '1234',
      searching: 20,
      pdp: 'ipv6',
      nat64: '64:ff9b::/96',
    });
    expect(namesIn(query)).toEqual(
      simParameters.filter(name => !['profile', 'sendMax', 'recvMax'].includes(name)).sort(),
    );
  });

  it('reads every parameter of a Quectel modem', () => {
    const query =
      'baud=9600&latency=1&connections=3&host=echo.test=::1&faults=udp-glue,urc-before-echo&seed=2&profile=table' +
      '&sendMax=2048&recvMax=4096&messages=8&cfun=1&pin=0000&searching=1&pdp=ip&nat64=2001:db8::/32';
    expect(parse(query, 'quectel-qfwd')).toEqual({
      commandSet: 'quectel-qfwd',
      baud: 9600,
      latency: 1,
      connections: 3,
      host: { 'echo.test': ['::1'] },
      faults: ['udp-glue', 'urc-before-echo'],
      seed: 2,
      profile: 'table',
      sendMax: 2048,
      recvMax: 4096,
      messages: 8,
      cfun: 1,
      pin: '0000',
      searching: 1,
      pdp: 'ip',
      nat64: '2001:db8::/32',
    });
    expect(namesIn(query)).toEqual(simParameters.filter(name => name !== 'generation').sort());
  });

  it('lists the known names', () => {
    expect(() => parse('speed=3')).toThrow(/no parameter speed; it knows baud, latency, connections, host/);
    expect(() => parse('faults=lost-ring,nonsense')).toThrow(/no fault nonsense; it knows .*lost-ring/);
    expect(() => parse('', 'quectel-qi')).toThrow(
      /no command set quectel-qi; it knows sequans, quectel-qfwd/,
    );
  });

  it('keeps the command sets apart', () => {
    expect(() => parse('faults=udp-glue')).toThrow(/no fault udp-glue; it knows .*lost-ring/);
    expect(() => parse('faults=lost-ring', 'quectel-qfwd')).toThrow(
      /no fault lost-ring; it knows .*urc-before-echo.*udp-glue/,
    );
    expect(() => parse('generation=1', 'quectel-qfwd')).toThrow(/generation .* is for .* sequans/);
    for (const name of ['profile=table', 'sendMax=2048', 'recvMax=2048'])
      expect(() => parse(name)).toThrow(/is for the command set quectel-qfwd/);
  });

  it.each([
    'baud=fast',
    'baud=-1',
    'connections=0',
    'latency=1.5',
    'generation=3',
    'messages=0',
    'cfun=5',
    'pin=12',
    'pdp=both',
    'nat64=on',
    'nat64=64:ff9b::',
    'nat64=64:ff9b::/',
    'nat64=64:ff9b::/95',
    'nat64=64:ff9b::/128',
    'nat64=64:ff9b::1/96',
    'nat64=64:ff9b:1::/32',
    'nat64=64:ff9b:1:2:300::/96',
    'nat64=64:ff9b::%251/96',
    'nat64=192.0.2.0/32',
    'host=echo.test',
    'host=echo.test=nowhere',
    'host=192.0.2.7=192.0.2.8',
  ])('refuses %s', query => {
    expect(() => parse(query)).toThrow(/simulator|must be/);
  });

  it.each(['profile=manual', 'sendMax=1023', 'recvMax=many'])('refuses %s', query => {
    expect(() => parse(query, 'quectel-qfwd')).toThrow(/must be/);
  });
});

describe('createSim', () => {
  it('checks its options too', () => {
    expect(() => createSim({ faults: ['nonsense'] })).toThrow(/no fault nonsense/);
    expect(() => createSim({ commandSet: 'quectel-qi' } as unknown as SimOptions)).toThrow(/no command set/);
  });

  it('has a sentence and a source for each fault', () => {
    for (const [name, { does, source }] of Object.entries(simFaults)) {
      expect(name).toMatch(/^[a-z0-9-]+$/);
      expect(does).not.toBe('');
      expect(source).not.toBe('');
    }
  });
});
