/** atsock sms against a simulator in another process; what is sent to its own number comes back. */
import { expect, test } from 'vitest';
import { openUrl } from '../e2e/modems.ts';
import { hostileTexts } from '../support/hostile-texts.ts';
import { run, start, startSimOf } from './run-cli.ts';

const OWN = '+12025550100';
const ELSEWHERE = '+12025550111';

test.each(['sequans', 'quectel-qfwd'] as const)('%s: send, list, delete', async dialect => {
  const { url } = await startSimOf(dialect);
  const sent = await run(['sms', 'send', '-m', url, OWN, 'Grüße €']);
  expect(sent).toEqual({ code: 0, stderr: '', stdout: 'sent in 1 part: 0\n' });
  const long = await run(['sms', 'send', '-m', url, '--json', '--flash', OWN, '-'], `${'y'.repeat(200)}\n`);
  expect(JSON.parse(long.stdout)).toEqual({ parts: 2, references: [1, 2] });
  const list = await run(['sms', 'list', '-m', url]);
  expect(list.stdout).toMatch(
    new RegExp(`^0  \\d{4}-\\d\\d-\\d\\d [\\d:]{8}  \\${OWN}\n    Grüße €\n1  .*\n    y{200}\n$`),
  );
  const json = await run(['sms', 'list', '-m', url, '--json']);
  expect(
    json.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line)),
  ).toMatchObject([
    { from: OWN, text: 'Grüße €', places: [0], flash: false },
    { from: OWN, text: 'y'.repeat(200), places: [1, 2], flash: true, missing: [] },
  ]);
  expect(await run(['sms', 'delete', '-m', url, '2'])).toEqual({ code: 0, stderr: '', stdout: '' });
  expect((await run(['sms', 'list', '-m', url])).stdout).toMatch(/^0 .*\n {4}Grüße €\n$/);
  expect(await run(['sms', 'delete', '-m', url, '1'])).toMatchObject({ code: 1 });
});

test('watch prints what is there and what comes, and deletes it where told so', async () => {
  const { url } = await startSimOf('sequans');
  await run(['sms', 'send', '-m', url, OWN, 'first']);
  const watching = start(['sms', 'watch', '-m', url, '--json']);
  await watching.line(/^atsock: waiting for messages until Ctrl-C$/);
  expect(JSON.parse(await watching.line(/first/))).toMatchObject({ from: OWN, text: 'first' });
  watching.process.kill('SIGINT');
  expect(await watching.ended).toMatchObject({ code: 0 });
  const deleting = start(['sms', 'watch', '-m', url, '--delete', '--trace']);
  await deleting.line(/AT\+CMGD=0$/);
  deleting.process.kill('SIGTERM');
  const { code, stdout, stderr } = await deleting.ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {4}first$/m);
  // S9: neither number nor PDU in a trace.
  expect(stderr).not.toMatch(/0555|2055051/);
  expect((await run(['sms', 'list', '-m', url])).stdout).toBe('');
});

test.each([
  ['no number', ['send', '-m', 'sim:sequans', '12"', 'x'], 2, /is no telephone number/],
  ['no destination', ['send', '-m', 'sim:sequans'], 2, /missing required argument 'to'/],
  ['no place', ['delete', '-m', 'sim:sequans', 'x'], 2, /a number that "sms list" shows/],
  [
    'a refusal',
    ['send', '-m', 'sim:sequans?faults=sms-refused&seed=7', ELSEWHERE, 'x'],
    1,
    /network out of order/,
  ],
] as const)('%s', async (_, args, code, message) => {
  const ended = await run(['sms', ...args]);
  expect(ended).toMatchObject({ code, stdout: '' });
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr).toMatch(/^atsock: [^\n]+\n$/);
});

test('200 hostile texts change neither terminal, lines nor JSON (S12), and arrive as they are', async () => {
  const texts = hostileTexts(200, 12);
  const { url } = await startSimOf('quectel-qfwd', '--messages', '255');
  const modem = await openUrl(url);
  for (const text of texts) await modem.sms.send({ to: OWN, text });
  await modem.close();
  const { stdout } = await run(['sms', 'list', '-m', url]);
  expect(stdout).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
  expect(stdout.split('\n').filter(line => /^\d/.test(line))).toHaveLength(200);
  const json = (await run(['sms', 'list', '-m', url, '--json'])).stdout;
  expect(json).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
  const heard = json
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { text: string }).text);
  expect(heard).toEqual(texts);
});
