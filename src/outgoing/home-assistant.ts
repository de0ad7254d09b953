/** What Home Assistant is told so that the gateway appears as a device by itself (its MQTT discovery). */
import type { Topics } from './topics.ts';

export interface Device {
  /** Of this gateway, for ever: plain characters. */
  readonly id: string;
  readonly name: string;
  readonly manufacturer?: string | undefined;
  readonly model?: string | undefined;
  /** Of the firmware. */
  readonly revision?: string | undefined;
}

/** A state may have so many characters; the whole text is in the attributes. */
const LONGEST_STATE = 255;

/**
 * Topics and payloads, to be kept by the broker.
 * @param notify a telephone number: there is an entity then whose messages are sent to it
 */
export function discoveryMessages(
  prefix: string,
  device: Device,
  topics: Topics,
  notify: string | undefined,
): ReadonlyMap<string, object> {
  const shared = {
    availability_topic: topics.availability,
    device: {
      identifiers: [device.id],
      name: device.name,
      manufacturer: device.manufacturer,
      model: device.model,
      sw_version: device.revision,
    },
    origin: { name: 'atsock' },
  };
  const message = topics.of({ type: 'message' });
  const entities: Readonly<Record<string, { readonly component: string; readonly [key: string]: unknown }>> =
    {
      state: sensor('Modem', topics.status, '{{ value_json.state }}', { entity_category: 'diagnostic' }),
      registration: sensor('Registration', topics.status, '{{ value_json.registration }}', {
        entity_category: 'diagnostic',
      }),
      signal: sensor('Signal', topics.status, '{{ value_json.rssiDbm }}', {
        entity_category: 'diagnostic',
        device_class: 'signal_strength',
        state_class: 'measurement',
        unit_of_measurement: 'dBm',
      }),
      message: sensor('Last message', message, `{{ value_json.message.text[:${LONGEST_STATE}] }}`, {
        json_attributes_topic: message,
        json_attributes_template: '{{ value_json.message | tojson }}',
        // The same text twice is two messages.
        force_update: true,
      }),
      ...(notify !== undefined && {
        notify: {
          component: 'notify',
          name: `SMS to ${notify}`,
          command_topic: topics.send,
          command_template: `{{ {'id': 'ha-' ~ now().timestamp(), 'to': '${notify}', 'text': value} | tojson }}`,
          qos: 1,
        },
      }),
    };
  return new Map(
    Object.entries(entities).map(([entity, { component, ...config }]) => [
      `${prefix}/${component}/${device.id}/${entity}/config`,
      { ...config, ...shared, unique_id: `${device.id}_${entity}`, qos: 1 },
    ]),
  );
}

const sensor = (name: string, topic: string, template: string, more: object) => ({
  component: 'sensor',
  name,
  state_topic: topic,
  value_template: template,
  ...more,
});
