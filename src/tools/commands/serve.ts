/** `atsock serve`: short messages and the state of a modem by HTTP, with a journal on disk. */
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Modem } from '../../modem.ts';
import { type OutgoingOptions, openOutgoing } from '../../outgoing/outgoing.ts';
import { statePath } from '../../recovery/state-file.ts';
import type { ServeOptions } from '../../serve/http/server.ts';
import { page } from '../../serve/page/page.ts';
import { SCOPES, type Scope } from '../../serve/scopes.ts';
import { Service, type ServiceOptions } from '../../serve/service.ts';
import { isLoopback } from '../../util/address-rules.ts';
import { readPrivateFile } from '../../util/private-file.ts';
import { createToken, Tokens } from '../../util/tokens.ts';
import { untilStopped } from '../interruption.ts';
import { placeText, readPlace } from '../listen-place.ts';
import { lost, parseUrl, withUnopenedModem } from '../open.ts';
import {
  jsonOption,
  type ModemFlags,
  modemOption,
  type OutputFlags,
  traceOption,
  UsageError,
  whole,
} from '../options.ts';
import { addOutgoingOptions, type OutgoingFlags, readOutgoing } from '../outgoing-options.ts';
import { complain, print, printJson } from '../output.ts';
import { packageVersion } from '../package-version.ts';
import { announce } from '../readiness.ts';
import { addWatchdogOptions, readWatchdog, type WatchdogFlags } from '../watchdog-options.ts';

interface ServeFlags extends ModemFlags, OutputFlags, OutgoingFlags {
  readonly listen: string;
  readonly dir?: string;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly name: readonly string[];
  readonly perHour: number;
  readonly perDay: number;
  readonly allowTo?: readonly string[];
  readonly gap: number;
}

/** Any international number; short codes, which may cost a fortune, have to be asked for (reliability.md S20). */
const USUAL_PREFIXES = ['+'];
const MOST_MESSAGES = 1_000_000;

const collect = (value: string, earlier: readonly string[] = []): readonly string[] => [...earlier, value];

export function addServe(program: Command, signal: AbortSignal): void {
  const command = program
    .command('serve')
    .description('short messages and the state of the modem by HTTP; prints its URL and runs until Ctrl-C')
    .addOption(modemOption())
    .option('--listen <host:port>', 'where clients connect to', '127.0.0.1:8090')
    .option('--dir <folder>', 'of the journal and the tokens (default: a folder for each modem)')
    .option(
      '--token-file <file>',
      'SCOPES TOKEN in each line, in a file of mode 600; is made if it is missing',
    )
    .option('--tls-cert <file>', 'certificate chain in PEM: clients speak TLS')
    .option('--tls-key <file>', 'its private key in PEM, in a file of mode 600')
    .option('--name <host>', 'a name of this computer that clients may use; repeatable', collect, [])
    .addOption(messages('--per-hour <number>', 'parts that each token may send in an hour', 30))
    .addOption(messages('--per-day <number>', 'parts that each token may send in a day', 200))
    .option('--allow-to <prefix>', 'send to numbers that begin so; repeatable (default: +)', collect)
    .addOption(
      new Option('--gap <ms>', 'between two messages').argParser(whole(0, 3_600_000)).default(1_000),
    );
  addOutgoingOptions(addWatchdogOptions(command))
    .addOption(traceOption())
    .addOption(jsonOption())
    .action(async (flags: ServeFlags & WatchdogFlags) => {
      const options = readOptions(flags);
      await untilStopped(run(options, flags, signal), signal);
    });
}

const messages = (flags: string, description: string, usual: number): Option =>
  new Option(flags, description).argParser(whole(0, MOST_MESSAGES)).default(usual);

interface Options {
  readonly service: ServiceOptions;
  readonly http: ServeOptions;
  readonly outgoing: OutgoingOptions;
}

