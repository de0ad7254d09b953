/** `atsock share`: one modem, many programs. */
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { listenBridge } from '../../bridge/server.ts';
import { RecoveryMemory } from '../../recovery/memory.ts';
import { ROLES, type Role } from '../../share/policy.ts';
import { parseRoles } from '../../share/roles.ts';
import { openShareServer, type ShareOptions, type ShareServer } from '../../share/server.ts';
import { SharedModem } from '../../share/shared-modem.ts';
import { openPty } from '../../transport/pty.ts';
import { isLoopback } from '../../util/address-rules.ts';
import { readPrivateFile } from '../../util/private-file.ts';
import { createToken, Tokens } from '../../util/tokens.ts';
import { untilStopped } from '../interruption.ts';
import { type Place, placeText, readPlace } from '../listen-place.ts';
import { parseUrl } from '../open.ts';
import {
  jsonOption,
  type ModemFlags,
  modemOption,
  type OutputFlags,
  traceOption,
  UsageError,
  whole,
} from '../options.ts';
import { complain, print, printJson } from '../output.ts';
import { announce } from '../readiness.ts';
import { tracing } from '../trace.ts';
import { addRescueOptions, readWatchdog, type WatchdogFlags } from '../watchdog-options.ts';

interface ShareFlags extends ModemFlags, OutputFlags, WatchdogFlags {
  readonly listen?: readonly string[];
  readonly pty: readonly string[];
  readonly bridge?: string;
  readonly mode: 'private' | 'shared';
  readonly role: ReadonlySet<Role>;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clients: number;
}

/** The port of the seed's daemon. */
const USUAL_PLACES = ['127.0.0.1:5000', '[::1]:5000'];

const GREETING = 'atsock share: one modem for many. AT commands, and LOCK, UNLOCK, URC, AUTH.\r\n';

/** Look, and have connections: what costs money or changes the modem has to be asked for (reliability.md S4). */
const USUAL_ROLES = 'read,socket';

export function addShare(program: Command, signal: AbortSignal): void {
  const command = program
    .command('share')
    .description('one modem for many programs, over TCP; prints its URLs and runs until Ctrl-C')
    .addOption(modemOption())
    .option(
      '--listen <host:port>',
      'where clients connect to; repeatable (default: 127.0.0.1:5000 and [::1]:5000)',
      (place, earlier: readonly string[] = []) => [...earlier, place],
    )
    .option(
      '--pty <link>',
      'a serial port for programs that know no network, under this name; repeatable',
      (link, earlier: readonly string[]) => [...earlier, link],
      [],
    )
    .option('--bridge <host:port>', "also SIM-Modem-API's serial bridge, on this computer only")
    .addOption(
      new Option('--mode <mode>', 'private: replies for who asked; shared: everybody sees everything')
        .choices(['private', 'shared'])
        .default('private'),
    )
    .addOption(
      new Option('--role <roles>', 'what clients without a token may: read, socket, sms, admin')
        .argParser(readRoles)
        .default(parseRoles(USUAL_ROLES), USUAL_ROLES),
    )
    .option(
      '--token-file <file>',
      'ROLES TOKEN in each line, in a file of mode 600; is made if it is missing',
    )
    .option('--tls-cert <file>', 'certificate chain in PEM: clients speak TLS')
    .option('--tls-key <file>', 'its private key in PEM, in a file of mode 600')
    .addOption(new Option('--clients <number>', 'how many at once').argParser(whole(1, 1_000)).default(32));
  addRescueOptions(command)
    .addOption(traceOption())
    .addOption(jsonOption())
    .action(async (flags: ShareFlags) => {
      const options = readOptions(flags);
      await untilStopped(run(options, flags, signal), signal);
    });
}

function readRoles(text: string): ReadonlySet<Role> {
  try {
    return parseRoles(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** @throws UsageError */
function readOptions({
  listen = USUAL_PLACES,
  bridge,
  mode,
  role,
  clients,
  ...files
}: ShareFlags): ShareOptions {
  if (bridge !== undefined && !isLoopback(readPlace(bridge).host))
    throw new UsageError(`--bridge ${bridge} is open to others, and has no TLS: let it listen on 127.0.0.1`);
  const places = listen.map(readPlace);
  const { tokenFile, tlsCert, tlsKey } = files;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('--tls-cert and --tls-key belong together');
  const open = places.find(({ host }) => !isLoopback(host));
  if (open && (tokenFile === undefined || tlsCert === undefined))
    throw new UsageError(
      `${placeText(open.host, open.port)} is open to others: give --token-file, --tls-cert and --tls-key, or listen on 127.0.0.1`,
    );
  return {
    places,
    mode,
    roles: role,
    tokens: tokenFile === undefined ? undefined : new Tokens(readTokens(tokenFile), tokenFile, ROLES),
    tls:
      tlsCert && tlsKey ? { cert: readFileSync(tlsCert, 'utf8'), key: readPrivateFile(tlsKey) } : undefined,
    mostClients: clients,
    greeting: GREETING,
    report: complain,
  };
}

function readTokens(path: string): string {
  if (!existsSync(path)) {
    writeFileSync(path, `${USUAL_ROLES} ${createToken()}\n`, { mode: 0o600, flag: 'wx' });
    complain(`${path} was made, with a token for the roles ${USUAL_ROLES}`);
  }
  return readPrivateFile(path);
}

async function run(options: ShareOptions, flags: ShareFlags, signal: AbortSignal): Promise<void> {
  const { createTransport, options: fromUrl, stateName } = parseUrl(flags);
  const { watchdog, state = fromUrl.state } = readWatchdog(flags);
  const { dialect, maxLine } = fromUrl;
  const memory = RecoveryMemory.of(state, stateName);
  const transport = tracing(flags)(await createTransport(fromUrl));
  const modem = await SharedModem.open(
    transport,
    { dialect, maxLine, watchdog, memory, report: complain },
    signal,
  );
  try {
    const server = await openShareServer(modem, options);
    try {
      await serve(server, options, flags, signal);
    } finally {
      await server.close();
    }
  } finally {
    await modem.close();
  }
}

/** Bridge and ports are clients of the server. */
async function serve(
  server: ShareServer,
  options: ShareOptions,
  { pty, bridge, json }: ShareFlags,
  signal: AbortSignal,
): Promise<void> {
  const urls = server.places.map(({ address, port }) =>
    placeUrl(options.tls ? 'tls' : 'tcp', { host: address, port }),
  );
  const opened: { close(): Promise<void> }[] = [];
  try {
    if (bridge !== undefined) {
      const open = async () => server.connect('bridge', 'bridge');
      const { address, port, close } = await listenBridge({ open }, readPlace(bridge));
      opened.push({ close });
      urls.push(placeUrl('bridge', { host: address, port }));
    }
    for (const link of pty) {
      const { path, close } = await openPty({ open: async () => server.connect(link, 'port') }, link);
      opened.push({ close });
      urls.push(`serial:${path}`);
    }
    if (json) printJson({ urls });
    else for (const url of urls) print(url);
    announce('READY=1');
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    announce('STOPPING=1');
    for (const { close } of opened) await close();
  }
}

const placeUrl = (scheme: string, { host, port }: Place): string => `${scheme}://${placeText(host, port)}`;
