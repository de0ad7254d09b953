/** A serial port, through the package `serialport`. */
import { closeSync, constants, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import { abortError, codedError } from './open-error.ts';
import { findLockHolder } from './port-holder.ts';
import { loadSerialport, type SerialBinding } from './serial-binding.ts';
import { portHeldError, serialOpenError } from './serial-error.ts';
import { bindingReader, terminalReader } from './serial-reader.ts';
import { SerialStream } from './serial-stream.ts';
import type { Transport } from './transport.ts';

export interface SerialTransportOptions {
  readonly path: string;
  readonly baud?: number;
  /** `hardware` is RTS/CTS; ports without these wires (pseudo-terminals, most USB modems) ignore it. */
  readonly flow?: 'hardware' | 'none';
  /** Another binding than that of the system, such as `@serialport/binding-mock`. */
  readonly binding?: SerialBinding;
}

export function createSerialTransport(options: SerialTransportOptions): Transport {
  const name = `serial:${options.path}`;
  return {
    name,
    open: async signal => {
      if (signal?.aborted) throw abortError(name, signal);
      const stream = await (options.binding ? openWith(options.binding, options) : openSystemPort(options));
      if (!signal?.aborted) return stream;
      stream.destroy();
      throw abortError(name, signal);
    },
  };
}

async function openSystemPort(options: SerialTransportOptions): Promise<SerialStream> {
  const { binding } = (await loadSerialport()).SerialPort;
  if (process.platform === 'win32') return openWith(binding, options);
  const fd = openTerminal(options.path);
  try {
    return await openWith(binding, options, fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

async function openWith(
  binding: SerialBinding,
  { path, baud = 115_200, flow = 'hardware' }: SerialTransportOptions,
  fd?: number,
): Promise<SerialStream> {
  const settings = { path, baudRate: baud, rtscts: flow === 'hardware', lock: true };
  const port = await binding.open(settings).catch((error: unknown) => {
    throw serialOpenError(path, error);
  });
  return new SerialStream(path, port, fd === undefined ? bindingReader(port) : terminalReader(fd));
}

/** Our own descriptor, for reading. Opened first, since its errors have codes and the binding's do not. */
function openTerminal(path: string): number {
  // The binding changes the settings of a port before it tries the lock: keep it away from ports of others.
  const holder = findLockHolder(path);
  if (holder) throw portHeldError(path, holder);
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch (error) {
    throw serialOpenError(path, error);
  }
  if (isatty(fd)) return fd;
  closeSync(fd);
  throw serialOpenError(path, codedError('ENOTTY', 'not a terminal'));
}
