/** What a modem has been through as text for Prometheus: from the figures in, without a clock or a modem. */

/** Of `modem.stats()`. */
export interface Figures {
  readonly bytesWritten: number;
  readonly bytesRead: number;
  readonly payloadSent: number;
  readonly payloadReceived: number;
  readonly commands: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly queueLength: number;
  readonly recoveries: number;
  readonly rung: number;
  readonly actions: Readonly<Record<string, number>>;
}

interface Metric {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  /** By the values of `label`; one without a name where there is none. */
  readonly values: Readonly<Record<string, number>>;
  readonly label?: string;
}

/**
 * In the text format 0.0.4.
 * @param modem tells several of them apart in one Prometheus
 * @param isReady whether it can be used now
 */
export function formatMetrics(modem: string, isReady: boolean, figures: Figures): string {
  return metricsOf(isReady, figures)
    .map(({ name, kind, help, values, label }) => {
      const lines = Object.entries(values).map(([value, count]) => {
        const labels = { modem, ...(label !== undefined && { [label]: value }) };
        return `${name}{${formatLabels(labels)}} ${count}\n`;
      });
      return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('')}`;
    })
    .join('');
}

const one = (value: number): Readonly<Record<string, number>> => ({ '': value });

const metricsOf = (isReady: boolean, figures: Figures): readonly Metric[] => [
  {
    name: 'atsock_up',
    kind: 'gauge',
    help: 'Whether the modem can be used now.',
    values: one(Number(isReady)),
  },
  {
    name: 'atsock_recoveries_total',
    kind: 'counter',
    help: 'How often the modem was lost.',
    values: one(figures.recoveries),
  },
  {
    name: 'atsock_recovery_actions_total',
    kind: 'counter',
    help: 'What was done to bring it back.',
    label: 'action',
    values: figures.actions,
  },
  {
    name: 'atsock_watchdog_rung',
    kind: 'gauge',
    help: 'The highest rung, from 3 on, that was climbed since it was last well for long.',
    values: one(figures.rung),
  },
  {
    name: 'atsock_line_bytes_total',
    kind: 'counter',
    help: 'Bytes on the line to and from the modem.',
    label: 'direction',
    values: { written: figures.bytesWritten, read: figures.bytesRead },
  },
  {
    name: 'atsock_payload_bytes_total',
    kind: 'counter',
    help: 'Payload bytes of sockets.',
    label: 'direction',
    values: { sent: figures.payloadSent, received: figures.payloadReceived },
  },
  {
    name: 'atsock_commands_total',
    kind: 'counter',
    help: 'Command lines written.',
    label: 'command',
    values: figures.commands,
  },
  {
    name: 'atsock_connections',
    kind: 'gauge',
    help: 'Connections open on the modem.',
    values: one(figures.connections),
  },
  {
    name: 'atsock_queue_length',
    kind: 'gauge',
    help: 'Commands that wait for their turn.',
    values: one(figures.queueLength),
  },
];

const formatLabels = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`)
    .join(',');
