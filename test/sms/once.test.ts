/** F65: whatever is lost, late, cut or said twice while messages are sent, none goes out twice, and no outcome is a lie. */
import { expect, test } from 'vitest';
import type { SmsError } from '../../src/index.ts';
import type { Saying } from '../../src/sim/index.ts';
import { createRandom, type Random } from '../../src/util/random.ts';
import { runs } from '../fuzz/runs.ts';
import { Clinic, DIALECTS, MINUTE_MS } from '../recovery/clinic.ts';

const TO = '+12025550111';
/** The 1,000 of issue 9: ATSOCK_FUZZ=25. */
const SCHEDULES = runs(40);
const MESSAGES = 6;
/** As a program that keeps to `again` would. */
const TRIES = 3;
/** Of a hundred pieces that the modem says. */
const HARMED = 12;

type Pass = (bytes: Buffer) => void;

/** What happens to a piece on its way. */
const HARMS: readonly ((bytes: Buffer, pass: Pass, random: Random) => void)[] = [
  () => {},
  (bytes, pass) => pass(bytes.subarray(0, bytes.length >> 1)),
  (bytes, pass) => pass(Buffer.concat([bytes, bytes])),
  (bytes, pass, random) => void setTimeout(pass, 1 + random(200_000), bytes),
  (bytes, pass, random) => {
    const harmed = Buffer.from(bytes);
    harmed[random(harmed.length)] = 0x21 + random(0x5e);
    pass(harmed);
  },
];

const mouthOf =
  (random: Random) =>
  ({ bytes }: Saying, pass: Pass): void => {
    const harm = random(100) < HARMED ? HARMS[random(HARMS.length)] : undefined;
    if (harm) harm(bytes, pass, random);
    else pass(bytes);
  };

/** How it ended, and how often it was tried. */
async function send(clinic: Clinic, text: string): Promise<'sent' | 'refused' | 'unknown'> {
  for (let tries = 1; ; tries++) {
    try {
      await clinic.during(text, clinic.modem.sms.send({ to: TO, text }));
      return 'sent';
    } catch (error) {
      const { kind, again } = error as SmsError;
      if (!again || tries === TRIES) return kind;
      await clinic.pass(MINUTE_MS);
    }
  }
}

test.each(Array.from({ length: SCHEDULES }, (_, index) => index + 1))('schedule %i', async seed => {
  const random = createRandom(seed);
  const commandSet = DIALECTS[seed % DIALECTS.length] ?? 'sequans';
  const faults = ['sms-result-lost', 'sms-refused', 'sms-slow', 'sms-announcement-doubled'].filter(
    () => random(3) === 0,
  );
  const clinic = new Clinic({ commandSet, faults, seed });
  await clinic.open();
  clinic.modem.sms.receive(async () => {});
  clinic.sim.mouth = mouthOf(random);
  const restart = (): void => clinic.sim.restart({ silent: random(2) === 0 });
  const outcomes = new Map<string, string>();
  for (let index = 0; index < MESSAGES; index++) {
    if (random(4) === 0) setTimeout(restart, random(3_000));
    const text = 'abcdef'.charAt(index).repeat(random(3) === 0 ? 240 : 5);
    outcomes.set(text, await send(clinic, text));
  }
  clinic.sim.mouth = undefined;
  const { sent } = clinic.sim.sms;
  const whole = sent.map(({ part, text }) => `${part?.reference}/${part?.sequence} ${text}`);
  expect(new Set(whole).size, `seed ${seed}: doubles`).toBe(whole.length);
  for (const [text, outcome] of outcomes) {
    const heard = sent.filter(one => one.text[0] === text[0]);
    const characters = heard.reduce((sum, one) => sum + one.text.length, 0);
    const told = `seed ${seed}: ${text[0]} is ${outcome}, ${heard.length} parts were heard`;
    if (outcome === 'sent') expect(characters, told).toBe(text.length);
    if (outcome === 'refused' && text.length < 160) expect(characters, told).toBe(0);
    expect(characters, told).toBeLessThanOrEqual(text.length);
  }
});
