/** Opens a serial port once, with all the locks that keep others away from it. */
import { closeSync, constants, openSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { codedError } from './open-error.ts';
import { findLockHolder } from './port-holder.ts';
import { loadSerialport, type SerialBinding } from './serial-binding.ts';
import { portHeldError, serialOpenError } from './serial-error.ts';
import { bindingReader, terminalReader } from './serial-reader.ts';
import type { OpenedPort } from './serial-stream.ts';
import { findUucpHolder, releaseUucpLock, takeUucpLock, uucpLockFile } from './uucp-lock.ts';

export interface PortSettings {
  readonly path: string;
  readonly baud: number;
  readonly flow: 'hardware' | 'none';
  /** Where `/dev` and `/var/lock` are. */
  readonly root: string;
}

/**
 * Locked by `flock` and by a UUCP lock file. Not by TIOCEXCL as well: neither Node nor `serialport` can call it, whose
 * `lock` is `flock` alone. Who has the port by TIOCEXCL keeps us out all the same.
 */
export async function openSystemPort(settings: PortSettings): Promise<OpenedPort> {
  const { binding } = (await loadSerialport()).SerialPort;
  if (process.platform === 'win32') return openPort(binding, settings);
  const { path, root } = settings;
  const device = attempt(path, () => realpathSync(join(root, path)));
  const lockFile = uucpLockFile(join(root, 'var/lock'), device);
  // The binding changes the settings of a port before it tries the lock: keep it away from ports of others.
  const holder = findLockHolder(device) ?? findUucpHolder(lockFile);
  if (holder) throw portHeldError(path, holder);
  const fd = openTerminal(path, device);
  try {
    const { port } = await openPort(binding, settings, device);
    try {
      const quicker = takeUucpLock(lockFile);
      if (quicker) throw portHeldError(path, quicker);
    } catch (error) {
      await port.close();
      throw error;
    }
    return { ...settings, port, reader: terminalReader(fd), release: () => releaseUucpLock(lockFile) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

export async function openPort(
  binding: SerialBinding,
  settings: PortSettings,
  device = settings.path,
): Promise<OpenedPort> {
  const { path, baud: baudRate, flow } = settings;
  const rtscts = flow === 'hardware';
  const port = await binding.open({ path: device, baudRate, rtscts, lock: true }).catch((error: unknown) => {
    throw serialOpenError(path, error);
  });
  return { ...settings, port, reader: bindingReader(port) };
}

/** Our own descriptor, for reading. Opened first, since its errors have codes and the binding's do not. */
function openTerminal(path: string, device: string): number {
  const fd = attempt(path, () =>
    openSync(device, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK),
  );
  if (isatty(fd)) return fd;
  closeSync(fd);
  throw serialOpenError(path, codedError('ENOTTY', 'not a terminal'));
}

function attempt<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw serialOpenError(path, error);
  }
}
