/** The ways in which a firmware may want the values of its opening commands (quectel-qfwd.md 2, rows 6 to 10). */

/** `cid`: `<pdp_cid>,<socket_id>`, as in the tables. `apn`: `<socket_id>,<apn>`, as in the worked example (2.1). */
const ORDERS = ['cid', 'apn'] as const;
const SPELLINGS = ['IP tcp', 'ip tcp', 'IP TCP'] as const;
/** What stands at the end, the most telling first. */
const SERVER_TAILS = ['idle port', 'idle', ''] as const;
const CLIENT_TAILS = ['port', ''] as const;

/** Where the URCs of a socket may go; the first unless it is told otherwise (1.1). */
export const URC_PORTS = ['usbat', 'uart1', 'usbmodem'] as const;
export type UrcPort = (typeof URC_PORTS)[number];
export const DEFAULT_URC_PORT: UrcPort = URC_PORTS[0];

export interface Form {
  readonly order: (typeof ORDERS)[number];
  readonly spelling: (typeof SPELLINGS)[number];
  readonly idle: boolean;
  /** The URC port is part of the command; else QFWDCFG sets it. */
  readonly port: boolean;
}

const names = (tails: readonly string[]): string[] =>
  ORDERS.flatMap(order =>
    SPELLINGS.flatMap(spelling => tails.map(tail => `${order} ${spelling} ${tail}`.trim())),
  );

/** Names of forms, the likeliest first. */
export const SERVER_FORMS: readonly string[] = names(SERVER_TAILS);
export const CLIENT_FORMS: readonly string[] = names(CLIENT_TAILS);

export function parseForm(name: string): Form {
  const [order, version, protocol, ...tail] = name.split(' ');
  return {
    order: order === 'apn' ? 'apn' : 'cid',
    spelling: SPELLINGS.find(spelling => spelling === `${version} ${protocol}`) ?? SPELLINGS[0],
    idle: tail.includes('idle'),
    port: tail.includes('port'),
  };
}
