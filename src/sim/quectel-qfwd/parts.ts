/** What the QFWD commands work on, and the checks that they share. */
import type { Arguments } from '../arguments.ts';
import type { Handler } from '../command-set.ts';
import type { Machine } from '../firmware.ts';
import { cme, Refusal } from '../refusal.ts';
import type { UdpBridge } from '../sim-links.ts';
import type { Network } from '../sim-network.ts';
import type { TcpBridge } from '../tcp-bridge.ts';
import type { Manner } from './manner.ts';
import type { QfwdSocket } from './socket.ts';
import type { Sockets } from './sockets.ts';
import { takeId } from './words.ts';

export interface Parts {
  readonly machine: Machine;
  readonly manner: Manner;
  readonly network: Network;
  readonly sockets: Sockets;
  readonly bridges: { readonly udp: UdpBridge; readonly tcp: TcpBridge };
}

/** Some firmware may say more than ERROR (quectel-qfwd.md 7.5). */
class UnknownId extends Refusal {}

export function takeSocket(args: Arguments, { machine, sockets }: Parts): QfwdSocket {
  const one = sockets.find(takeId(args));
  if (one) return one;
  const { switches } = machine.settings;
  throw new UnknownId(switches.has('unknown-id-cme-50') ? cme.incorrectParameters : 'ERROR');
}

/** The manual shows no other failure than ERROR (quectel-qfwd.md 1). */
export function plain(handler: Handler): Handler {
  return async (args, reply) => {
    try {
      await handler(args, reply);
    } catch (error) {
      if (error instanceof Refusal && !(error instanceof UnknownId)) throw new Refusal('ERROR');
      throw error;
    }
  };
}
