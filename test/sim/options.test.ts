/** Options in code and in a URL, and the errors that list what is known. */
import { describe, expect, it } from 'vitest';
import {
  createSim,
  parseSimOptions,
  type SimOptions,
  simFaults,
  simParameters,
} from '../../src/sim/index.ts';

const parse = (query: string, commandSet = 'sequans') =>
  parseSimOptions(commandSet, new URLSearchParams(query));

describe('parseSimOptions', () => {
  it('reads every parameter', () => {
    const query =
      'baud=115200&latency=50&connections=64&host=echo.test=127.0.0.1,::1&host=192.0.2.7=::1&faults=lost-ring,ring-total' +
      '&seed=7&generation=1&cfun=4&pin=1234&searching=20&pdp=ipv6';
    expect(parse(query)).toEqual({
      commandSet: 'sequans',
      baud: 115200,
      latency: 50,
      connections: 64,
      host: { 'echo.test': ['127.0.0.1', '::1'], '192.0.2.7': ['::1'] },
      faults: ['lost-ring', 'ring-total'],
      seed: 7,
      generation: 1,
      cfun: 4,
      pin: '1234',
      searching: 20,
      pdp: 'ipv6',
    });
    expect([...new Set(new URLSearchParams(query).keys())].sort()).toEqual([...simParameters].sort());
  });

  it('lists the known names', () => {
    expect(() => parse('speed=3')).toThrow(/no parameter speed; it knows baud, latency, connections, host/);
    expect(() => parse('faults=lost-ring,nonsense')).toThrow(/no fault nonsense; it knows .*lost-ring/);
    expect(() => parse('', 'quectel-qfwd')).toThrow(/no command set quectel-qfwd; it knows sequans/);
  });

  it.each([
    'baud=fast',
    'baud=-1',
    'connections=0',
    'latency=1.5',
    'generation=3',
    'cfun=5',
    'pin=12',
    'pdp=both',
    'host=echo.test',
    'host=echo.test=nowhere',
    'host=192.0.2.7=192.0.2.8',
  ])('refuses %s', query => {
    expect(() => parse(query)).toThrow(/simulator|must be/);
  });
});

describe('createSim', () => {
  it('checks its options too', () => {
    expect(() => createSim({ faults: ['nonsense'] })).toThrow(/no fault nonsense/);
    expect(() => createSim({ commandSet: 'quectel-qfwd' } as unknown as SimOptions)).toThrow(
      /no command set/,
    );
  });

  it('has a sentence and a source for each fault', () => {
    for (const [name, { does, source }] of Object.entries(simFaults)) {
      expect(name).toMatch(/^[a-z0-9-]+$/);
      expect(does).not.toBe('');
      expect(source).not.toBe('');
    }
  });
});
