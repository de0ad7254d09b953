/** Options of what goes out: wrong use is said before a modem is touched, and secrets come from files only. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { needBuild, temporaryFolder } from '../support/programs.ts';
import { run } from './run-cli.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

beforeAll(needBuild);

const serve = (...args: readonly string[]) =>
  run(['serve', '-m', 'sim:sequans', '--listen', '127.0.0.1:0', '--dir', temporaryFolder(), ...args]);

describe('exit code 2 and one line', () => {
  test.each([
    [['--webhook', 'https://example.org/'], '--webhook needs --webhook-secret FILE'],
    [['--webhook-secret', 'file'], '--webhook-secret needs --webhook'],
    [['--webhook-over-modem'], '--webhook-over-modem needs --webhook'],
    [['--webhook-over-modem', '--webhook-allow', '::1'], "cannot be used with option '--webhook-allow"],
    [['--webhook', 'ftp://example.org/'], 'It must be a URL that begins with https:// or http://.'],
    [['--webhook', 'nonsense'], 'It must be a URL that begins with https:// or http://.'],
    [['--webhook', 'https://user:secret@example.org/'], 'user and password belong into a file'],
    [['--webhook-allow', '10.0.0.0/99'], 'It must be a subnet'],
    [['--mail-to', 'one@example.org'], '--mail-to needs --smtp URL'],
    [['--smtp', 'smtp://example.org'], '--smtp needs --mail-to'],
    [['--mail-to', 'a@b.c, d@e.f'], 'It must be a mail address.'],
    [['--mail-to', 'a@b.c\nBcc: d@e.f'], 'It must be a mail address.'],
    [['--mqtt', 'mqtt://user:secret@localhost'], 'user and password belong into a file'],
    [['--mqtt-topic', 'a/b'], '--mqtt-topic needs --mqtt'],
    [['--mqtt', 'mqtt://localhost', '--mqtt-topic', 'a/#'], 'It must be letters, digits'],
    [['--mqtt', 'mqtt://localhost', '--mqtt-key', 'file'], '--mqtt-cert and --mqtt-key belong together'],
    [['--home-assistant'], '--home-assistant needs --mqtt'],
    [['--mqtt', 'mqtt://localhost', '--notify', '+43660'], '--notify needs --home-assistant'],
    [
      ['--mqtt', 'mqtt://localhost', '--home-assistant', '--notify', "1'}}"],
      'It must be a telephone number.',
    ],
    [['--gateway', 'a b'], 'It must be letters, digits, _ and -, 32 at most.'],
  ])('%j', async (args, sentence) => {
    const { code, stderr } = await serve(...args);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain('user:secret');
    expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 2, lines: 2 });
  });
});

test.each([
  ['readable by others', 0o644, SECRET, 'chmod 600'],
  ['no secret', 0o600, 'password', 'the secret must be "whsec_" and 24 to 64 bytes in Base64'],
])('a file that is %s is not taken', async (_what, mode, text, sentence) => {
  const file = join(temporaryFolder(), 'secret');
  writeFileSync(file, text);
  chmodSync(file, mode);
  const { code, stderr } = await serve('--webhook', 'https://example.org/', '--webhook-secret', file);
  expect(stderr).toContain(sentence);
  expect(stderr).not.toContain(text);
  expect(code).toBe(1);
});
