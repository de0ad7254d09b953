/** `atsock/dgram`: stands in for `node:dgram` over the default modem. */
import { defaultModem } from './default-modem.ts';

const { dgram } = defaultModem;
export default dgram;
// What require() gives: the module itself, whose members a program may replace.
export { dgram as 'module.exports' };
export const { createSocket, Socket } = dgram;
