/** From the port to the network, in the order in which one thing needs the other; what cannot work ends it. */
import { type AtChannel, openChannel } from '../../at/index.ts';
import { Modem } from '../../modem.ts';
import type { ParsedModemUrl } from '../../modem-url.ts';
import { listSerialPorts } from '../../transport/serial-list.ts';
import { traced } from '../../transport/traced.ts';
import type { Trace } from '../trace.ts';
import { type Finding, fail, ok, type Report } from './finding.ts';
import { examineModem, type Patience } from './modem-checks.ts';
import { examineNetwork, type NetworkQuestions } from './network-checks.ts';
import { examinePort } from './port-checks.ts';

export interface Examination extends Patience {
  readonly url: ParsedModemUrl;
  readonly questions: NetworkQuestions;
  readonly trace: Trace;
}

export async function examine(examination: Examination, report: Report): Promise<void> {
  try {
    if (await examineLine(examination, report)) await examineConnection(examination, report);
  } catch (error) {
    examination.signal.throwIfAborted();
    const { message } = error as Error;
    report(fail('modem', message, 'restart the modem, and look at what it says with --trace'));
  }
}

async function examineConnection(examination: Examination, report: Report): Promise<void> {
  const { url, questions, trace, waitMs, signal } = examination;
  const modem = new Modem(async () => url, {
    trace: trace.line,
    watch: trace.watch,
    registrationTimeoutMs: waitMs,
  });
  modem.ref();
  try {
    await examineNetwork(modem, questions, url.options.cid ?? 1, report, signal);
  } finally {
    await modem.close();
  }
}

async function examineLine({ url, trace, waitMs, signal }: Examination, report: Report): Promise<boolean> {
  const transport = await url.createTransport(url.options);
  const path = /^serial:(.*)/s.exec(transport.name)?.[1];
  if (path !== undefined && !(await examinePort(path, report))) return false;
  let at: AtChannel;
  try {
    at = await openChannel(traced(trace.line)(transport), { ...url.options, signal });
  } catch (error) {
    signal.throwIfAborted();
    report(await judgeSilence(error as NodeJS.ErrnoException, path));
    return false;
  }
  try {
    report(ok('line', `a modem answers on ${transport.name}`));
    return await examineModem(at, url.options, report, { waitMs, signal });
  } finally {
    await at.close();
  }
}

async function judgeSilence(
  { message, code }: NodeJS.ErrnoException,
  path: string | undefined,
): Promise<Finding> {
  if (path === undefined)
    return fail(
      'line',
      message,
      code === 'ECONNREFUSED'
        ? 'start the bridge there (ser2net, atsock share, atsock sim), or correct the port number'
        : 'look on the machine with the modem: atsock doctor with its serial port',
    );
  const others = await siblings(path);
  return fail(
    'line',
    message,
    others.length > 0
      ? `this may be an interface without AT commands; the device has others: ${others.join(', ')}`
      : 'check power, plug and wiring (TX to RX), and the baud rate (baud= in the modem URL); atsock list --probe asks every port',
  );
}

/** Other ports of the same USB device: most have one for AT commands among several. */
async function siblings(path: string): Promise<readonly string[]> {
  const ports = await listSerialPorts();
  const own = ports.find(port => port.path === path || port.stablePath === path);
  if (own?.vendorId === undefined) return [];
  return ports
    .filter(
      port =>
        port !== own &&
        port.vendorId === own.vendorId &&
        port.productId === own.productId &&
        port.serialNumber === own.serialNumber,
    )
    .map(port => port.path);
}
