/** The default modem, named by ATSOCK_MODEM and opened when a socket first needs it. */
import { Modem } from './modem.ts';

export const defaultModem = new Modem(async () => {
  const { parseModemUrl } = await import('./modem-url.ts');
  return parseModemUrl(defaultModemUrl());
});

/** @throws Error of one sentence, if it is not set */
export function defaultModemUrl(): string {
  const url = process.env.ATSOCK_MODEM;
  if (!url) throw new Error('no modem: set ATSOCK_MODEM, for example to serial:/dev/ttyUSB2 or sim:sequans');
  return url;
}
