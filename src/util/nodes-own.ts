/** Node's own sockets and resolver, as they were before `atsock/register` put others in their place. */
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';
import tls from 'node:tls';
import { oncePerThread } from './once-per-thread.ts';

// Copies, because the hook changes the modules themselves. What reaches a modem, simulated or not, and what a modem's
// sockets are built of must not go through the modem; nor through that of another copy of this package.
const own = oncePerThread('nodes-own', () => ({
  dgram: { ...dgram },
  dns: { ...dns, promises: { ...dns.promises } },
  net: { ...net },
  tls: { ...tls },
}));

export const nodeDgram: typeof dgram = own.dgram;
export const nodeDns: typeof dns = own.dns;
export const nodeNet: typeof net = own.net;
export const nodeTls: typeof tls = own.tls;
