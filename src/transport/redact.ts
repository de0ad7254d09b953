/** Removes what identifies a person or opens a SIM from a line of AT dialogue. */

/** Name, what follows it where its parameters are secret, and how many leading parameters are not. */
const SECRET_PARAMETERS: readonly (readonly [name: string, mark: '=' | ':' | '[=:]', open: number])[] = [
  ['CPIN2?', '=', 0], // 27.007 8.3; the answer "+CPIN: READY" is no secret
  ['CLCK', '=', 2], // 27.007 7.4: facility, mode, password
  ['CPWD', '=', 1], // 27.007 7.5: facility, old and new password
  ['CGAUTH', '[=:]', 2], // 27.007 10.1.31: cid, protocol, user, password
  ['QICSGP', '[=:]', 3], // Quectel: cid, type, APN, user, password
  ['SQNSPCFG', '[=:]', 7], // sequans.md 3.17: the pre-shared key and its identity come last
  ['(?:CGSN|CIMI|I?CCID|QCCID|SQNCCID)', ':', 0], // identities of the modem and the SIM
];

const SECRET_RULES = SECRET_PARAMETERS.map(
  ([name, mark, open]) => new RegExp(`(\\+${name}\\s*${mark}(?:[^,\\r\\n]*,){${open}})([^\\r\\n]+)`, 'gi'),
);

/** IMEI and IMSI (14 to 16 digits), ICCID (18 to 22, perhaps a filler F); not a part of hexadecimal data. */
const IDENTITY = /(?<![\dA-F])\d{14,22}(?=F?(?![\dA-F]))/gi;

/** Lines about telephone numbers: dialling, the messages of 27.005, the calls and the phone book of 27.007. */
const NUMBER_LINE =
  /(?:AT(?:&?[A-Z]\d?)*?\s*D[TPI]?[\s>]*[*#+\d]|\+(?:CMG[SWRL]|CMSS|CMT|CDS|CSCA|CLIP|COLP|CCWA|CLCC|CNUM|CPB[RWF]|CCFCU?|CUSD|CDIP)\b)[^\r\n]*/gi;
const NUMBER_IN_IT = /\d{4,}/g;
/** Elsewhere: the international form, and quoted digits too long for a timer, a cell or a network code. */
const NUMBER_ANYWHERE = /(?<=\+)\d{7,}|(?<=")\d{9,}(?=")/g;

/** Stars in place of every secret character. The length stays, so that counts in a dialogue still hold. */
export function redact(line: string): string {
  return SECRET_RULES.reduce(
    (text, rule) => text.replace(rule, (_all, open: string, secret: string) => open + hide(secret)),
    line,
  )
    .replace(IDENTITY, hide)
    .replace(NUMBER_LINE, numbers => numbers.replace(NUMBER_IN_IT, hideNumber))
    .replace(NUMBER_ANYWHERE, hideNumber);
}

/** For a line whose end is not known: any digits could be the beginning of a secret. */
export function redactUnfinished(line: string): string {
  return redact(line).replace(/\d/g, '*');
}

/** Quotes and commas stay, so that the line keeps its form. */
function hide(secret: string): string {
  return secret.replace(/[^",\s]/g, '*');
}

/** All but the last two digits. */
function hideNumber(digits: string): string {
  return '*'.repeat(digits.length - 2) + digits.slice(-2);
}
