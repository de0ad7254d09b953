/** gammu on the same simulated card: it reads what we sent and sends what we read (Debian package gammu). */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSim, openPty, type SimModem } from '../../src/sim/index.ts';
import { createRandom } from '../../src/util/random.ts';
import { DIALECTS } from '../recovery/clinic.ts';
import { needProgram, temporaryFolder } from '../support/programs.ts';
import { modemOf } from './modem-of.ts';

const SEED = 27;

/** What our texts and gammu's command line may have: no NUL, no lone surrogate, no blank where lines are cut. */
const ALPHABETS = ['abc XYZ 0189 @£$¥èéùìò äöüß ÄÖÜ §¿¡', 'a{b}[c]~^|\\€', 'жЩя ☃ 中文 😀🎉 x'];

function textOf(random: (below: number) => number, length: number): string {
  const characters = [...(ALPHABETS[random(ALPHABETS.length)] ?? '')];
  const text = Array.from({ length }, () => characters[random(characters.length)]).join('');
  return `<${text.replace(/ +/g, ' ')}>`;
}

/** One command of gammu, on a line of its own. */
async function gammu(path: string, sim: SimModem, ...args: string[]): Promise<string> {
  const pty = await openPty(sim);
  try {
    const configuration = join(temporaryFolder(), 'gammurc');
    writeFileSync(configuration, `[gammu]\ndevice = ${pty.path}\nconnection = at115200\n`);
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    const options = { env, timeout: 60_000, maxBuffer: 1 << 24 };
    return (await promisify(execFile)(path, ['-c', configuration, ...args], options)).stdout;
  } finally {
    await pty.close();
  }
}

describe.each(DIALECTS)('%s', commandSet => {
  test(`texts of 1 to 500 characters, seed ${SEED}`, async ({ skip }) => {
    const [path] = [needProgram(skip, 'gammu'), needProgram(skip, 'socat')];
    const sim = createSim({ commandSet, messages: 100 });
    onTestFinished(() => sim.close());
    const random = createRandom(SEED);
    const ours = [1, 40, 70, 71, 160, 161, 306, 307, 500].map(length => textOf(random, length));
    const theirs = [1, 134, 400].map(length => textOf(random, length));

    await modemOf(sim, async ({ sms }) => {
      for (const text of ours) await sms.send({ to: sim.sms.number, text });
    });
    const seen = await gammu(path, sim, 'getallsms');
    // Parts of one message come one after the other, each as a body behind its list of fields.
    const bodies = [...seen.matchAll(/^Status +: .*\n(?:User Data Header.*\n)?\n([\s\S]*?)\n\n/gm)].map(
      ([, body]) => body,
    );
    expect(bodies.join('')).toBe(ours.join(''));

    for (const text of theirs)
      await gammu(
        path,
        sim,
        'sendsms',
        'TEXT',
        sim.sms.number,
        '-autolen',
        '2000',
        '-unicode',
        '-text',
        text,
      );
    await modemOf(sim, async ({ sms }) => {
      const texts = (await sms.list()).map(({ text }) => text);
      expect(texts).toEqual([...ours, ...theirs]);
    });
  }, 240_000);
});
