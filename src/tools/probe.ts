/** Asks what is at a serial port who it is, unless somebody else uses the port. */
import { openChannel } from '../at/index.ts';
import { findLockHolder, findOpener, type PortHolder } from '../transport/port-holder.ts';
import { createSerialTransport } from '../transport/serial.ts';
import { unlessAborted } from './interruption.ts';

export type Probed =
  | { readonly modem: { readonly manufacturer: string; readonly model: string; readonly revision: string } }
  | { readonly holder: PortHolder }
  | { readonly problem: string };

/** Modems answer AT within some 20 ms; ports without one are many, and each is asked at every baud rate. */
const PROBE_MS = 300;
const IDENTITY_MS = 2_000;

export async function probe(path: string, signal: AbortSignal): Promise<Probed> {
  const holder = findLockHolder(path) ?? findOpener(path);
  if (holder) return { holder };
  try {
    const at = await openChannel(createSerialTransport({ path }), { probeMs: PROBE_MS, signal });
    const ask = async (line: string): Promise<string> =>
      (await at.send(line, { timeoutMs: IDENTITY_MS }))
        .join(' ')
        .replace(/^\+CG\w+:\s*/, '')
        .trim();
    const identify = async () => ({
      manufacturer: await ask('+CGMI'),
      model: await ask('+CGMM'),
      revision: await ask('+CGMR'),
    });
    return { modem: await unlessAborted(identify(), signal).finally(() => at.close()) };
  } catch (error) {
    signal.throwIfAborted();
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