/** @throws UsageError; Error for files that others could read */
function readOptions(flags: ServeFlags): Options {
  const place = readPlace(flags.listen);
  const { tlsCert, tlsKey, perHour, perDay, gap } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('--tls-cert and --tls-key belong together');
  if (tlsCert === undefined && !isLoopback(place.host))
    throw new UsageError(
      `--listen ${flags.listen} is open to others: give --tls-cert and --tls-key, or listen on 127.0.0.1`,
    );
  const outgoing = readOutgoing(flags);
  const folder = flags.dir ?? usualFolder(flags);
  return {
    service: {
      name: (flags.modem ?? '').replace(/\?.*$/s, ''),
      folder,
      report: complain,
      gapMs: gap,
      quota: { perHour, perDay },
      prefixes: flags.allowTo ?? USUAL_PREFIXES,
    },
    http: {
      ...place,
      tokens: readTokens(flags.tokenFile ?? join(folder, 'tokens')),
      names: [
        ...(isLoopback(place.host) ? ['localhost'] : []),
        ...flags.name.map(name => name.toLowerCase()),
      ],
      tls:
        tlsCert && tlsKey ? { cert: readFileSync(tlsCert, 'utf8'), key: readPrivateFile(tlsKey) } : undefined,
      version: packageVersion(),
      page,
      report: complain,
    },
    outgoing,
  };
}

/** Beside the state of the modem. */
function usualFolder(flags: ModemFlags): string {
  const file = statePath(parseUrl(flags).stateName ?? 'sim');
  return join(dirname(file), 'serve', basename(file, '.json'));
}

/** One for each scope, and one for all. */
function readTokens(path: string): Tokens<Scope> {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lines = [...SCOPES, SCOPES.join(',')].map(scopes => `${scopes} ${createToken()}\n`);
    writeFileSync(path, lines.join(''), { mode: 0o600, flag: 'wx' });
    complain(`${path} was made, with a token for each scope`);
  }
  return new Tokens(readPrivateFile(path), path, SCOPES);
}

/** Told to stop it lets the message that is being sent come to its end, and closes the modem then. */
async function run(options: Options, flags: ServeFlags & WatchdogFlags, signal: AbortSignal): Promise<void> {
  const never = new AbortController().signal;
  const work = (modem: Modem): Promise<void> => serve(modem, options, flags, signal);
  await withUnopenedModem(flags, never, work, readWatchdog(flags));
  signal.throwIfAborted();
}

async function serve(modem: Modem, options: Options, flags: ServeFlags, signal: AbortSignal): Promise<void> {
  // Schemas and all: no other command has to load them.
  const { outgoingService } = await import('../outgoing-service.ts');
  const service = new Service(modem, options.service);
  try {
    const side = outgoingService(service, modem.net, options.service.folder);
    const outgoing = await openOutgoing(side, options.outgoing, complain);
    try {
      await listen(service, options.http, flags, () =>
        Promise.race([untilAborted(signal), serveModem(modem, signal), service.failed, outgoing.failed]),
      );
    } finally {
      await outgoing.close();
    }
  } finally {
    await service.close();
  }
}

async function listen(
  service: Service,
  options: ServeOptions,
  { json }: OutputFlags,
  work: () => Promise<void>,
): Promise<void> {
  const { listenHttp } = await import('../../serve/http/server.ts');
  const server = await listenHttp(service, options);
  try {
    const { address, port } = server;
    const url = `${options.tls ? 'https' : 'http'}://${placeText(address, port)}/`;
    if (json) printJson({ url });
    else print(url);
    announce('READY=1');
    await work();
  } finally {
    announce('STOPPING=1');
    await server.close();
  }
}

/** Opened however long that takes: what is to be sent waits in the queue. @throws Error when it is lost for good */
async function serveModem(modem: Modem, signal: AbortSignal): Promise<never> {
  const gone = lost(modem);
  await Promise.race([modem.bringUp(signal), gone]);
  return gone;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
