/** The bytes of RFC 854 and 855 by their names. */

/** Interpret as command: the byte that starts every command, doubled where it is data. */
export const IAC = 255;
/** What an option is told between these two. */
export const SUBNEGOTIATION = { begin: 250, end: 240 } as const;

export const VERBS = { will: 251, wont: 252, do: 253, dont: 254 } as const;
export type Verb = keyof typeof VERBS;

/** RFC 857, 858 and 860. */
export const OPTION = { echo: 1, suppressGoAhead: 3, timingMark: 6 } as const;

export const formatVerb = (verb: Verb, option: number): Buffer => Buffer.from([IAC, VERBS[verb], option]);

/** Data as it is written between commands. */
export const doubleIac = (bytes: Buffer): Buffer =>
  bytes.includes(IAC)
    ? Buffer.from(bytes.toString('latin1').replaceAll('\xff', '\xff\xff'), 'latin1')
    : bytes;
