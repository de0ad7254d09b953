/** ATSOCK_ROUTE: which hosts, addresses and ports go over the modem, and which stay local. */
import { BlockList, isIP } from 'node:net';

export type Side = 'modem' | 'local';

export interface Rules {
  /** Where a connection, a datagram or, without a port number, a lookup goes. */
  connect(host: string, port?: number): Side;
  /** Where a server listens, or a UDP socket that is bound by the program hears. */
  listen(host: string | undefined, port: number): Side;
}

interface Rule {
  readonly listens: boolean;
  readonly covers: (host: string) => boolean;
  /** First and last port number, if not all. */
  readonly ports: readonly [number, number] | undefined;
  readonly side: Side;
}

/** What only this machine's own links know; then everything else. */
const AFTER_THE_USERS = [
  ...['224.0.0.0/4', '255.255.255.255', '169.254.0.0/16', 'ff00::/8', 'fe80::/10', '*.local'].map(
    where => `${where}=local`,
  ),
  '*=modem',
].join();

/**
 * Rules separated by commas, of which the first that fits decides: `10.0.0.0/8=local, *.lan=local, *:53=local,
 * [::1]:5683=modem, listen *:8080=modem`. What no rule fits is local: loopback, which only a rule that names it covers,
 * and servers.
 * @throws Error of one sentence
 */
export function parseRules(text = ''): Rules {
  const rules = [text, AFTER_THE_USERS].flatMap(readRules);
  const decide = (listens: boolean, host: string, port: number | undefined): Side => {
    const plain = plainHost(host);
    const fits = (rule: Rule): boolean =>
      rule.listens === listens && inRange(port, rule.ports) && rule.covers(plain);
    return rules.find(fits)?.side ?? 'local';
  };
  return {
    // Whoever connects to "any address" reaches this machine.
    connect: (host, port) => decide(false, ANY[host] ?? host, port),
    listen: (host, port) => decide(true, host || '::', port),
  };
}

const ANY: Readonly<Record<string, string>> = { '': 'localhost', '0.0.0.0': '127.0.0.1', '::': '::1' };

const readRules = (text: string): Rule[] =>
  text
    .split(',')
    .map(rule => rule.trim())
    .filter(rule => rule !== '')
    .map(readRule);

function readRule(rule: string): Rule {
  const [, listens, where = '', side] = /^(listen\s+)?(\S+?)\s*=\s*(modem|local)$/.exec(rule) ?? [];
  const [, bracketed, plain, first, last = first] =
    isIP(addressOf(where)) === 6
      ? [where, where]
      : (/^(?:\[([^\]]+)\]|([^:[\]]*))(?::(\d{1,5})(?:-(\d{1,5}))?)?$/.exec(where) ?? []);
  const host = bracketed ?? plain;
  const covers = host === undefined ? undefined : coverage(host || '*');
  const ports = first === undefined ? undefined : ([Number(first), Number(last)] as const);
  const [low = 0, high = 0] = ports ?? [];
  if (side === undefined || !covers || low > high || high > 65_535)
    throw new Error(
      `the rule "${rule}" in ATSOCK_ROUTE cannot be used; write WHERE=modem or WHERE=local, where WHERE is a host name with * and ?, an address or ADDRESS/BITS, a port such as *:53, or both; [IPV6]:PORT; "listen" before it for servers`,
    );
  return { listens: listens !== undefined, covers, ports, side: side as Side };
}

/** undefined: neither addresses nor a pattern of names. */
function coverage(host: string): ((host: string) => boolean) | undefined {
  if (host === '*') return name => !isLoopback(name);
  if (isIP(addressOf(host)) !== 0) return subnet(host);
  if (/[^\w*?.-]/.test(host) || !/[a-z]/i.test(host)) return undefined;
  const namesLoopback = LOCALHOST.test(host);
  const pattern = new RegExp(
    `^${plainHost(host).replace(/[.*?]/g, sign => ({ '.': '\\.', '*': '.*', '?': '.' })[sign] ?? sign)}$`,
  );
  return name => pattern.test(name) && (namesLoopback || !isLoopback(name));
}

function subnet(host: string): ((host: string) => boolean) | undefined {
  const address = addressOf(host);
  const [family, longest] = isIP(address) === 4 ? (['ipv4', 32] as const) : (['ipv6', 128] as const);
  const bits = host === address ? longest : Number(/\/(\d+)$/.exec(host)?.[1]);
  if (!(bits <= longest)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, bits, family);
  const namesLoopback = isLoopback(address);
  return name => contains(list, name) && (namesLoopback || !isLoopback(name));
}

const addressOf = (host: string): string => host.replace(/\/.*$/, '');

/** As it is compared: no capitals, no dot at the end, no zone. */
const plainHost = (host: string): string => host.toLowerCase().replace(/\.$|%.*$/, '');

const inRange = (port: number | undefined, ports: Rule['ports']): boolean =>
  ports === undefined || (port !== undefined && port >= ports[0] && port <= ports[1]);

/** RFC 6761 6.3 */
const LOCALHOST = /(^|\.)localhost$/i;
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const isLoopback = (host: string): boolean => LOCALHOST.test(host) || contains(LOOPBACK, host);

/** A list with IPv4 addresses knows them as ::ffff:… too. */
function contains(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
