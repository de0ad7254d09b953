/** The serial ports that the Linux kernel knows, read from `/sys` and `/dev`. */
import { access, readdir, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export interface SerialPortInfo {
  readonly path: string;
  /** A path that stays the same when the numbers change: below `/dev/serial/by-id`. */
  readonly stablePath?: string;
  readonly manufacturer?: string;
  readonly product?: string;
  readonly serialNumber?: string;
  /** USB ids, four hexadecimal digits in lower case. */
  readonly vendorId?: string;
  readonly productId?: string;
  /** Where the USB device is plugged in: bus and ports of hubs, `1-2.4`. */
  readonly usbPath?: string;
  /** Number of the USB interface, two hexadecimal digits, and of the port on it: `02.0`. */
  readonly usbInterface?: string;
}

/** `root` is another place for `/sys` and `/dev`, for tests. */
export async function listLinuxPorts(root = '/'): Promise<readonly SerialPortInfo[]> {
  const stablePaths = await readStablePaths(root);
  const names = await readdir(join(root, 'sys/class/tty')).catch(() => []);
  const ports: SerialPortInfo[] = [];
  for (const name of names.sort(inNumericOrder)) {
    if (!(await isPort(root, name))) continue;
    const path = `/dev/${name}`;
    const stablePath = stablePaths.get(path);
    ports.push({ path, ...(stablePath && { stablePath }), ...(await readUsbDevice(root, name)) });
  }
  return ports;
}

const { compare: inNumericOrder } = new Intl.Collator('en', { numeric: true });

/** Consoles have no device; of the classic UARTs the kernel lists more than there are, those of type 0. */
async function isPort(root: string, name: string): Promise<boolean> {
  const entry = join(root, 'sys/class/tty', name);
  if (!(await exists(join(entry, 'device'))) || !(await exists(join(root, 'dev', name)))) return false;
  return (await readText(join(entry, 'type'))) !== '0';
}

async function readStablePaths(root: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(root, 'dev/serial/by-id');
  const home = await realpath(join(root, 'dev')).catch(() => '');
  const paths = new Map<string, string>();
  for (const name of await readdir(folder).catch(() => [])) {
    const target = await realpath(join(folder, name)).catch(() => undefined);
    if (target) paths.set(target.replace(home, '/dev'), `/dev/serial/by-id/${name}`);
  }
  return paths;
}

/** Of the USB device with its descriptors, some levels above that of the port's interface; undefined for other ports. */
export async function usbFolder(root: string, name: string): Promise<string | undefined> {
  const { top, port } = await portFolder(root, name);
  return folderWith(top, port, 'idVendor');
}

async function portFolder(root: string, name: string): Promise<{ top: string; port: string }> {
  const top = await realpath(join(root, 'sys'));
  // It may be unplugged while we look.
  return { top, port: await realpath(join(root, 'sys/class/tty', name, 'device')).catch(() => top) };
}

/** The descriptors lie in the folders of the USB interface and of its device. */
async function readUsbDevice(root: string, name: string): Promise<Omit<SerialPortInfo, 'path'>> {
  const { top, port } = await portFolder(root, name);
  const device = await folderWith(top, port, 'idVendor');
  if (device === undefined) return {};
  const read = (file: string): Promise<string | undefined> => readText(join(device, file));
  const [manufacturer, product, serialNumber, vendorId, productId] = await Promise.all(
    ['manufacturer', 'product', 'serial', 'idVendor', 'idProduct'].map(read),
  );
  const usbInterface = await folderWith(top, port, 'bInterfaceNumber');
  const number = usbInterface && (await readText(join(usbInterface, 'bInterfaceNumber')));
  const portNumber = (await readText(join(port, 'port_number'))) ?? '0';
  return {
    usbPath: basename(device),
    ...(number && { usbInterface: `${number}.${portNumber}` }),
    ...(manufacturer && { manufacturer }),
    ...(product && { product }),
    ...(serialNumber && { serialNumber }),
    ...(vendorId && { vendorId }),
    ...(productId && { productId }),
  };
}

/** The nearest folder from here up that holds such a file. */
async function folderWith(top: string, from: string, file: string): Promise<string | undefined> {
  for (let folder = from; folder.startsWith(top); folder = dirname(folder))
    if (await exists(join(folder, file))) return folder;
  return undefined;
}

function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').then(
    text => text.trim(),
    () => undefined,
  );
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
