/** The state file under attack: cut, garbage, links, pipes, rights, clocks; and PINs that are tried once. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RecoveryMemory } from '../../../src/recovery/memory.ts';
import { checkState, readState, statePath, writeState } from '../../../src/recovery/state-file.ts';

const MINUTE_MS = 60_000;

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'atsock-state-'));
  path = join(folder, 'deep', 'state.json');
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const modeOf = (file: string): number => statSync(file).mode & 0o777;

describe('where', () => {
  test('XDG_STATE_HOME counts if it is absolute', () => {
    const of = (home: string): string =>
      statePath('serial:/dev/ttyUSB2', { XDG_STATE_HOME: home }, '/home/x');
    expect(of('/var/lib/x')).toBe('/var/lib/x/atsock/serial%3A%2Fdev%2FttyUSB2.json');
    expect(of('relative')).toBe('/home/x/.local/state/atsock/serial%3A%2Fdev%2FttyUSB2.json');
    expect(of('')).toBe(of('relative'));
  });

  test.each(['../../etc/passwd', '..', '.', 'a/b'])('%s is one name, and leads nowhere else', name => {
    expect(statePath(name, {}, '/h')).toMatch(/^\/h\/\.local\/state\/atsock\/[^/]+$/);
    expect(statePath(name, {}, '/h')).not.toContain('/..');
  });
});

test('what cannot be kept is told beforehand, and nothing is written', () => {
  checkState(path);
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(join(folder, 'notes'), 'somebody else');
  symlinkSync(path, join(folder, 'link'));
  for (const name of ['notes', 'link', 'notes/below'])
    expect(() => checkState(join(folder, name))).toThrow(/is a link, or somebody else's, or no state file/);
  writeState(path, {});
  checkState(path);
});

describe('rights', () => {
  test.each([0o000, 0o022, 0o777])('umask %o: for the user alone', umask => {
    const before = process.umask(umask);
    try {
      mkdirSync(join(folder, 'deep'));
      chmodSync(join(folder, 'deep'), 0o700);
      writeState(path, { some: 'thing' });
    } finally {
      process.umask(before);
    }
    expect(modeOf(path)).toBe(0o600);
    expect(readState(path)).toEqual({ some: 'thing' });
  });

  test('a folder that it makes is for the user alone', () => {
    const before = process.umask(0);
    try {
      writeState(path, {});
    } finally {
      process.umask(before);
    }
    expect(modeOf(join(folder, 'deep'))).toBe(0o700);
  });

  test.each([0o620, 0o602, 0o666])('a file of mode %o is not believed', mode => {
    writeState(path, {});
    chmodSync(path, mode);
    expect(readState(path)).toBeUndefined();
  });
});

test('a file that was cut anywhere is as good as none, and is written again', () => {
  const memory = new RecoveryMemory(path);
  memory.remember([{ rung: 3, atMs: performance.now() }]);
  const whole = readFileSync(path);
  for (let length = 0; length < whole.length - 2; length++) {
    truncateSync(path, 0);
    writeFileSync(path, whole.subarray(0, length));
    expect(readState(path), `${length} bytes`).toEqual({});
  }
  expect(new RecoveryMemory(path).taken()).toEqual([]);
  new RecoveryMemory(path).remember([{ rung: 4, atMs: performance.now() }]);
  expect(new RecoveryMemory(path).taken()).toHaveLength(1);
});

test.each(['root:x:0:0:root:/root:/bin/bash\n', '{}', '[]', '{"atsocket":1}', 'null', ' {"atsock":1}'])(
  '%j is somebody else’s, and stays as it is',
  text => {
    mkdirSync(join(folder, 'deep'));
    writeFileSync(path, text);
    const memory = new RecoveryMemory(path);
    memory.remember([{ rung: 3, atMs: 0 }]);
    memory.asking('1', '1234');
    expect(readFileSync(path, 'utf8')).toBe(text);
    // Within this run it is remembered all the same.
    expect(memory.taken()).toHaveLength(1);
    expect(memory.mayTry('1', '1234')).toBe(false);
  },
);

test.each([
  '{"atsock":1,"state":{"taken":7,"key":5,"pins":[]}}',
  '{"atsock":1,"state":{"taken":[null,{"rung":"3"},{"rung":3,"atMs":null}],"pins":{"x":"asked"}}}',
  '{"atsock":1,"state":[]}',
  '{"atsock":1,"state":null}',
  '{"atsock":1,"state":{"pins":"abc","__proto__":{"taken":[]}}}',
])('of %s nothing is believed that makes no sense', text => {
  mkdirSync(join(folder, 'deep'));
  writeFileSync(path, text, { mode: 0o600 });
  const memory = new RecoveryMemory(path);
  expect(memory.taken()).toEqual([]);
  expect(memory.mayTry('1', '1234')).toBe(true);
});

test('a huge file is not read', () => {
  writeState(path, { taken: [], filler: 'x'.repeat(100_000) });
  expect(readState(path)).toBeUndefined();
});

test('a link is not followed, neither read nor written', () => {
  mkdirSync(join(folder, 'deep'));
  const target = join(folder, 'target');
  writeState(target, { taken: [{ rung: 3, atMs: Date.now() }] });
  const before = readFileSync(target);
  symlinkSync(target, path);
  const memory = new RecoveryMemory(path);
  expect(memory.taken()).toEqual([]);
  memory.remember([{ rung: 4, atMs: 0 }]);
  expect(readFileSync(target)).toEqual(before);
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
});

test('a link that is put there later is replaced, and its target left alone', () => {
  const target = join(folder, 'target');
  writeFileSync(target, 'precious');
  const memory = new RecoveryMemory(path);
  mkdirSync(join(folder, 'deep'));
  symlinkSync(target, path);
  memory.remember([{ rung: 3, atMs: performance.now() }]);
  expect(readFileSync(target, 'utf8')).toBe('precious');
  expect(lstatSync(path).isFile()).toBe(true);
});

test('a pipe, a folder, a device do not hold it up', () => {
  mkdirSync(join(folder, 'deep'));
  execFileSync('mkfifo', ['-m', '600', path]);
  expect(readState(path)).toBeUndefined();
  expect(readState(folder)).toBeUndefined();
  expect(readState('/dev/zero')).toBeUndefined();
});

test('what cannot be written is remembered within the run, and leaves nothing behind', () => {
  writeFileSync(join(folder, 'file'), '');
  const memory = new RecoveryMemory(join(folder, 'file', 'state.json'));
  memory.remember([{ rung: 3, atMs: performance.now() }]);
  expect(memory.taken()).toHaveLength(1);
  mkdirSync(path, { recursive: true });
  expect(() => writeState(path, {})).toThrow();
  expect(readdirSync(join(folder, 'deep'))).toEqual(['state.json']);
});

test('without a path there is no file', () => {
  new RecoveryMemory().remember([{ rung: 3, atMs: 0 }]);
  expect(existsSync(path)).toBe(false);
});

describe('the wall clock', () => {
  const ageOf = (memory: RecoveryMemory): number => {
    const now = performance.now();
    return now - (memory.taken(now)[0]?.atMs ?? Number.NaN);
  };

  test.each([
    ['stands still', 0, 0],
    ['goes on for an hour', 60 * MINUTE_MS, 60 * MINUTE_MS],
    ['was put back a day: as if it had just been', -24 * 60 * MINUTE_MS, 0],
  ])('%s', (_, shift, age) => {
    const now = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(now);
    new RecoveryMemory(path).remember([{ rung: 3, atMs: performance.now() }]);
    vi.spyOn(Date, 'now').mockReturnValue(now + shift);
    expect(Math.abs(ageOf(new RecoveryMemory(path)) - age)).toBeLessThan(5_000);
  });
});

describe('PINs', () => {
  const reload = (): RecoveryMemory => new RecoveryMemory(path);

  test('refused: not again, on this card, with this PIN', () => {
    const memory = reload();
    memory.asking('8900', '1111');
    memory.answered('8900', '1111', false);
    memory.unlocked();
    expect(reload().mayTry('8900', '1111')).toBe(false);
    expect(reload().mayTry('8900', '2222')).toBe(true);
    expect(reload().mayTry('8901', '1111')).toBe(true);
  });

  test('accepted: again', () => {
    const memory = reload();
    memory.asking('8900', '1111');
    memory.answered('8900', '1111', true);
    expect(reload().mayTry('8900', '1111')).toBe(true);
  });

  test('nobody heard the answer: not again, unless the card is open', () => {
    reload().asking('8900', '1111');
    expect(reload().mayTry('8900', '1111')).toBe(false);
    reload().unlocked();
    expect(reload().mayTry('8900', '1111')).toBe(true);
  });

  test('neither PIN nor card stands in the file', () => {
    const memory = reload();
    memory.asking('8900100000000000001', '739215');
    expect(readFileSync(path, 'utf8')).not.toMatch(/739215|8900100000000000001/);
  });
});
