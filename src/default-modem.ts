/** The default modem, named by ATSOCK_MODEM and opened when a socket first needs it. */
import { Modem } from './modem.ts';
import { type ParsedModemUrl, parseModemUrl } from './modem-url.ts';

export const defaultModem = new Modem(async () => defaultModemUrl());

/** @throws Error of one sentence, if it is not set or cannot be used */
export function defaultModemUrl(): ParsedModemUrl {
  const url = process.env.ATSOCK_MODEM;
  if (!url) throw new Error('no modem: set ATSOCK_MODEM, for example to serial:/dev/ttyUSB2 or sim:sequans');
  return parseModemUrl(url);
}
