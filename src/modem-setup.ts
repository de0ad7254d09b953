/** What a modem needs to be opened, all of it loaded only then: a program that imports atsock starts quickly. */
import { openSession, type SessionOptions } from './modem-session.ts';
import { checkOptions, type ParsedModemUrl } from './modem-url.ts';
import { RecoveryMemory } from './recovery/memory.ts';
import { Supervisor, type SupervisorOptions } from './recovery/supervisor.ts';
import { treatmentsOf, type WatchdogOptions } from './recovery/treatment.ts';
import type { Transport } from './transport/transport.ts';

export interface Setup {
  readonly transport: Transport;
  readonly options: SessionOptions;
  readonly memory: RecoveryMemory;
  /** None where a lost modem is to stay lost. */
  readonly supervisor: Supervisor | undefined;
  readonly openSession: typeof openSession;
}

/** @param own options given in code, which count more than those of the URL */
export async function setUp(
  { createTransport, options: fromUrl, stateName }: ParsedModemUrl,
  own: SessionOptions & { readonly watchdog?: WatchdogOptions },
  duties: Pick<SupervisorOptions, 'open' | 'report' | 'signal'>,
): Promise<Setup> {
  checkOptions(own);
  const options = { ...fromUrl, ...own };
  const { state, watchdog = {} } = options;
  const memory = RecoveryMemory.of(state, stateName);
  const transport = await createTransport(options);
  const supervise = (): Supervisor =>
    new Supervisor({
      ...duties,
      name: transport.name,
      memory,
      treatments: treatmentsOf(watchdog, transport.resetUsb),
      dryRun: watchdog.dryRun ?? false,
    });
  return {
    options,
    memory,
    transport,
    supervisor: options.reopen === 'off' ? undefined : supervise(),
    openSession,
  };
}
