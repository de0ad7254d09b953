/** Everything that goes out: a delivery for each destination that is asked for, until it is closed. */
import { join } from 'node:path';
import type { EventSource } from '../serve/events.ts';
import { deferred } from '../util/deferred.ts';
import { Cursor } from './cursor.ts';
import { deliverAll } from './delivery.ts';
import { createMail, type MailOptions } from './mail.ts';
import { type BridgedService, type BridgeOptions, openBridge } from './mqtt.ts';
import { createWebhook, type WebhookOptions } from './webhook.ts';
import type { ModemNet, Way } from './webhook-ways.ts';

export interface OutgoingOptions {
  readonly webhook?: (Omit<WebhookOptions, 'way'> & { way(net: ModemNet): Way }) | undefined;
  readonly mail?: MailOptions | undefined;
  readonly mqtt?: BridgeOptions | undefined;
}

export interface OutgoingService extends BridgedService {
  readonly events: EventSource;
  readonly net: ModemNet;
  /** Where the cursors are kept: of the service alone. */
  readonly folder: string;
}

export interface Outgoing {
  /** Rejects when a cursor cannot be written any more: nothing can be promised then. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

/**
 * Destinations are named after their files: whoever changes a URL goes on where the old one was.
 * @param log told what people should know, in sentences
 * @throws Error if a package that is needed is not installed
 */
export async function openOutgoing(
  service: OutgoingService,
  { webhook, mail, mqtt }: OutgoingOptions,
  log: (sentence: string) => void,
): Promise<Outgoing> {
  const openings = {
    ...(webhook && { webhook: () => createWebhook({ ...webhook, way: webhook.way(service.net) }) }),
    ...(mail && { mail: () => createMail(mail) }),
    ...(mqtt && { mqtt: () => openBridge(service, mqtt, log) }),
  };
  const opened = await Promise.all(
    Object.entries(openings).map(async ([name, open]) => {
      // Before anything is waited for: what comes meanwhile is for new destinations already.
      const cursor = new Cursor(join(service.folder, `outgoing-${name}`), service.events.latest);
      return { destination: await open(), cursor };
    }),
  );
  const stop = new AbortController();
  const failure = deferred<never>();
  failure.promise.catch(() => {});
  const deliveries = opened.map(({ destination, cursor }) =>
    deliverAll(service.events, destination, cursor, { signal: stop.signal, log }).catch(failure.reject),
  );
  return {
    failed: failure.promise,
    close: async () => {
      stop.abort();
      await Promise.all(deliveries);
      await Promise.all(opened.map(({ destination }) => destination.close?.()));
    },
  };
}
