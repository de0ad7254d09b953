/** Mail: each received message is sent to somebody through any SMTP server, and so is what the watchdog did. */
import type { ServeEvent } from '../serve/events.ts';
import { isLoopback } from '../util/address-rules.ts';
import { unlessAborted } from './abortable.ts';
import { type Destination, RefusedError } from './destination.ts';
import { oneLine } from './one-line.ts';
import { loadPackage } from './optional-package.ts';

/** For a name, a connection, a greeting, and each answer. */
const TIME_LIMIT_MS = 30_000;
/** A line that was opened again is no news; what is counted and limited is (reliability.md 2.9). */
const REOPENED = 2;

export interface MailOptions {
  /** What this computer is called. */
  readonly gateway: string;
  /** `smtp://host:587`, which changes to TLS where the server can, or `smtps://host`. */
  readonly server: URL;
  /** Given only over TLS, unless the server is on this computer. */
  readonly login?: { readonly user: string; readonly password: string } | undefined;
  readonly from: string;
  readonly to: readonly string[];
}

/** @throws Error if nodemailer is not installed */
export async function createMail({ gateway, server, login, from, to }: MailOptions): Promise<Destination> {
  const { createTransport } = await loadPackage('nodemailer', 'mail', () => import('nodemailer'));
  const host = server.hostname.replace(/^\[|\]$/g, '');
  const transport = createTransport({
    host,
    ...(server.port && { port: Number(server.port) }),
    secure: server.protocol === 'smtps:',
    ...(login && { auth: { user: login.user, pass: login.password }, requireTLS: !isLoopback(host) }),
    dnsTimeout: TIME_LIMIT_MS,
    connectionTimeout: TIME_LIMIT_MS,
    greetingTimeout: TIME_LIMIT_MS,
    socketTimeout: TIME_LIMIT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return {
    name: 'mail',
    wants: event => event.type === 'message' || (event.type === 'watchdog' && event.action.rung > REOPENED),
    deliver: async (event, signal) => {
      const sending = transport.sendMail({
        from: { name: gateway, address: from },
        to: to.map(address => ({ name: '', address })),
        // The same each time, so that a mail which comes twice can be told.
        messageId: `<${gateway}-${event.id}@${domain}>`,
        date: new Date(event.at),
        headers: { 'Auto-Submitted': 'auto-generated' },
        ...content(gateway, event),
        // Whatever stands in it, nothing of it can be taken for a line of the mail's own.
        encoding: 'base64',
      });
      await unlessAborted(sending, signal).catch(error => {
        throw isRefusal(error) ? new RefusedError(error.message, { cause: error }) : error;
      });
    },
  };
}

function content(gateway: string, event: ServeEvent): { readonly subject: string; readonly text: string } {
  if (event.type === 'message')
    return {
      subject: oneLine(`SMS from ${event.message.from}`),
      text: event.message.data ?? event.message.text,
    };
  return { subject: `Watchdog of ${gateway}`, text: JSON.stringify(event, undefined, 2) };
}

/** The server has read the mail and will not have it. Wrong passwords and addresses can be mended within the day. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof Error &&
  Reflect.get(error, 'code') === 'EMESSAGE' &&
  Number(Reflect.get(error, 'responseCode')) >= 500;
