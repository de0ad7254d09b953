/** Commands as data: which line each constructor makes, and which lines of an answer are its own. */
import { expect, test } from 'vitest';
import { AtError } from '../../../src/at/at-error.ts';
import { action, read, set, test as testCommand } from '../../../src/at/command.ts';
import { rawCommand } from '../../../src/at/raw-command.ts';
import { finalResult } from '../../../src/at/result-code.ts';

const parse = (): number => 1;
const reply = { result: 'OK', info: [], disturbed: false };

test('action: its name, and no line of its own', () => {
  expect(action('+X').parse(reply)).toBeUndefined();
  expect(action('+X', { parse })).toEqual({ line: '+X', parse });
});

test('read and test own the lines of their name, unless they say otherwise', () => {
  expect(read('+X', { parse })).toEqual({ line: '+X?', prefix: '+X', parse });
  expect(testCommand('+X', { parse })).toEqual({ line: '+X=?', prefix: '+X', parse });
  expect(read('+X', { prefix: ['+X', '+Y'], parse }).prefix).toEqual(['+X', '+Y']);
});

test('set formats its values', () => {
  expect(set('+X', [1, 'a', undefined, 3])).toMatchObject({ line: '+X=1,"a",,3' });
  expect(set('+X', []).parse(reply)).toBeUndefined();
  expect(set('+X', [1], { parse, secret: true })).toEqual({ line: '+X=1', parse, secret: true });
});

test.each([
  ['AT+CSQ', '+CSQ', ['+CSQ']],
  [' at+csq;+creg? ', '+csq;+creg?', ['+CSQ', '+CREG']],
  ['+COPS=0,"AT+X"', '+COPS=0,"AT+X"', ['+COPS']],
  ['ATI', 'I', []],
  ['AT^SYSINFO', '^SYSINFO', ['^SYSINFO']],
  ['AT$A-B;%C', '$A-B;%C', ['$A-B', '%C']],
])('a line that a person types: %s', (typed, line, prefix) => {
  expect(rawCommand(typed)).toMatchObject({ line, prefix, text: true, secret: false, timeoutMs: 180_000 });
});

test.each(['+CPIN="1234"', '+clck="SC",1,"1234"', '+CPWD="SC","1","2"', '+CGAUTH=1,1,"u","p"'])(
  '%s is a secret',
  line => {
    expect(rawCommand(line).secret).toBe(true);
  },
);

test.each([
  ['cme', '16', 'the modem answered +CME ERROR: 16 (incorrect password)', true],
  ['cms', '500', 'the modem answered +CMS ERROR: 500', true],
  ['error', 'ERROR', 'the modem answered ERROR', true],
  ['other', 'NO CARRIER', 'the modem answered NO CARRIER', true],
  ['timeout', '3000', 'no answer within 3000 ms', false],
  ['closed', 'unplugged', 'unplugged', false],
  ['closed', undefined, 'the line to the modem is closed', false],
  ['reply', '+X: ?', 'cannot understand the answer: +X: ?', false],
] as const)('what an error says, %s %s: %s', (kind, value, text, refused) => {
  const error = new AtError(kind, { line: '+CPIN="1234"', secret: true }, value);
  expect(error.message).toBe(`AT+CPIN=…: ${text}`);
  expect(error).toMatchObject({ kind, value, refused, command: '+CPIN=…' });
});

test.each([
  ['CONNECT', 'ok'],
  ...['NO CARRIER', 'BUSY', 'NO ANSWER', 'NO DIALTONE', 'ABORTED'].map(line => [
    line,
    { kind: 'other', value: line },
  ]),
])('%s ends a line that a person types', (line, meaning) => {
  expect(finalResult(line as string, rawCommand('D1').finals)).toEqual(meaning);
});
