/** The modem URL: one string that says which modem, how to reach it and how to use it. */
import { readFileSync } from 'node:fs';
import { parseServer } from './dns/servers.ts';
import { parsePrefix } from './driver/nat64.ts';
import { parseSimOptions, simParameters } from './sim/sim-options.ts';
import type { Transport } from './transport/transport.ts';

/** Each is also a parameter of the URL; what is given in code counts more. */
export interface ModemOptions {
  /** `auto`: recognised from the modem's identity. */
  readonly dialect?: string;
  /** Bits per second of a serial port. Default: 115,200; other speeds are searched if the modem is silent. */
  readonly baud?: number;
  /** Flow control of a serial port: RTS/CTS (default), or none where those wires are missing. */
  readonly flow?: 'hardware' | 'none';
  /** Access point name of the PDP context. Default: the modem's own. */
  readonly apn?: string;
  /** Which PDP context, 1 to 16. Default: 1. */
  readonly cid?: number;
  /** Addresses that the PDP context is to have. Default: the modem's own. */
  readonly pdp?: 'ip' | 'ipv6' | 'ipv4v6';
  /** SIM PIN, 4 to 8 digits; given to the card once and never again. */
  readonly pin?: string;
  /** How payloads are written. Default: `auto`, the cheapest that is byte-exact. */
  readonly encoding?: 'auto' | 'binary' | 'hex';
  /** Longest run, in bytes, that the path to the modem passes in one write. Default: no limit. */
  readonly maxLine?: number;
  /** Name servers, comma separated: `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:5353`. */
  readonly dns?: string;
  /** How IPv4 is reached where the network gives IPv6 only: `auto`, `off`, or a prefix such as `64:ff9b::/96`. */
  readonly nat64?: string;
  /** Whether a lost modem is brought back. Default: `on`. */
  readonly reopen?: 'on' | 'off';
  /** File that outlives the program, with disruptive actions and refused PINs, or `off`. */
  readonly state?: string;
}

export interface ParsedModemUrl {
  /** Loads what the scheme needs only when it is used. */
  createTransport(options: ModemOptions): Promise<Transport>;
  /** Under which the modem's state is kept, unless it is made of software. */
  readonly stateName?: string;
  readonly options: ModemOptions;
}

type Reader = (value: string) => string | number | undefined;

interface Parameter {
  /** undefined: not to be used. */
  readonly read: Reader;
  /** What it takes, as the end of a sentence. */
  readonly takes: string;
}

const text: Parameter = { read: value => (value === '' ? undefined : value), takes: 'some text' };
const oneOf = (...values: string[]): Parameter => ({
  read: value => (values.includes(value) ? value : undefined),
  takes: values.join(', '),
});
const whole = (least: number, most: number): Parameter => ({
  read: value =>
    /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most ? Number(value) : undefined,
  takes: `whole numbers from ${least} to ${most}`,
});

const PARAMETERS: Readonly<Record<keyof ModemOptions, Parameter>> = {
  dialect: text,
  baud: whole(50, 10_000_000),
  flow: oneOf('hardware', 'none'),
  apn: text,
  cid: whole(1, 16),
  pdp: oneOf('ip', 'ipv6', 'ipv4v6'),
  pin: { read: value => (/^\d{4,8}$/.test(value) ? value : undefined), takes: '4 to 8 digits' },
  encoding: oneOf('auto', 'binary', 'hex'),
  maxLine: whole(40, 65_536),
  dns: {
    read: value => (value.split(',').every(server => parseServer(server.trim())) ? value : undefined),
    takes: 'addresses separated by commas, with ports if need be: 192.0.2.1,[2001:db8::1]:5353',
  },
  nat64: {
    read: value => (value === 'auto' || value === 'off' || parsePrefix(value) ? value : undefined),
    takes: 'auto, off, or an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits such as 64:ff9b::/96',
  },
  reopen: oneOf('on', 'off'),
  state: { read: text.read, takes: 'the path of a file, or off' },
};

const EXAMPLES = 'serial:/dev/ttyUSB2?baud=115200, tcp://127.0.0.1:5000 or sim:sequans';

/** @throws TypeError ERR_INVALID_ARG_VALUE of one sentence, which lists what is known */
export function parseModemUrl(url: string): ParsedModemUrl {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  switch (parsed?.protocol) {
    case 'serial:':
      return serial(url, parsed);
    case 'tcp:':
    case 'tls:':
    case 'telnet:':
    case 'rfc2217:':
    case 'bridge:':
    case 'qeth:':
      return overTcp(parsed.protocol, url, parsed);
    case 'sim:':
      return simulator(parsed);
    default:
      throw invalid(`"${shown(url)}" is no modem URL; use for example ${EXAMPLES}`);
  }
}

function serial(url: string, parsed: URL): ParsedModemUrl {
  const path = parsed.host === '' ? decoded(parsed.pathname) : '';
  if (path === '') throw invalid(`"${shown(url)}" names no serial port; use for example serial:/dev/ttyUSB2`);
  return {
    options: readOptions(parsed.searchParams),
    stateName: `serial:${path}`,
    createTransport: async ({ baud, flow }) => {
      const { createSerialTransport } = await import('./transport/serial.ts');
      return createSerialTransport({ path, ...(baud && { baud }), ...(flow && { flow }) });
    },
  };
}

type TcpScheme = 'tcp:' | 'tls:' | 'telnet:' | 'rfc2217:' | 'bridge:' | 'qeth:';

