/** Who may give which command: an allow-list for each role; what would take the line from the others is for nobody (reliability.md S4). */
import type { Call } from '../at/command-line.ts';

/** read: look. socket: connections. sms: messages. admin: everything but what breaks the line. */
export const ROLES = ['read', 'socket', 'sms', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export const isRole = (text: string): text is Role => ROLES.some(role => role === text);

/** Names whose forms are harmless: each with a pattern for the form and text after the name. */
type Allowed = Readonly<Record<string, RegExp>>;

const LOOK = /^\?$|^=\?$/;
const LOOK_OR_DO = /^$|^\?$|^=\?$/;
const ANY = /^/;

/** `=?` only where it is quick: that of +COPS searches for minutes. */
const READ: Allowed = {
  I: /^\d?$/,
  ...each(
    LOOK_OR_DO,
    '+CGMI +CGMM +CGMR +CGSN +GMI +GMM +GMR +GSN +CIMI +CSQ +CESQ +CPAS +CEER +CBC +GCAP +CLAC',
  ),
  ...each(LOOK_OR_DO, '+CCID +ICCID +QCCID +SQNCCID +QNWINFO +QCSQ +CNUM'),
  ...each(LOOK, '+CCLK +CPIN +CFUN +CGATT +CGACT +CGDCONT +CGAUTH +CMEE +CGPIAF'),
  ...each(/^\?$|^=\?$|^=[0-2]$/, '+CREG +CGREG +CEREG'),
  ...each(/^$|^\?$|^=\?$|^=\d*$/, '+CGPADDR +CGCONTRDP'),
  '+CGAUTH': /^=\?$/,
  '+COPS': /^\?$/,
  '+SQNMONI': /^=\d+$/,
  '+QENG': /^="servingcell"$/i,
  // How to write addresses.
  '+CGPIAF': /^\?$|^=\?$|^=[01](,[01]){0,3}$/,
};

const SOCKET: Allowed = {
  ...each(
    ANY,
    '+SQNS +SQNSS +SQNSD +SQNSH +SQNSL +SQNSLUDP +SQNSA +SQNSI +SQNSRECV +SQNSSEND +SQNSSENDEXT +SQNSCFG',
  ),
  // It says how data are counted: numbers that can be read in one way only.
  '+SQNSCFGEXT': /^\?$|^=\?$|^=[\d,]*$/,
  '+SQNDNSLKUP': ANY,
  ...each(
    ANY,
    '+QFWDCLIENT +QFWDSEVER +QFWDSERVER +QFWDSEND +QFWDRECV +QFWDACK +QFWDSTATE +QFWDSSSTATE +QFWDCLOSE +QFWDSCLOSE',
  ),
  // Its other settings change the lines of everybody's connections.
  '+QFWDCFG': /^\?$|^=\?$|^="urc"(,|$)/i,
  // To be online: never off again, since others are.
  '+CFUN': /^=1$/,
  '+CGATT': /^=1$/,
  '+CGACT': /^=1,\d+$/,
};

const SMS: Allowed = {
  ...each(ANY, '+CMGS +CMGW +CMGL +CMGR +CMGD +CMSS +CPMS +CSMS +CSMP +CSDH +CNMA +CMGF +CSCS'),
  '+CSCA': LOOK,
  // A message that is pushed, and not stored, comes as a line without a name: of another's reply, for all that can be told (S27).
  '+CNMI': /^$|^\?$|^=\?$|^=[0-3]?(,[01]?(,[01]?(,[02]?(,[01]?)?)?)?)?$/,
};

const OF_ROLE: Readonly<Record<Role, Allowed>> = { read: READ, socket: SOCKET, sms: SMS, admin: {} };

/**
 * Nobody's: they leave command mode, change speed or framing of the line, reset what all clients rely on, or answer and make
 * calls whose end is a line of nobody.
 */
const NOBODYS =
  /^([ADHOPTXZ]|&[A-Z]|\+(IPR|IFC|ICF|ILRR|CMUX|CMER|CGDATA|CGANS|CRES|FCLASS|WS46)|\+DR|\+DS)$/;

/** `=` and text, `?` …: what stands after the name. */
const form = ({ form, text }: Call): string =>
  ({ action: text, set: `=${text}`, read: '?', test: '=?' })[form];

export function permits(roles: ReadonlySet<Role>, call: Call): boolean {
  if (NOBODYS.test(call.name)) return false;
  if (roles.has('admin')) return true;
  return [...roles].some(role => {
    const allowed = OF_ROLE[role];
    return Object.hasOwn(allowed, call.name) && allowed[call.name]?.test(form(call)) === true;
  });
}

function each(pattern: RegExp, names: string): Allowed {
  return Object.fromEntries(names.split(' ').map(name => [name, pattern]));
}
