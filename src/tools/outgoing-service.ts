/** The service as its outgoing side sees it: orders that come by MQTT are checked and counted like those by HTTP. */
import type { OutgoingService } from '../outgoing/outgoing.ts';
import type { ModemNet } from '../outgoing/webhook-ways.ts';
import { check } from '../serve/http/check.ts';
import { Problem } from '../serve/http/problem.ts';
import { OrderSchema } from '../serve/http/schemas.ts';
import type { Order } from '../serve/job.ts';
import type { Service } from '../serve/service.ts';

/** All who may publish to the topic share one quota. */
const CLIENT = 'mqtt';

export const outgoingService = (service: Service, net: ModemNet, folder: string): OutgoingService => ({
  net,
  events: service.journal,
  folder,
  snapshot: () => service.view.snapshot(),
  accept: (order, key) => {
    try {
      check(OrderSchema, order, 'order');
    } catch (error) {
      throw error instanceof Problem ? new Error(sentence(error)) : error;
    }
    return service.outbox.accept(order as Order, { key, by: CLIENT }).job;
  },
});

const sentence = ({ message, errors }: Problem): string =>
  [message, ...errors.map(({ field, message: wrong }) => `${field}: ${wrong}`)].join('; ');
