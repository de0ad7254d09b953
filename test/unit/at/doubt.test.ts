/** What the channel does not believe, each found by a fault schedule (test/faults). */
import { expect, onTestFinished, test } from 'vitest';
import { AtChannel } from '../../../src/at/channel.ts';
import { action, type Command, set } from '../../../src/at/command.ts';
import { createMemoryPair } from '../../../src/transport/memory.ts';
import { FarEnd } from '../../support/far-end.ts';

function open(timeoutMs = 5_000): { at: AtChannel; modem: FarEnd } {
  const [near, far] = createMemoryPair();
  const at = new AtChannel(near, { timeoutMs });
  onTestFinished(() => at.close());
  return { at, modem: new FarEnd(far) };
}

const receive: Command<void> = { line: '+READ=1', prefix: '+READ', consumes: true, parse: () => {} };
const send: Command<void> = { line: '+SEND=1,3', payload: Buffer.from('abc'), parse: () => {} };

test('a read that is refused is refused', async () => {
  const { at, modem } = open();
  const reply = at.execute(receive);
  await modem.answer('+READ=1', '+CEREG: 1', 'ERROR');
  await expect(reply).rejects.toMatchObject({ kind: 'error' });
});

test.each([
  ['without its header', ['READ: 1,20', 'some data', 'ERROR']],
  ['with a header of nonsense', ['+READ: 1,-1', 'ERROR']],
])('an ERROR in data %s is no refusal: what was read is lost', async (_, lines) => {
  const { at, modem } = open();
  const reply = at.execute(receive);
  await modem.answer('+READ=1', ...lines);
  await expect(reply).rejects.toMatchObject({ kind: 'reply' });
});

test('an ERROR in an echoed payload is no refusal: the modem has restarted, or not', async () => {
  const { at, modem } = open();
  const reply = at.execute(send);
  await modem.hear('AT+SEND=1,3\r');
  modem.raw('\r\n> ');
  await modem.hear('abc');
  modem.say('abc', 'ERROR');
  await expect(reply).rejects.toMatchObject({ kind: 'reply' });
});

test('an echo after echo was seen to be off: the modem has restarted', async () => {
  const { at, modem } = open();
  for (const [line, ...answer] of [
    ['E0', 'ATE0', 'OK'],
    ['+CMEE=1', 'OK'],
  ] as const) {
    const reply = at.execute(action(line));
    await modem.answer(line, ...answer);
    await reply;
  }
  const reply = at.execute(set('+SQNSI', [1]));
  await modem.answer('+SQNSI=1', 'AT+SQNSI=1', 'ERROR');
  await expect(reply).rejects.toMatchObject({ kind: 'closed' });
  expect((await at.closed)?.message).toContain('echo is on again');
});

test('to read a register casts no doubt on the echo', async () => {
  const { at, modem } = open();
  for (const [line, ...answer] of [
    ['E0', 'ATE0', 'OK'],
    ['+CMEE=1', 'OK'],
    ['S3?', '013', 'OK'],
  ] as const) {
    const reply = at.execute(action(line));
    await modem.answer(line, ...answer);
    await reply;
  }
  const reply = at.execute(set('+SQNSI', [1]));
  await modem.answer('+SQNSI=1', 'AT+SQNSI=1', 'ERROR');
  await expect(reply).rejects.toMatchObject({ kind: 'closed' });
});

test('an echo that somebody has switched on is an echo', async () => {
  const { at, modem } = open();
  for (const [line, ...answer] of [
    ['E0', 'OK'],
    ['+CMEE=1', 'OK'],
    ['E1', 'OK'],
    ['+CMEE=1', 'AT+CMEE=1', 'OK'],
  ] as const) {
    const reply = at.execute(action(line));
    await modem.answer(line, ...answer);
    await reply;
  }
});

test('a missing prompt where payloads are counted: nothing more is written, and the line is given up', async () => {
  const { at, modem } = open(50);
  at.framing = { block: () => undefined, bootLines: [], countsPayload: true };
  const reply = at.execute(send);
  await modem.hear('AT+SEND=1,3\r');
  await expect(reply).rejects.toMatchObject({ kind: 'timeout' });
  await at.closed;
  expect(modem.unheard).toBe('');
});
