/** The record of capabilities: kept, given back, and not trusted. */
import { expect, test } from 'vitest';
import { Capabilities } from '../../../../src/dialects/quectel-qfwd/capabilities.ts';
import { parseForm, SERVER_FORMS } from '../../../../src/dialects/quectel-qfwd/forms.ts';

test('through JSON and back', () => {
  const learned = new Capabilities('R1');
  learned.learn('close', '+QFWDSCLOSE');
  learned.learn('serverForm', 'apn ip tcp');
  const again = new Capabilities('R1', JSON.parse(JSON.stringify(learned.record)));
  expect(again.record).toEqual({ firmware: 'R1', close: '+QFWDSCLOSE', serverForm: 'apn ip tcp' });
  expect(again.candidates('close')).toEqual(['+QFWDSCLOSE']);
  expect(again.isKnown).toBe(true);
});

test('what is no known answer to a known question gets nowhere near a command', () => {
  const record = {
    firmware: 'R1',
    close: '+CFUN=0;+QFWDCLOSE',
    serverForm: '1,"x"',
    toString: 'x',
    urcPort: 'USBAT',
  };
  const capabilities = new Capabilities('R1', record);
  expect(capabilities.record).toEqual({ firmware: 'R1' });
  expect(capabilities.isKnown).toBe(false);
});

test('a record of another firmware is worth nothing', () => {
  expect(new Capabilities('R2', { firmware: 'R1', close: '+QFWDSCLOSE' }).isKnown).toBe(false);
});

test('a test command that answers puts its name first; only its use makes it the one', () => {
  const capabilities = new Capabilities('R1');
  capabilities.prefer('state', '+QFWDSSSTATE');
  expect(capabilities.candidates('state')).toEqual(['+QFWDSSSTATE', '+QFWDSTATE']);
  expect(capabilities.record).toEqual({ firmware: 'R1' });
  capabilities.learn('state', '+QFWDSTATE');
  expect(capabilities.candidates('state')).toEqual(['+QFWDSTATE']);
});

test('every form has a name that says what it is', () => {
  expect(SERVER_FORMS).toHaveLength(18);
  expect(parseForm('cid IP tcp idle port')).toEqual({
    order: 'cid',
    spelling: 'IP tcp',
    idle: true,
    port: true,
  });
  expect(parseForm('apn ip tcp')).toEqual({ order: 'apn', spelling: 'ip tcp', idle: false, port: false });
});
