/** Checked by the compiler only: our sockets have the whole surface that Node declares. */
import type * as Dgram from 'node:dgram';
import type { lookup } from 'node:dns';
import { createDgram, type DgramServices } from '../../src/sockets/dgram.ts';
import type { DgramSocket } from '../../src/sockets/dgram-socket.ts';

declare const socket: DgramSocket;
declare const services: DgramServices;
declare const dnsLookup: typeof lookup;

export const asNode: Dgram.Socket = socket;
export const asModule: typeof Dgram = createDgram(services);
export const withDns: DgramServices = { ...services, lookup: dnsLookup };

/** Every method that Node declares is one of ours, and no other way round is needed. */
export const missing: Exclude<keyof Dgram.Socket, keyof DgramSocket> extends never ? true : false = true;
