/** Topics of the MQTT bridge, and where an event goes. */
import type { ServeEvent } from '../serve/events.ts';

export interface Topics {
  /** `online` or `offline`, kept by the broker; the bridge's last will. */
  readonly availability: string;
  /** The modem's state, registration and signal, kept by the broker. */
  readonly status: string;
  /** Where orders come in, and the answers to them go out. */
  readonly send: string;
  readonly result: string;
  of(event: Pick<ServeEvent, 'type'>): string;
}

const EVENTS: Readonly<Record<ServeEvent['type'], string>> = {
  message: 'sms/received',
  job: 'sms/job',
  modem: 'modem',
  watchdog: 'watchdog',
};

/** @param prefix see `isTopicPrefix` */
export const topicsUnder = (prefix: string): Topics => ({
  availability: `${prefix}/availability`,
  status: `${prefix}/status`,
  send: `${prefix}/sms/send`,
  result: `${prefix}/sms/result`,
  of: ({ type }) => `${prefix}/${EVENTS[type]}`,
});

/** Levels of plain characters: no wildcards, nothing that is the broker's own. */
export const isTopicPrefix = (text: string): boolean =>
  text.length <= 128 && /^[\w.-]+(?:\/[\w.-]+)*$/.test(text);
