/** What a simulated modem can be told: options in code, parameters in a URL, and their checks. */
import { isIP } from 'node:net';
import { type Prefix64, parsePrefix64 } from './nat64.ts';
import { isLoopback } from './sim-hosts.ts';
import {
  type CommandSetName,
  commandSetNames,
  isSwitchName,
  type Switches,
  type SwitchName,
  switchesOf,
} from './sim-switches.ts';

/** Which addresses a PDP context has. */
export type PdpKind = 'ip' | 'ipv6' | 'ipv4v6';

/** Which reading of the contradictory manual a firmware follows (quectel-qfwd.md 5). */
export type Profile = 'table' | 'example' | 'lenient' | 'field';

/** Each is also a parameter of a `sim:` URL. */
export interface SimOptions {
  /** Which modem it is. Default: `sequans`. */
  readonly commandSet?: CommandSetName;
  /** Bits per second of the line: both directions are paced at a tenth of it in bytes. Absent: unpaced. */
  readonly baud?: number;
  /** Milliseconds between a command line and its reply. */
  readonly latency?: number;
  /** How many sockets it has. Default: 6 as the real ones of `sequans`; 64 for `quectel-qfwd`, of which no limit is known. */
  readonly connections?: number;
  /** Names → their addresses, and foreign addresses → the loopback address that stands for them. */
  readonly host?: Readonly<Record<string, string | readonly string[]>>;
  /** Named switches, see `switches`. */
  readonly faults?: readonly string[];
  /** For the switches that need chance. Default: 1. */
  readonly seed?: number;
  /** Of `sequans`: Monarch 1 (GM01Q) or 2 (GM02S, the default). */
  readonly generation?: 1 | 2;
  /** Of `quectel-qfwd`. Default: `field`, the likeliest of today. */
  readonly profile?: Profile;
  /** Of `quectel-qfwd`: bytes that each socket keeps before they are sent. Default: 10240. */
  readonly sendMax?: number;
  /** Of `quectel-qfwd`: bytes that each socket keeps before they are read. Default: 10240. */
  readonly recvMax?: number;
  /** How many short messages the card holds. Default: 30. */
  readonly messages?: number;
  /** Functional level after boot: 0 off, 1 full (default), 4 radio off. */
  readonly cfun?: 0 | 1 | 4;
  /** The PIN that the SIM asks for. Absent: none. */
  readonly pin?: string;
  /** Milliseconds from radio on to registered. */
  readonly searching?: number;
  /** What addresses the network gives to a PDP context. Default: both. */
  readonly pdp?: PdpKind;
  /**
   * The prefix of a NAT64 in the network (RFC 6052), such as `64:ff9b::/96`: an address inside reaches the IPv4 address
   * that it embeds, and 127.0.0.1 too, which no real one would translate. The name servers are a DNS64 then. Absent: none.
   */
  readonly nat64?: string;
}

/** The options with every default filled in. */
export interface SimSettings {
  readonly commandSet: CommandSetName;
  readonly baud: number | undefined;
  readonly latency: number;
  readonly connections: number;
  readonly host: Readonly<Record<string, readonly string[]>>;
  readonly switches: Switches;
  readonly seed: number;
  readonly generation: 1 | 2;
  readonly profile: Profile;
  readonly sendMax: number;
  readonly recvMax: number;
  readonly messages: number;
  readonly cfun: 0 | 1 | 4;
  readonly pin: string | undefined;
  readonly searching: number;
  readonly pdp: PdpKind;
  readonly nat64: Prefix64 | undefined;
}

/** Names that `parseSimOptions` knows. */
export const simParameters: readonly string[] = [
  'baud',
  'latency',
  'connections',
  'host',
  'faults',
  'seed',
  'generation',
  'profile',
  'sendMax',
  'recvMax',
  'messages',
  'cfun',
  'pin',
  'searching',
  'pdp',
  'nat64',
];

/** What only one command set knows. */
const OWNERS: Readonly<Record<string, CommandSetName>> = {
  generation: 'sequans',
  profile: 'quectel-qfwd',
  sendMax: 'quectel-qfwd',
  recvMax: 'quectel-qfwd',
};
const CONNECTIONS = { sequans: 6, 'quectel-qfwd': 64 } as const;
const NUMBERS = [
  'baud',
  'latency',
  'connections',
  'seed',
  'generation',
  'sendMax',
  'recvMax',
  'messages',
  'cfun',
  'searching',
];
const WORDS = ['profile', 'pin', 'pdp', 'nat64'];

/**
 * Options from the parameters of a URL such as `sim:sequans?baud=115200&host=echo.test=127.0.0.1,::1`. Several
 * addresses of one name are separated by commas; further names repeat `host`. `faults` is a list with commas.
 * @throws Error that lists what is known when something is unknown or wrong
 */
