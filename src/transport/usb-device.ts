/** A USB device by its identity in `/sys` of Linux: found again, and reset. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { access, constants, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codedError, codeOf } from './open-error.ts';
import type { SerialPortInfo } from './serial-list-linux.ts';

/** From no longer allowed to allowed again: the kernel takes the device's ports away meanwhile. */
const OFF_MS = 1_000;
const PROGRAM_MS = 30_000;

/**
 * The device in the same place, if it is still of the same kind. In another place only one with the same serial
 * number: of two equal modems without, the wrong one must never be reset.
 */
export async function findUsbDevice(port: SerialPortInfo, root: string): Promise<string | undefined> {
  const devices = join(root, 'sys/bus/usb/devices');
  const same: string[] = [];
  for (const name of await readdir(devices).catch(() => [])) {
    const folder = join(devices, name);
    const found = await Promise.all(['idVendor', 'idProduct', 'serial'].map(file => readText(folder, file)));
    const isSame = [port.vendorId, port.productId, port.serialNumber].every((id, at) => id === found[at]);
    if (isSame && port.vendorId !== undefined) same.push(folder);
  }
  const inPlace = same.find(folder => basename(folder) === port.usbPath);
  return inPlace ?? (port.serialNumber === undefined ? undefined : same[0]);
}

/**
 * By the program usbreset where this user may write to the device (a udev rule can say so), which resets the port of the
 * hub; else by `authorized`, which takes the device away from its drivers and gives it back.
 * @throws Error that says why it could not be done
 */
export async function resetUsbDevice(folder: string, root: string): Promise<void> {
  const [bus = '', device = ''] = await Promise.all(
    ['busnum', 'devnum'].map(async file => (await readText(folder, file))?.padStart(3, '0')),
  );
  const isOurs = await mayWrite(join(root, 'dev/bus/usb', bus, device));
  if (bus && device && isOurs && (await runUsbreset(`${bus}/${device}`))) return;
  const authorized = join(await realpath(folder), 'authorized');
  if (!(await mayWrite(authorized)))
    throw codedError('EACCES', `${basename(folder)} is a USB device that this user may not reset`);
  // Whatever happens meanwhile, also the end of this process: a device that stays off is lost until somebody comes.
  const allow = (): void => writeFileSync(authorized, '1', { flag: 'r+' });
  process.once('exit', allow);
  try {
    await writeFile(authorized, '0', { flag: 'r+' });
    await pause(OFF_MS);
  } finally {
    process.off('exit', allow);
    allow();
  }
}

/** False: there is no such program. */
async function runUsbreset(device: string): Promise<boolean> {
  try {
    await promisify(execFile)('usbreset', [device], { timeout: PROGRAM_MS, killSignal: 'SIGKILL' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw new Error(`usbreset ${device} failed: ${(error as Error).message.trim()}`, { cause: error });
  }
}

const mayWrite = (path: string): Promise<boolean> =>
  access(path, constants.W_OK).then(
    () => true,
    () => false,
  );

const readText = (folder: string, file: string): Promise<string | undefined> =>
  readFile(join(folder, file), 'utf8').then(
    text => text.trim() || undefined,
    () => undefined,
  );
