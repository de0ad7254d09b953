/** What the doctor makes of a SIM, a signal, a registration and addresses: each state has its level and a next step. */
import { describe, expect, test } from 'vitest';
import { AtError } from '../../../../src/at/at-error.ts';
import {
  judgeContext,
  judgeRegistration,
  judgeSignal,
  judgeSim,
  judgeSimError,
} from '../../../../src/tools/doctor/judgements.ts';

const fails = (text: RegExp, advice: RegExp) => ({
  level: 'fail',
  text: expect.stringMatching(text),
  advice: expect.stringMatching(advice),
});

test.each([
  ['SIM PIN', /asks for its PIN/, /pin=1234/],
  ['SIM PUK', /locked/, /PUK/],
  ['PH-SIM PIN', /asks for PH-SIM PIN/, /sold/],
] as const)('%s', (state, text, advice) => expect(judgeSim(state)).toMatchObject(fails(text, advice)));

test('a SIM that is ready', () => expect(judgeSim('READY')).toMatchObject({ level: 'ok' }));

test.each([
  ['10', /there is no SIM/, /push the SIM in/],
  ['SIM not inserted', /there is no SIM/, /push the SIM in/],
  ['13', /cannot read/, /clean/],
  ['14', /busy/, /again/],
  ['15', /cannot read/, /phone/],
  ['999', /999/, /take the SIM out/],
] as const)('+CME ERROR: %s', (value, text, advice) => {
  const error = new AtError('cme', { line: '+CPIN?' }, value);
  expect(judgeSimError(error)).toMatchObject(fails(text, advice));
});

test.each([
  [undefined, 'warn'],
  [-113, 'warn'],
  [-107, 'warn'],
  [-105, 'ok'],
  [-51, 'ok'],
] as const)('a signal of %s dBm: %s', (rssi, level) => expect(judgeSignal(rssi).level).toBe(level));

test.each([
  ['home', 'ok'],
  ['roaming', 'ok'],
  ['searching', 'fail'],
  ['denied', 'fail'],
  ['none', 'fail'],
  ['unknown', 'fail'],
] as const)('registration %s: %s', (state, level) => {
  const finding = judgeRegistration(state);
  expect(finding.level).toBe(level);
  expect(finding.advice === undefined).toBe(level === 'ok');
});

describe('addresses', () => {
  const registration = 'home';

  test.each([
    [['192.0.2.1'], undefined, ['ok']],
    [['192.0.2.1', '2001:db8::1'], undefined, ['ok']],
    [['2001:db8::1'], '64:ff9b::/96', ['ok']],
    [['2001:db8::1'], undefined, ['ok', 'warn']],
    [[], undefined, ['fail']],
  ] as const)('%j with the NAT64 prefix %s: %j', (addresses, nat64, levels) => {
    const findings = judgeContext('iot', { registration, addresses, ...(nat64 && { nat64 }) });
    expect(findings.map(({ level }) => level)).toEqual(levels);
  });

  test('the APN is named', () => {
    expect(judgeContext('iot', { registration, addresses: ['192.0.2.1'] })[0]?.text).toContain('APN iot');
  });
});
