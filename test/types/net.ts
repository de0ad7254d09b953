/** Checked by the compiler only: our module has the whole surface that Node declares. */
import type { lookup } from 'node:dns';
import type * as Net from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createNet, type NetServices } from '../../src/sockets/net.ts';
import type { NetServer } from '../../src/sockets/net-server.ts';
import type { NetSocket } from '../../src/sockets/net-socket.ts';

declare const services: NetServices;
declare const dnsLookup: typeof lookup;

export const asModule: typeof Net = createNet(services);
export const withDns: NetServices = { ...services, lookup: dnsLookup };

const net = createNet(services);
export const asSocket: Net.Socket = net.connect(8883, 'broker.example');
export const asServer: Net.Server = net.createServer({ allowHalfOpen: true }, socket => socket.end());
export const secured = connectTls({ socket: net.connect({ port: 443, host: 'example.org' }) });
export class Extended extends net.Socket {}

/** Every member that Node declares is one of ours: what `createNet` gives is not asserted to be Node's, it is checked. */
declare const socket: NetSocket;
declare const server: NetServer;
export const checkedSocket: Net.Socket = socket;
export const checkedServer: Net.Server = server;
