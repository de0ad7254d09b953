/** User and password of SOCKS clients, and who guesses. */
import { expect, test } from 'vitest';
import { LoginGate } from '../../../src/socks/login-gate.ts';

const attempt = (gate: LoginGate, user: string, password: string, address = '192.0.2.1'): boolean =>
  gate.admits(address, Buffer.from(user), Buffer.from(password));

test('only the right pair is admitted', () => {
  const wrong: [string, string][] = [
    ['anna', 'secre'],
    ['anna', 'secrett'],
    ['ann', 'asecret'],
    ['annas', 'ecret'],
    ['', ''],
    ['secret', 'anna'],
  ];
  for (const [user, password] of wrong)
    expect(attempt(new LoginGate({ user: 'anna', password: 'secret' }), user, password)).toBe(false);
  expect(attempt(new LoginGate({ user: 'anna', password: 'secret' }), 'anna', 'secret')).toBe(true);
});

test('after five failures an address is not listened to, and others are', () => {
  const gate = new LoginGate({ user: 'anna', password: 'secret' });
  for (let count = 0; count < 4; count++) attempt(gate, 'anna', `guess ${count}`);
  expect(attempt(gate, 'anna', 'secret')).toBe(true);
  attempt(gate, 'anna', 'guess 5');
  expect(attempt(gate, 'anna', 'secret')).toBe(false);
  expect(attempt(gate, 'anna', 'secret', '192.0.2.2')).toBe(true);
});
