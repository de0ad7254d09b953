/** Several processes want one serial port: one gets it, the others are told who has it, and a dead one holds nothing. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { openPty } from '../../src/sim/index.ts';
import { createMemoryPair } from '../../src/transport/memory.ts';
import { FakeSys } from '../support/fake-sys.ts';
import { needBuild, needProgram, temporaryFolder } from '../support/programs.ts';
import { within } from '../tools/run-cli.ts';

const RACES = 1_000;
const RACERS = 4;
const DEADLINE_MS = 10_000;
const RACER = new URL('../support/port-racer.mjs', import.meta.url).pathname;
const LOCKS = 'var/lock';

class Racer {
  readonly process: ChildProcess;

  constructor(root: string) {
    this.process = fork(RACER, [root]);
    onTestFinished(() => void this.process.kill('SIGKILL'));
  }

  async says(): Promise<string> {
    const [message] = await within(DEADLINE_MS, 'a message', once(this.process, 'message'));
    return String(message);
  }

  /** → `opened`, `released`, or the code and message of the error. */
  tell(order: 'open' | 'release'): Promise<string> {
    const answer = this.says();
    this.process.send(order);
    return answer;
  }
}

/** A pseudo-terminal as `/dev/ttyUSB2` of a folder, which has the lock files too. */
async function openPort(skip: TestContext['skip']): Promise<FakeSys> {
  needBuild();
  needProgram(skip, 'socat');
  const pty = await openPty({ transport: { name: 'nobody', open: async () => createMemoryPair()[0] } });
  onTestFinished(() => pty.close());
  const sys = new FakeSys(temporaryFolder());
  sys.plugIn('ttyUSB2', {}, pty.path);
  return sys;
}

async function startRacers({ root }: FakeSys, count: number): Promise<readonly Racer[]> {
  const racers = Array.from({ length: count }, () => new Racer(root));
  for (const answer of await Promise.all(racers.map(racer => racer.says()))) expect(answer).toBe('here');
  return racers;
}

test(`${RACES} races of ${RACERS} processes have one winner each`, { timeout: 120_000 }, async ({ skip }) => {
  const sys = await openPort(skip);
  const racers = await startRacers(sys, RACERS);
  const wins = new Map(racers.map(racer => [racer, 0]));
  for (let race = 1; race <= RACES; race++) {
    const answers = await Promise.all(racers.map(racer => racer.tell('open')));
    const winners = racers.filter((_, index) => answers[index] === 'opened');
    const [winner] = winners;
    expect(winners, `race ${race}: ${answers.join('; ')}`).toHaveLength(1);
    for (const answer of answers)
      expect(answer).toMatch(/^(opened$|EBUSY The serial port \/dev\/ttyUSB2 is held)/);
    if (!winner) continue;
    const [file, ...others] = readdirSync(join(sys.root, LOCKS));
    expect(others, `race ${race}`).toEqual([]);
    expect(Number(readFileSync(join(sys.root, LOCKS, String(file)), 'latin1'))).toBe(winner.process.pid);
    wins.set(winner, (wins.get(winner) ?? 0) + 1);
    expect(await winner.tell('release')).toBe('released');
  }
  expect([...wins.values()].reduce((sum, count) => sum + count)).toBe(RACES);
  expect(readdirSync(join(sys.root, LOCKS))).toEqual([]);
});

test('who comes second is told who has it, and gets it when that one is killed', async ({ skip }) => {
  const [holder, second] = await startRacers(await openPort(skip), 2);
  if (!holder || !second) throw new Error('two were started');
  expect(await holder.tell('open')).toBe('opened');
  expect(await second.tell('open')).toBe(
    `EBUSY The serial port /dev/ttyUSB2 is held by process ${holder.process.pid} (node)`,
  );
  const ended = once(holder.process, 'exit');
  holder.process.kill('SIGKILL');
  await ended;
  expect(await second.tell('open')).toBe('opened');
});

test('a program that knows only lock files is respected', async ({ skip }) => {
  const sys = await openPort(skip);
  const [racer] = await startRacers(sys, 1);
  expect(await racer?.tell('open')).toBe('opened');
  const [file = ''] = readdirSync(join(sys.root, LOCKS));
  expect(await racer?.tell('release')).toBe('released');
  writeFileSync(join(sys.root, LOCKS, file), `${String(process.pid).padStart(10)}\n`);
  expect(await racer?.tell('open')).toMatch(
    new RegExp(`^EBUSY The serial port /dev/ttyUSB2 is held by process ${process.pid} \\(`),
  );
});
