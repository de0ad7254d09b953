/** Asks what is at a serial port who it is, unless somebody else uses the port. */
import { openChannel } from '../at/index.ts';
import { findLockHolder, findOpener, type PortHolder } from '../transport/port-holder.ts';
import { createSerialTransport } from '../transport/serial.ts';
import { unlessAborted } from './interruption.ts';

export interface Identity {
  readonly manufacturer: string;
  readonly model: string;
  readonly revision: string;
}

export type Probed =
  | { readonly modem: Identity }
  | { readonly holder: PortHolder }
  | { readonly problem: string };

/** Modems answer AT within some 20 ms; ports without one are many, and each is asked at every baud rate. */
const PROBE_MS = 300;
const IDENTITY_MS = 2_000;

export async function probe(path: string, signal: AbortSignal): Promise<Probed> {
  const holder = findLockHolder(path) ?? findOpener(path);
  if (holder) return { holder };
  try {
    return { modem: await identify(path, signal) };
  } catch (error) {
    signal.throwIfAborted();
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** @throws Error that says why the port cannot be opened, or that no modem answers */
export async function identify(path: string, signal: AbortSignal): Promise<Identity> {
  const at = await openChannel(createSerialTransport({ path }), { probeMs: PROBE_MS, signal });
  const ask = async (line: string): Promise<string> => {
    const answer = await at.send(line, { timeoutMs: IDENTITY_MS });
    return answer
      .join(' ')
      .replace(/^\+CG\w+:\s*/, '')
      .trim();
  };
  const askAll = async (): Promise<Identity> => ({
    manufacturer: await ask('+CGMI'),
    model: await ask('+CGMM'),
    revision: await ask('+CGMR'),
  });
  return unlessAborted(askAll(), signal).finally(() => at.close());
}