interface OverTcp {
  /** Of the service, where it has a usual one. */
  readonly port?: string;
  /** What the way asks for, unless it is given. */
  readonly options?: ModemOptions;
  /** Parameters that only this way has. */
  readonly parameters?: readonly string[];
  create(place: Place, options: ModemOptions): Promise<Transport>;
}

interface Place {
  readonly host: string;
  readonly port: number;
  /** Of the way's own parameters. */
  own(name: string): string | undefined;
}

const OVER_TCP: Readonly<Record<TcpScheme, OverTcp>> = {
  'tcp:': {
    parameters: ['token-file'],
    create: async place => showing(place, (await import('./transport/tcp.ts')).createTcpTransport(place)),
  },
  'tls:': {
    parameters: ['token-file', 'ca'],
    create: async place => {
      const { createTlsTransport } = await import('./transport/tls.ts');
      const ca = place.own('ca');
      return showing(place, createTlsTransport({ ...place, ...(ca && { ca: readFileSync(ca, 'utf8') }) }));
    },
  },
  'telnet:': {
    create: async place => (await import('./transport/telnet.ts')).createTelnetTransport(place),
  },
  'rfc2217:': {
    create: async (place, { baud, flow }) => {
      const { createRfc2217Transport } = await import('./transport/rfc2217.ts');
      return createRfc2217Transport({ ...place, ...(baud && { baud }), ...(flow && { flow }) });
    },
  },
  'bridge:': {
    port: '8080',
    // It takes the text of its heartbeat out of whatever is written; in hexadecimal that cannot occur.
    options: { encoding: 'hex' },
    create: async place => (await import('./transport/bridge.ts')).createBridgeTransport(place),
  },
  'qeth:': {
    port: '1555',
    create: async place => (await import('./transport/qeth.ts')).createQethTransport(place),
  },
};

const LOOPBACK = /^(localhost|127\..*|::1)$/;

function overTcp(scheme: TcpScheme, url: string, parsed: URL): ParsedModemUrl {
  const { port: usual = '', options, parameters = [], create } = OVER_TCP[scheme];
  const port = parsed.port || usual;
  if (parsed.hostname === '' || port === '')
    throw invalid(`"${shown(url)}" needs host and port: ${scheme}//127.0.0.1:5000`);
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  const others = new URLSearchParams(parsed.searchParams);
  for (const name of parameters) others.delete(name);
  const own = (name: string): string | undefined => parsed.searchParams.get(name) ?? undefined;
  if (scheme === 'tcp:' && own('token-file') !== undefined && !LOOPBACK.test(host))
    throw invalid(`a token is for tls://${parsed.host}: everybody on the way could read it`);
  return {
    options: { ...options, ...readOptions(others, parameters) },
    stateName: `${scheme}${host}:${port}`,
    createTransport: options => create({ host, port: Number(port), own }, options),
  };
}

async function showing({ own }: Place, transport: Transport): Promise<Transport> {
  const file = own('token-file');
  if (file === undefined) return transport;
  const { withToken } = await import('./transport/token.ts');
  const { readPrivateFile } = await import('./util/private-file.ts');
  // Alone, or behind its roles as in the file of the daemon.
  return withToken(() => readPrivateFile(file).split(/\s+/).at(-1) ?? '')(transport);
}

/** Without the parameters, which may hold a secret. */
const shown = (url: string): string => url.replace(/\?.*$/s, '?…');

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}

/** The simulator's parameters stand beside the modem's. */
function simulator(parsed: URL): ParsedModemUrl {
  const ours = new URLSearchParams();
  const sims = new URLSearchParams();
  for (const [name, value] of parsed.searchParams) {
    const isOurs = Object.hasOwn(PARAMETERS, name);
    const isSims = simParameters.includes(name);
    // Both have it: a prefix is there in the network, `auto` and `off` say what is made of it. `baud` means both.
    const [toSim, toUs] = name === 'nat64' ? [value.includes('/'), !value.includes('/')] : [isSims, isOurs];
    if (toSim) sims.append(name, value);
    if (toUs || !toSim) ours.append(name, value);
  }
  const options = readOptions(ours, simParameters);
  const simOptions = readSimOptions(() => parseSimOptions(parsed.pathname, sims));
  return {
    options,
    createTransport: async () => {
      const { createSim } = await import('./sim/index.ts');
      return createSim(simOptions).transport;
    },
  };
}

function readSimOptions<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

/** @throws TypeError ERR_INVALID_ARG_VALUE for an option given in code that its parameter would not take */
export function checkOptions(options: ModemOptions): void {
  for (const [name, { read, takes }] of Object.entries(PARAMETERS)) {
    const value = options[name as keyof ModemOptions];
    if (value !== undefined && read(String(value)) !== value)
      throw invalid(`the option "${name}" cannot be used; it takes ${takes}`);
  }
}

function readOptions(params: URLSearchParams, others: readonly string[] = []): ModemOptions {
  const options: Record<string, string | number> = {};
  for (const [name, value] of params) {
    const parameter = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name as keyof ModemOptions] : undefined;
    if (!parameter) {
      const known = [...new Set([...Object.keys(PARAMETERS), ...others])].join(', ');
      throw invalid(`unknown parameter "${name}" in the modem URL; known are ${known}`);
    }
    const read = parameter.read(value);
    // The value is left out: it may be a secret.
    if (read === undefined)
      throw invalid(`the value of "${name}" in the modem URL cannot be used; it takes ${parameter.takes}`);
    options[name] = read;
  }
  return options;
}

function invalid(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' });
}
