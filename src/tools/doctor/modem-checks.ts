/** A modem on its bare line: who it is, its SIM, its signal, its registration. */
import { setTimeout as pause } from 'node:timers/promises';
import { AtError } from '../../at/at-error.ts';
import type { AtChannel } from '../../at/index.ts';
import { chooseDialect, readIdentity } from '../../dialects/registry.ts';
import type { Registration } from '../../driver/driver.ts';
import type { ModemOptions } from '../../modem-url.ts';
import * as gpp from '../../threegpp/commands.ts';
import { ignoreRefusal } from '../../threegpp/network.ts';
import { complain } from '../output.ts';
import { type Finding, fail, ok, type Report } from './finding.ts';
import { judgeRegistration, judgeSignal, judgeSim, judgeSimError, judgeWrongPin } from './judgements.ts';

const POLL_MS = 1_000;

export interface Patience {
  /** How long to wait for registration. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** False: there is no use in asking it for a connection. */
export async function examineModem(
  at: AtChannel,
  options: ModemOptions,
  report: Report,
  patience: Patience,
): Promise<boolean> {
  const check = (finding: Finding): boolean => {
    report(finding);
    return finding.level !== 'fail';
  };
  const identity = await readIdentity(at);
  report(ok('modem', Object.values(identity).join(' ')));
  try {
    report(ok('dialect', chooseDialect(options.dialect ?? 'auto', identity).name));
  } catch (error) {
    return check(
      fail(
        'dialect',
        (error as Error).message,
        'see the list of modems in the README; dialect= tries one of them',
      ),
    );
  }
  await turnRadioOn(at, report);
  if (!check(await examineSim(at, options.pin))) return false;
  const registration = await awaitRegistration(at, patience);
  report(judgeSignal(await at.execute(gpp.readSignal).catch(ignoreRefusal)));
  return check(judgeRegistration(registration));
}

/** As start-up does; without it neither SIM nor network can be asked. */
async function turnRadioOn(at: AtChannel, report: Report): Promise<void> {
  if ((await at.execute(gpp.readFunctionality)) === 1) return;
  await at.execute(gpp.setFunctionality(1));
  report(ok('radio', 'the radio was off, and is on now'));
}

async function examineSim(at: AtChannel, pin: string | undefined): Promise<Finding> {
  try {
    const state = await at.execute(gpp.readPinState);
    if (state !== 'SIM PIN' || pin === undefined) return judgeSim(state);
  } catch (error) {
    if (error instanceof AtError && error.refused) return judgeSimError(error);
    throw error;
  }
  const taken = await at.execute(gpp.enterPin(pin)).then(() => true, ignoreRefusal);
  return taken ? judgeSim('READY') : judgeWrongPin();
}

async function awaitRegistration(at: AtChannel, { waitMs, signal }: Patience): Promise<Registration> {
  const deadline = performance.now() + waitMs;
  for (let told = false; ; told = true) {
    const { registration } = await at.execute(gpp.readRegistration);
    const left = deadline - performance.now();
    if (registration === 'home' || registration === 'roaming' || left <= 0) return registration;
    if (!told) complain(`waiting up to ${waitMs / 1000} s for the network`);
    await pause(Math.min(POLL_MS, left), undefined, { signal });
  }
}
