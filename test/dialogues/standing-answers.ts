/** What a modem that is played by a dialogue answers to questions that its dialogue leaves out. */
import { playedSockets } from './played-sockets.ts';

/** @param talk everything that host and modem have said so far */
export type Asides = (line: string, talk: string) => string | undefined;

const NETWORK: Readonly<Record<string, readonly string[]>> = {
  '+CFUN?': ['+CFUN: 1', 'OK'],
  '+CPIN?': ['+CPIN: READY', 'OK'],
  '+CEREG?': ['+CEREG: 1,1', 'OK'],
  '+CGATT?': ['+CGATT: 1', 'OK'],
  '+CGACT?': ['+CGACT: 1,1', 'OK'],
  '+CGDCONT?': ['+CGDCONT: 1,"IPV4V6","uninet"', 'OK'],
  '+CGPIAF=1,0,1,0': ['ERROR'],
  '+CGPADDR=1': ['+CGPADDR: 1,"100.64.0.2","2001:db8::2"', 'OK'],
  '+CSQ': ['+CSQ: 20,99', 'OK'],
};

const say = (lines: readonly string[]): string => lines.map(line => `\r\n${line}\r\n`).join('');

const SQNS_IDS = [1, 2, 3, 4, 5, 6];
const forEachId = (name: string, rest: (id: number) => string): string[] => [
  ...SQNS_IDS.map(id => `+${name}: ${id},${rest(id)}`),
  'OK',
];

/** Nothing is open, nothing waits, and every socket but the first is configured as the driver wants it. */
const SEQUANS: Readonly<Record<string, readonly string[]>> = {
  '+SQNSS': forEachId('SQNSS', () => '0'),
  '+SQNSCFG?': forEachId('SQNSCFG', () => '1,0,0,300,50'),
  '+SQNSCFGEXT?': forEachId('SQNSCFGEXT', id => `${id === 1 ? 0 : 1},0,0,0,0`),
};

export const sequansAsides: Asides = line => {
  const [, id] = /^\+SQNSI=(\d)$/.exec(line) ?? [];
  const answer = NETWORK[line] ?? SEQUANS[line] ?? (id && [`+SQNSI: ${id},0,0,0,0`, 'OK']);
  return answer && say(answer);
};

/** Spellings by profile (quectel-qfwd.md 5). */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  table: ['QFWDSEVER', 'QFWDSSSTATE', 'QFWDSCLOSE', 'QFWDRECV'],
  example: ['QFWDSEVER', 'QFWDSTATE', 'QFWDCLOSE'],
  field: ['QFWDSERVER', 'QFWDSTATE', 'QFWDCLOSE', 'QFWDRECV'],
};
const COMMON_NAMES = ['QFWDCLIENT', 'QFWDSEND', 'QFWDACK', 'QFWDCFG'];

/** The first group tells the order of the arguments (2.1). No source has the test reply of the example's firmware. */
const TABLE_ARGUMENTS =
  '(0-16),(1-65535),("IP","IPV6"),("tcp","udp"),(1-65535),(1-10),(1-65535),("uart1","usbat","usbmodem")';
const EXAMPLE_ARGUMENTS = '(1-65535),<apn>,("IP","IPV6"),("tcp","udp"),(1-65535),(1-10)';

/** The six values of the example (2 row 6). */
const EXAMPLE_SERVER = /^=\d+,"\w+","\w+","\w+",\d+,\d+$/;

/** Test commands, lists, empty buffers, the URC port. Nothing that changes a socket, but closing one that is gone. */
export function quectelAsides(profile: string): Asides {
  const known = [...(NAMES[profile] ?? []), ...COMMON_NAMES];
  return (line, talk) => {
    const answer = NETWORK[line] ?? aboutSockets(line, known, profile === 'example', talk);
    return answer && say(answer);
  };
}

function aboutSockets(
  line: string,
  known: readonly string[],
  isExample: boolean,
  talk: string,
): readonly string[] | undefined {
  const [, name = '', rest = ''] = /^\+(QFWD\w+)(.*)$/.exec(line) ?? [];
  if (name === '') return undefined;
  if (!known.includes(name)) return ['ERROR'];
  if (/SER?VER$/.test(name)) {
    if (rest === '=?') return [`+${name}: ${isExample ? EXAMPLE_ARGUMENTS : TABLE_ARGUMENTS}`, 'OK'];
    if (isExample && rest.startsWith('=') && !EXAMPLE_SERVER.test(rest)) return ['ERROR'];
  }
  if (rest === '=?') return testReply(name);
  const { clients, servers } = playedSockets(talk);
  if (rest === '?') {
    const lines = name === 'QFWDCLIENT' ? clients : servers;
    return [...[...lines.values()].map(text => `+${name}: ${text}`), 'OK'];
  }
  const [, id = ''] = /^=(?:"urc",)?(\d+)/.exec(rest) ?? [];
  if (clients.has(id) || servers.has(id)) return aboutSocket(name, id, rest);
  return /CLOSE$|RECV|ACK|CFG/.test(name) ? ['ERROR'] : undefined;
}

function testReply(name: string): readonly string[] {
  if (name === 'QFWDCFG') return ['+QFWDCFG: "urc",<socketfd>,<urc_port>', 'OK'];
  if (/STATE$|CLOSE$/.test(name)) return ['OK'];
  return [`+${name === 'QFWDRECV' ? 'QFWDPRECV' : name}: <socket_id>`, 'OK'];
}

function aboutSocket(name: string, id: string, rest: string): readonly string[] | undefined {
  const asksForBytes = /^=\d+,\d+$/.test(rest);
  if (name === 'QFWDCFG') return /,"\w+"$/.test(rest) ? ['OK'] : [`+QFWDCFG: "urc",${id},"usbat"`, 'OK'];
  if (asksForBytes && /RECV|ACK/.test(name)) return [`+${name}: ${id},0`, 'OK'];
  if (name === 'QFWDACK') return [`+QFWDACK: ${id},0,10240,10240,0,10240,10240`, 'OK'];
  return undefined;
}
