/** `atsock/net`: stands in for `node:net` over the default modem. */
import { defaultModem } from './default-modem.ts';

export default defaultModem.net;
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
} = defaultModem.net as typeof defaultModem.net & { readonly Stream: typeof defaultModem.net.Socket };
