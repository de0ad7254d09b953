/** Opens what `-m` names, does the work and closes it again, whatever happens. */
import { type AtChannel, openChannel } from '../at/index.ts';
import { Modem, type OpenOptions } from '../modem.ts';
import { type ParsedModemUrl, parseModemUrl } from '../modem-url.ts';
import { unlessAborted } from './interruption.ts';
import { type ModemFlags, UsageError } from './options.ts';
import { complain } from './output.ts';
import { createTrace, tracing } from './trace.ts';

/** A modem with an active PDP context; `options` count more than those of its URL. An interruption closes its connections first. */
export function withModem<T>(
  flags: ModemFlags,
  signal: AbortSignal,
  work: (modem: Modem) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const openFirst = async (modem: Modem): Promise<T> => {
    await modem.open(signal);
    return work(modem);
  };
  return withUnopenedModem(flags, signal, openFirst, options);
}

/** For those who open it in their own way. */
export async function withUnopenedModem<T>(
  flags: ModemFlags,
  signal: AbortSignal,
  work: (modem: Modem) => Promise<T>,
  options: OpenOptions = {},
): Promise<T> {
  const url = parseUrl(flags);
  const { line, watch } = createTrace(flags);
  const modem = new Modem(async () => url, {
    ...options,
    trace: line,
    watch,
    progress: waitingReport(),
  });
  modem.ref();
  try {
    return await unlessAborted(work(modem), signal);
  } finally {
    await modem.close();
  }
}

/** The bare line: no PIN, no waiting for a network, no connection closed. For modems that do not work yet. */
export async function withLine<T>(
  flags: ModemFlags,
  signal: AbortSignal,
  work: (at: AtChannel) => Promise<T>,
): Promise<T> {
  const { createTransport, options } = parseUrl(flags);
  const transport = tracing(flags)(await createTransport(options));
  const channel = await openChannel(transport, { ...options, signal }).catch((cause: Error) => {
    throw new Error(`cannot open ${transport.name}: ${cause.message}`, { cause });
  });
  try {
    return await unlessAborted(work(channel), signal);
  } finally {
    await channel.close();
  }
}

/** A modem that is opened again is none of these; one whose SIM is locked is. @throws Error */
export function lost(modem: Modem): Promise<never> {
  return new Promise((_, reject) => {
    modem.on('state', state => {
      if (state === 'closed') reject(new Error('the modem is gone'));
    });
  });
}

/** @throws UsageError */
export function parseUrl({ modem }: ModemFlags): ParsedModemUrl {
  if (!modem) {
    throw new UsageError(
      'no modem: give -m URL or set ATSOCK_MODEM, for example to serial:/dev/ttyUSB2 or sim:sequans',
    );
  }
  try {
    return parseModemUrl(modem);
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

/** Says what start-up waits for, and nothing if it need not wait. */
function waitingReport(): (registration: string) => void {
  let waited = false;
  return registration => {
    const registered = registration === 'home' || registration === 'roaming';
    if (!registered || waited) complain(`registration: ${registration}`);
    waited = !registered;
  };
}
