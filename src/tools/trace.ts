/** What `--trace` makes: the dialogue on standard error or in a file, or a page with a sequence chart. */
import { openSync, writeFileSync, writeSync } from 'node:fs';
import type { ModemDriver } from '../driver/driver.ts';
import { page } from '../trace/page.ts';
import { TraceRecorder } from '../trace/recorder.ts';
import { WatchedDriver } from '../trace/watched-driver.ts';
import { traced } from '../transport/traced.ts';
import type { TransportDecorator } from '../transport/transport.ts';
import type { ModemFlags } from './options.ts';
import { createPainter } from './trace-painter.ts';

export interface Trace {
  /** One step of the dialogue, secrets removed. */
  readonly line: (text: string) => void;
  /** Where sockets are seen, too. */
  readonly watch?: (driver: ModemDriver) => ModemDriver;
}

const SERIAL_BAUD = 115_200;

export function createTrace({ trace, modem = '' }: ModemFlags): Trace {
  if (trace === undefined) return { line: () => {} };
  if (trace === true) return { line: createPainter(process.stderr, text => void process.stderr.write(text)) };
  // For its owner only: it holds payload.
  const file = openSync(trace, 'w', 0o600);
  if (!trace.endsWith('.html')) return { line: text => void writeSync(file, `${text}\n`) };
  const recorder = new TraceRecorder(speedOf(modem));
  process.once('exit', () => writeFileSync(file, page(recorder.finish())));
  return { line: text => recorder.line(text), watch: driver => new WatchedDriver(driver, recorder) };
}

/** The same for a bare line. */
export const tracing = (flags: ModemFlags): TransportDecorator =>
  flags.trace === undefined ? transport => transport : traced(createTrace(flags).line);

/** Bits per second; a line without `baud` has no speed of its own, but for a serial port. */
function speedOf(modem: string): number | undefined {
  const given = /[?&]baud=(\d+)/.exec(modem)?.[1];
  if (given !== undefined) return Number(given);
  return modem.startsWith('serial:') ? SERIAL_BAUD : undefined;
}
