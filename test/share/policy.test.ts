/** The allow-list (reliability.md S4): whatever way a forbidden command is written, the modem never hears it. */
import { expect, test } from 'vitest';
import { parseCalls } from '../../src/at/command-line.ts';
import { permits, type Role } from '../../src/share/policy.ts';
import { createRandom } from '../../src/util/random.ts';
import { openShared, RawClient } from './bench.ts';

const SEED = 404;
const FORBIDDEN = [
  '+CFUN=0',
  '+CFUN=4',
  '+CFUN=1,1',
  '^RESET',
  '+QPOWD=1',
  '+CPIN="1234"',
  '+CPIN=1234',
  '+CLCK="SC",1,"1234"',
  '+CPWD="SC","1234","4321"',
  '+EGMR=1,7,"490154203237518"',
  '+QLINUXCMD="reboot"',
  '+QDOWNLOAD=1',
  '+CGDCONT=1,"IP","evil"',
  '+IPR=9600',
  '+IFC=0,0',
  '+ICF=1',
  '+CMUX=0',
  '+CGDATA="PPP",1',
  '&F',
  '&W',
  '&D2',
  'Z',
  'X4',
  'D*99#',
  'D112;',
  'O',
  'H',
  'A',
  'S3=59',
  'S4=65',
  'S5=65',
  '+SQNSD=1,0,80,"192.0.2.1"',
  '+SQNSD=1,0,80,"192.0.2.1",0,0,0',
  '+SQNSO=1',
  '+SQNSA=1',
  '+SQNSPCFG=1,2',
  '+CMGS="+15550100"',
  '+COPS=2',
  '+CGATT=0',
  '+CGACT=0,1',
];
const HARMLESS = ['+CSQ', '+CGMM', '+CPIN?', 'I', 'E0', '+CEREG?', '+CGPADDR=1', ''];

/** The only one with a line of its own for what is harmless, and a repetition of what is not. */
const ONE_BY_ONE = (forbidden: string, harmless: string): string => `AT${harmless}\nAT${forbidden}\na/`;

/** A register is refused in its turn, as by V.250 5.4: what stands before it has been done. */
const BEHIND: readonly ((forbidden: string, harmless: string) => string)[] = [
  (forbidden, harmless) => `AT${harmless};${forbidden}`,
  (forbidden, harmless) => `AT${harmless} ; ${forbidden} ;${harmless}`,
];

/** The ways in which people have got around lists. */
const DISGUISES: readonly ((forbidden: string, harmless: string) => string)[] = [
  forbidden => `AT${forbidden}`,
  forbidden => `at${forbidden.toLowerCase()}`,
  forbidden => `aT${forbidden}`,
  forbidden => `AT ${[...forbidden].join(' ')}`,
  forbidden => `AT;${forbidden}`,
  forbidden => `AT${forbidden};`,
  (forbidden, harmless) => `AT${forbidden};${harmless}`,
  ...BEHIND,
  forbidden => `ATE0${forbidden}`,
  forbidden => `ATE0V1Q0${forbidden}`,
  forbidden => `ATS10=1${forbidden}`,
  forbidden => `AT+CGPADDR="1";${forbidden}`,
  forbidden => `AT+CGPADDR="\\";${forbidden};"`,
  forbidden => `AT+CGPADDR="\\"";${forbidden}"`,
  forbidden => `AT+CGPADDR=";${forbidden}`,
  forbidden => `xxAT${forbidden}`,
  forbidden => `ATAT${forbidden}`,
  forbidden => `\x1bAT${forbidden}`,
  forbidden => `\0AT${forbidden}`,
  forbidden => `AT\t${forbidden}`,
  forbidden => `AT\x0b${forbidden}`,
  forbidden => `AT\xa0${forbidden}`,
  forbidden => `AT\x1a${forbidden}`,
  forbidden => `+++AT${forbidden}`,
  forbidden => `AT${forbidden}\rA/`,
  ONE_BY_ONE,
  forbidden => `ATX\b${forbidden}`,
  forbidden => `LOCK\rAT${forbidden}\rUNLOCK`,
  forbidden => `ATS3=59\rAT${forbidden};`,
];

test(`no forbidden command reaches the modem in ${FORBIDDEN.length * DISGUISES.length} disguises, seed ${SEED}`, {
  timeout: 120_000,
}, async () => {
  const random = createRandom(SEED);
  const { sim, port } = await openShared({}, { roles: new Set<Role>(['read', 'socket']) });
  const before = sim.received.length;
  const client = new RawClient(port);
  const wanted: string[] = [];
  for (const forbidden of FORBIDDEN) {
    for (const disguise of DISGUISES) {
      const harmless = HARMLESS[random(HARMLESS.length)] ?? '';
      client.say(`${disguise(forbidden, harmless)}\r`);
      const isDone = disguise === ONE_BY_ONE || (/^S\d/.test(forbidden) && BEHIND.includes(disguise));
      // Echo and an empty line are not the modem's affair.
      if (isDone && !['', 'E0'].includes(harmless)) wanted.push(`AT${harmless}`);
    }
    // A register that is the client's own: heard when all before it is done.
    client.say('URC none\rATS30=77S30?\r');
    await client.hear(/\r\n077\r\n\r\nOK\r\n$/);
    client.say('ATS30=0\r');
    await client.hear(/\r\nOK\r\n$/);
  }
  expect(wanted.length).toBeGreaterThan(20);
  // Of all that was said only what is harmless, and stands alone or before a register, has come through: each once.
  expect(sim.received.slice(before)).toEqual(wanted);
});

test.each<[Role, string, boolean]>([
  ['read', '+CSQ', true],
  ['read', '+COPS?', true],
  ['read', '+COPS=?', false],
  ['read', '+SQNSD=1,1,80,"192.0.2.1",0,0,1', false],
  ['read', '+CFUN?', true],
  ['socket', '+SQNSSENDEXT=1,5', true],
  ['socket', '+QFWDSEND=100,0,5', true],
  ['socket', '+CFUN=1', true],
  ['socket', '+CFUN=1,1', false],
  ['socket', '+CMGS="1"', false],
  ['socket', '+CSQ', false],
  ['sms', '+CMGS="+15550100"', true],
  ['sms', '+CSCA="+15550100"', false],
  ['admin', '+CFUN=1,1', true],
  ['admin', '+CMGS="1"', true],
  ['admin', 'D*99#', false],
  ['admin', '+IPR=9600', false],
  ['admin', '&F', false],
  ['admin', '+CMUX=0', false],
])('%s may say %s: %s', (role, line, may) => {
  const calls = parseCalls(line) ?? [];
  expect(calls).toHaveLength(1);
  expect(calls.every(call => permits(new Set([role]), call))).toBe(may);
});

test.each(['+CSQ"', '+X="a\\"b"', '+1', '?', '+CSQ=1\t', 'Fé'])('%s is no line', line => {
  expect(parseCalls(line)).toBeUndefined();
});
