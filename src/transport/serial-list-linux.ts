/** The serial ports that the Linux kernel knows, read from `/sys` and `/dev`. */
import { access, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';

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
  const top = await realpath(join(root, 'sys'));
  let folder = await realpath(join(root, 'sys/class/tty', name, 'device'));
  while (folder.startsWith(top) && !(await exists(join(folder, 'idVendor')))) folder = dirname(folder);
  return folder.startsWith(top) ? folder : undefined;
}

async function readUsbDevice(root: string, name: string): Promise<Omit<SerialPortInfo, 'path'>> {
  const folder = await usbFolder(root, name);
  if (folder === undefined) return {};
  const read = (file: string): Promise<string | undefined> => readText(join(folder, file));
  const [manufacturer, product, serialNumber, vendorId, productId] = await Promise.all(
    ['manufacturer', 'product', 'serial', 'idVendor', 'idProduct'].map(read),
  );
  return {
    ...(manufacturer && { manufacturer }),
    ...(product && { product }),
    ...(serialNumber && { serialNumber }),
    ...(vendorId && { vendorId }),
    ...(productId && { productId }),
  };
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
