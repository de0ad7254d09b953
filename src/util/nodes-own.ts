/** Node's own sockets and resolver, as they were before `atsock/register` put others in their place. */
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';

// Copies, because the hook changes the modules themselves. What reaches a modem, simulated or not, and what a modem's
// sockets are built of must not go through the modem.
export const nodeDgram: typeof dgram = { ...dgram };
export const nodeDns: typeof dns = { ...dns, promises: { ...dns.promises } };
export const nodeNet: typeof net = { ...net };
