/** Modems for the tests: over a simulator in this process, with both in view, or over one in another process. */
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { Modem, type OpenOptions, openModem } from '../../src/index.ts';
import { createSim, type SimModem, type SimOptions } from '../../src/sim/index.ts';
import type { TransportDecorator } from '../../src/transport/transport.ts';
import { needBuild, needProgram, temporaryFolder } from '../support/programs.ts';
import { startSim } from '../tools/run-cli.ts';

export const GENERATIONS = [1, 2] as const;

export interface Bench {
  readonly modem: Modem;
  readonly sim: SimModem;
}

/**
 * The modem is not open yet.
 * @param decorate what stands on the line between the two
 */
export function createBench(
  simOptions: SimOptions = {},
  options: OpenOptions = {},
  decorate: TransportDecorator = transport => transport,
): Bench {
  const sim = createSim(simOptions);
  const modem = new Modem(
    async () => ({ options: {}, createTransport: async () => decorate(sim.transport) }),
    options,
  );
  onTestFinished(async () => {
    await modem.close();
    await sim.close();
  });
  return { modem, sim };
}

export async function openBench(...given: Parameters<typeof createBench>): Promise<Bench> {
  const bench = createBench(...given);
  await bench.modem.open();
  return bench;
}

/** A simulator in another process behind a pseudo-terminal → its `serial:` URL. */
export async function startPty(skip: TestContext['skip'], ...args: string[]): Promise<string> {
  needProgram(skip, 'socat');
  needBuild();
  const { url } = await startSim('--pty', join(temporaryFolder(), 'modem'), ...args);
  return url;
}

/** A simulator in another process behind a TCP port → its `tcp:` URL. */
export async function startTcp(...args: string[]): Promise<string> {
  needBuild();
  return (await startSim(...args)).url;
}

export async function openUrl(url: string, options: OpenOptions = {}): Promise<Modem> {
  const modem = await openModem(url, options);
  onTestFinished(() => modem.close());
  return modem;
}
