/** A serial port before it is opened: is it there, may it be opened, does somebody else use it, does USB put it to sleep? */
import { access, constants, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { findLockHolder, findOpener } from '../../transport/port-holder.ts';
import { usbFolder } from '../../transport/serial-list-linux.ts';
import { type Finding, fail, ok, type Report, warn } from './finding.ts';

const MANAGER = 'ModemManager';
const LEAVE_IT_ALONE =
  'stop it (sudo systemctl stop ModemManager), or keep it off this port by a udev rule with ENV{ID_MM_PORT_IGNORE}="1"';

/** @param root another place for `/proc` and `/sys`, for tests. False: there is no use in opening it. */
export async function examinePort(path: string, report: Report, root = '/'): Promise<boolean> {
  const obstacle = (await missing(path)) ?? (await forbidden(path)) ?? (await held(path));
  report(obstacle ?? ok('port', `${path} is there and free`));
  for (const concern of [await managed(root), await sleepy(path, root)]) if (concern) report(concern);
  return obstacle === undefined;
}

async function missing(path: string): Promise<Finding | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found)
    return fail(
      'port',
      `there is no ${path}`,
      'plug the modem in and look for its ports with atsock list; a USB stick that shows none may need usb_modeswitch (see lsusb and dmesg)',
    );
  if (found.isCharacterDevice()) return undefined;
  return fail('port', `${path} is not a serial port`, 'look for the ports there are with atsock list');
}

async function forbidden(path: string): Promise<Finding | undefined> {
  const refused = await access(path, constants.R_OK | constants.W_OK).catch((error: Error) => error);
  if (!refused) return undefined;
  const group = await groupOf(path);
  return fail(
    'port',
    `${userInfo().username} may not open ${path}`,
    `join its group (sudo usermod -aG ${group} ${userInfo().username}) and log in again`,
  );
}

async function groupOf(path: string): Promise<string> {
  const { gid } = await stat(path);
  const groups = await readFile('/etc/group', 'utf8').catch(() => '');
  return new RegExp(`^([^:]+):[^:]*:${gid}:`, 'm').exec(groups)?.[1] ?? 'dialout';
}

async function held(path: string): Promise<Finding | undefined> {
  // Whoever makes a pseudo-terminal keeps it open himself, so there only the lock counts.
  const isPty = (await realpath(path)).startsWith('/dev/pts/');
  const holder = findLockHolder(path) ?? (isPty ? undefined : findOpener(path));
  if (!holder) return undefined;
  const { name, pid } = holder;
  return fail(
    'port',
    `${path} is held by ${name} (process ${pid})`,
    name === MANAGER ? LEAVE_IT_ALONE : `end it (kill ${pid}), or use another port of the modem`,
  );
}

/** Runs as another user, so that what it has open is not seen. */
async function managed(root: string): Promise<Finding | undefined> {
  const entries = await readdir(join(root, 'proc')).catch(() => []);
  const names = await Promise.all(
    entries.filter(name => /^\d+$/.test(name)).map(pid => readText(join(root, 'proc', pid, 'comm'))),
  );
  if (!names.includes(MANAGER)) return undefined;
  return warn('manager', `${MANAGER} runs here and may talk to the modem, too`, LEAVE_IT_ALONE);
}

/** Autosuspend has cut modems off (pinephone_modem_sdk#64). */
async function sleepy(path: string, root: string): Promise<Finding | undefined> {
  const name = basename(await realpath(path).catch(() => path));
  const folder = await usbFolder(root, name).catch(() => undefined);
  const control = folder && join(folder, 'power/control');
  if (control === undefined || (await readText(control)) !== 'auto') return undefined;
  return warn(
    'power',
    'USB may put the modem to sleep while it is idle (autosuspend)',
    `if it gets lost now and then: echo on | sudo tee ${control}`,
  );
}

const readText = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').then(
    text => text.trim(),
    () => undefined,
  );