export function parseSimOptions(commandSet: string, params: URLSearchParams): SimOptions {
  for (const name of params.keys()) {
    if (!simParameters.includes(name)) {
      throw new Error(`the simulator has no parameter ${name}; it knows ${simParameters.join(', ')}`);
    }
  }
  const options: Record<string, unknown> = { commandSet };
  for (const name of NUMBERS) {
    const value = params.get(name);
    if (value !== null) options[name] = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  }
  for (const name of WORDS) {
    const value = params.get(name);
    if (value !== null) options[name] = value;
  }
  const faults = params.getAll('faults').flatMap(list => list.split(',').filter(Boolean));
  if (faults.length > 0) options.faults = faults;
  if (params.has('host')) options.host = parseHosts(params.getAll('host'));
  // What the checks let through has the right kinds: they compare values, not types.
  resolveSimOptions(options as SimOptions);
  return options as SimOptions;
}

function parseHosts(values: readonly string[]): Record<string, string[]> {
  const host: Record<string, string[]> = {};
  for (const value of values) {
    const equals = value.indexOf('=');
    if (equals <= 0) throw new Error(`host=${value} must be host=NAME=ADDRESS[,ADDRESS]`);
    host[value.slice(0, equals)] = value.slice(equals + 1).split(',');
  }
  return host;
}

/** @throws Error that names the option and what it may be */
export function resolveSimOptions(options: SimOptions): SimSettings {
  const commandSet = checkCommandSet(options.commandSet ?? 'sequans');
  for (const [name, owner] of Object.entries(OWNERS)) {
    if (commandSet !== owner && options[name as keyof SimOptions] !== undefined)
      throw new Error(`${name} of the simulator is for the command set ${owner}`);
  }
  return {
    commandSet,
    baud: options.baud === undefined ? undefined : whole('baud', options.baud, 300, 10_000_000),
    latency: whole('latency', options.latency ?? 0, 0, 600_000),
    connections: whole('connections', options.connections ?? CONNECTIONS[commandSet], 1, 1000),
    host: checkHosts(options.host ?? {}),
    switches: checkSwitches(options.faults ?? [], commandSet),
    seed: whole('seed', options.seed ?? 1, 0, 2 ** 32 - 1),
    generation: oneOf('generation', options.generation ?? 2, [1, 2]),
    profile: oneOf('profile', options.profile ?? 'field', ['table', 'example', 'lenient', 'field']),
    sendMax: whole('sendMax', options.sendMax ?? 10_240, 1024, 2 ** 30),
    recvMax: whole('recvMax', options.recvMax ?? 10_240, 1024, 2 ** 30),
    messages: whole('messages', options.messages ?? 30, 1, 255),
    cfun: oneOf('cfun', options.cfun ?? 1, [0, 1, 4]),
    pin: checkPin(options.pin),
    searching: whole('searching', options.searching ?? 0, 0, 2 ** 31 - 1),
    pdp: oneOf('pdp', options.pdp ?? 'ipv4v6', ['ip', 'ipv6', 'ipv4v6']),
    nat64: checkNat64(options.nat64),
  };
}

function checkCommandSet(name: string): CommandSetName {
  const found = commandSetNames.find(one => one === name);
  if (found) return found;
  throw new Error(`the simulator has no command set ${name}; it knows ${commandSetNames.join(', ')}`);
}

function whole(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${name} of the simulator must be a whole number from ${min} to ${max}`);
}

function oneOf<T>(name: string, value: T, values: readonly T[]): T {
  if (values.includes(value)) return value;
  throw new Error(`${name} of the simulator must be one of ${values.join(', ')}`);
}

function checkPin(pin: string | undefined): string | undefined {
  if (pin === undefined || /^\d{4,8}$/.test(pin)) return pin;
  throw new Error('pin of the simulator must have 4 to 8 digits');
}

function checkNat64(text: string | undefined): Prefix64 | undefined {
  const prefix = text === undefined ? undefined : parsePrefix64(text);
  if (prefix || text === undefined) return prefix;
  throw new Error(
    'nat64 of the simulator must be an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits with only zeros behind it, such as 64:ff9b::/96',
  );
}

function checkSwitches(names: readonly string[], commandSet: CommandSetName): Switches {
  const known = new Set<SwitchName>();
  for (const name of names) {
    if (!isSwitchName(name, commandSet)) {
      const known = Object.keys(switchesOf(commandSet)).join(', ');
      throw new Error(`the simulator has no fault ${name}; it knows ${known}`);
    }
    known.add(name);
  }
  return known;
}

function checkHosts(host: NonNullable<SimOptions['host']>): Record<string, readonly string[]> {
  const checked: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(host)) {
    const addresses = typeof value === 'string' ? [value] : value;
    for (const address of addresses) {
      if (isIP(address) === 0) throw new Error(`host ${name} of the simulator: ${address} is no IP address`);
      if (isIP(name) !== 0 && !isLoopback(address)) {
        throw new Error(`host ${name} of the simulator: ${address} is not a loopback address`);
      }
    }
    checked[name] = addresses;
  }
  return checked;
}
