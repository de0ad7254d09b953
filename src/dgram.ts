/** `atsock/dgram`: stands in for `node:dgram` over the default modem. */
import { defaultModem } from './default-modem.ts';

export default defaultModem.dgram;
export const { createSocket, Socket } = defaultModem.dgram;
