/** A serial port, through the package `serialport`. */
import { setTimeout as delay } from 'node:timers/promises';
import { abortError, codedError, codeOf } from './open-error.ts';
import { PortFinder } from './port-finder.ts';
import type { SerialBinding } from './serial-binding.ts';
import { openPort, openSystemPort } from './serial-open.ts';
import { SerialStream } from './serial-stream.ts';
import type { Transport } from './transport.ts';
import { resetUsbDevice } from './usb-device.ts';

/** Hot-plug events get lost (reliability.md F50), so they are not even asked for. */
const RESCAN_MS = 2_000;
/** So often; who opens it may have something better to do than wait. */
const SCANS = 10;
/** Of a port that is going or coming. */
const MISSING = ['ENOENT', 'ENODEV', 'ENXIO'];

export interface SerialTransportOptions {
  readonly path: string;
  readonly baud?: number;
  /** `hardware` is RTS/CTS; ports without these wires (pseudo-terminals, most USB modems) ignore it. */
  readonly flow?: 'hardware' | 'none';
  /** Another binding than that of the system, such as `@serialport/binding-mock`. */
  readonly binding?: SerialBinding;
  /** Another place for `/dev`, `/sys` and `/var/lock`, for tests. */
  readonly root?: string;
}

export function createSerialTransport(options: SerialTransportOptions): Transport {
  const { path, baud = 115_200, flow = 'hardware', binding, root = '/' } = options;
  const name = `serial:${path}`;
  const finder = new PortFinder(path, root);
  /** A COM port of Windows has the same name every time, and a stand-in has no place to be looked for. */
  const canMove = !binding && process.platform !== 'win32';
  let last: SerialStream | undefined;

  const openAt = async (found: string): Promise<SerialStream> => {
    const settings = { path: found, baud: last?.lineControl.baudRate ?? baud, flow, root };
    const opened = await (binding ? openPort(binding, settings) : openSystemPort(settings));
    last = new SerialStream({ ...opened, recognise: canMove ? await finder.opened(found) : undefined });
    return last;
  };

  const openAgain = async (): Promise<SerialStream | undefined> => {
    const found = await finder.find();
    if (found === undefined) return undefined;
    return openAt(found).catch(error => {
      if (!MISSING.includes(codeOf(error) ?? '')) throw error;
      return undefined;
    });
  };

  const open = async (signal?: AbortSignal): Promise<SerialStream> => {
    if (!canMove || !last) return openAt(path);
    for (let scan = 1; scan <= SCANS; scan++) {
      const stream = await openAgain();
      if (stream) return stream;
      await delay(RESCAN_MS, undefined, { ref: false, ...(signal && { signal }) }).catch(() => {});
      if (signal?.aborted) throw abortError(name, signal);
    }
    throw codedError('ENODEV', `${path} is missing, and nothing of its kind has come in its place`);
  };

  const resetUsb = async (): Promise<void> => {
    const folder = await finder.findUsbDevice();
    if (folder === undefined) throw codedError('ENODEV', `the USB device of ${path} is not there`);
    await resetUsbDevice(folder, root);
  };

  return {
    name,
    open: async signal => {
      if (signal?.aborted) throw abortError(name, signal);
      const stream = await open(signal);
      if (!signal?.aborted) return stream;
      stream.destroy();
      throw abortError(name, signal);
    },
    ...(canMove && process.platform === 'linux' && { resetUsb }),
  };
}
