/** The text for Prometheus: every figure once, under its name, whatever the names in it are. */
import { expect, test } from 'vitest';
import { type Figures, formatMetrics } from '../../../src/recovery/metrics.ts';

const FIGURES: Figures = {
  bytesWritten: 1,
  bytesRead: 2,
  payloadSent: 3,
  payloadReceived: 4,
  commands: { '+CSQ': 5, I: 6 },
  connections: 7,
  queueLength: 8,
  recoveries: 9,
  rung: 5,
  actions: { fence: 10, usb: 11 },
};

const samples = (text: string): readonly string[] =>
  text.split('\n').filter(line => line && !line.startsWith('#'));

test('all samples', () => {
  expect(samples(formatMetrics('tcp:host:1', true, FIGURES))).toEqual([
    'atsock_up{modem="tcp:host:1"} 1',
    'atsock_recoveries_total{modem="tcp:host:1"} 9',
    'atsock_recovery_actions_total{modem="tcp:host:1",action="fence"} 10',
    'atsock_recovery_actions_total{modem="tcp:host:1",action="usb"} 11',
    'atsock_watchdog_rung{modem="tcp:host:1"} 5',
    'atsock_line_bytes_total{modem="tcp:host:1",direction="written"} 1',
    'atsock_line_bytes_total{modem="tcp:host:1",direction="read"} 2',
    'atsock_payload_bytes_total{modem="tcp:host:1",direction="sent"} 3',
    'atsock_payload_bytes_total{modem="tcp:host:1",direction="received"} 4',
    'atsock_commands_total{modem="tcp:host:1",command="+CSQ"} 5',
    'atsock_commands_total{modem="tcp:host:1",command="I"} 6',
    'atsock_connections{modem="tcp:host:1"} 7',
    'atsock_queue_length{modem="tcp:host:1"} 8',
  ]);
});

test('each metric has its help and its type before it, and the text ends with a line break', () => {
  const text = formatMetrics('m', false, FIGURES);
  expect(text).toMatch(/^(# HELP (\w+) [^\n]+\.\n# TYPE \2 (counter|gauge)\n(\2\{[^\n]+\} \d+\n)+)+$/);
  expect(text).toContain('atsock_up{modem="m"} 0\n');
});

test('what would end a label is escaped', () => {
  const [up] = samples(formatMetrics('a"b\\c\nd', false, FIGURES));
  expect(up).toBe('atsock_up{modem="a\\"b\\\\c\\nd"} 0');
});
