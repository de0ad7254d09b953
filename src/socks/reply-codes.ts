/** Why a connection failed, in the numbers of SOCKS5. */
import { REPLY } from './messages.ts';

const REPLIES: Readonly<Record<string, number>> = {
  ERR_IP_BLOCKED: REPLY.notAllowed,
  ENETUNREACH: REPLY.networkUnreachable,
  ENETDOWN: REPLY.networkUnreachable,
  EHOSTUNREACH: REPLY.hostUnreachable,
  ENOTFOUND: REPLY.hostUnreachable,
  EAI_AGAIN: REPLY.hostUnreachable,
  ECONNREFUSED: REPLY.refused,
  ETIMEDOUT: REPLY.timedOut,
  EAFNOSUPPORT: REPLY.unknownAddressType,
};

export const replyTo = ({ code }: NodeJS.ErrnoException): number => REPLIES[code ?? ''] ?? REPLY.failed;
