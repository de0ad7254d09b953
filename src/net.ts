/** `atsock/net`: stands in for `node:net` over the default modem. */
import { defaultModem } from './default-modem.ts';

const { net } = defaultModem;
export default net;
export { net as 'module.exports' };
export const {
  BlockList,
  connect,
  createConnection,
  createServer,
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  isIP,
  isIPv4,
  isIPv6,
  Server,
  setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
  Socket,
  SocketAddress,
  Stream,
} = net as typeof net & { readonly Stream: typeof net.Socket };
