/** Finds a serial port again that comes back under another name: by its USB device and interface. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listLinuxPorts, type SerialPortInfo } from './serial-list-linux.ts';
import type { Recognise } from './transport.ts';
import { findUsbDevice } from './usb-device.ts';

/**
 * A port that was named as the kernel names it (`/dev/ttyUSB2`) is looked for under every name. Any other path, as those
 * below `/dev/serial`, is believed: it was made to stay the same. So is every path where there is no `/sys`.
 */
export class PortFinder {
  readonly #path: string;
  readonly #root: string;
  #known: SerialPortInfo | undefined;
  /** As it was when it was last open. */
  #latest: SerialPortInfo | undefined;
  #imei: string | undefined;
  /** Device nodes behind which a modem of the same kind has answered that is not ours. */
  #others: ReadonlySet<number> = new Set();

  /** @param root another place for `/dev` and `/sys`, for tests */
  constructor(path: string, root: string) {
    this.#path = path;
    this.#root = root;
  }

  /** Where the port is that was open before; undefined: it is missing. */
  async find(): Promise<string | undefined> {
    const paths = this.#known ? await this.#listLike(this.#known) : [this.#path];
    const nodes = await this.#nodesOf(paths);
    // A node that has gone says nothing about the next one of its name.
    this.#others = new Set([...this.#others].filter(node => nodes.includes(node)));
    return paths.find((_, index) => {
      const node = nodes[index];
      return node !== undefined && !this.#others.has(node);
    });
  }

  /** The port is open at this path. Gives what decides whose it is, where USB does not tell. */
  async opened(path: string): Promise<Recognise | undefined> {
    const { port, node } = await this.#look(path);
    if (node === undefined || port?.usbPath === undefined) return undefined;
    if (port.path === path) this.#known ??= port;
    if (port.serialNumber === undefined) return imei => this.#recognise(imei, node, port);
    this.#latest = port;
    return undefined;
  }

  /** The folder below `/sys` of the USB device that the port belongs to; undefined: there is none, or not now. */
  async findUsbDevice(): Promise<string | undefined> {
    const port = this.#latest ?? (await this.#look(this.#path)).port;
    return port && findUsbDevice(port, this.#root);
  }

  async #look(path: string): Promise<{ readonly port?: SerialPortInfo; readonly node: number | undefined }> {
    const ports = await listLinuxPorts(this.#root);
    const [node, ...nodes] = await this.#nodesOf([path, ...ports.map(port => port.path)]);
    const port = node === undefined ? undefined : ports[nodes.indexOf(node)];
    return { node, ...(port && { port }) };
  }

  #recognise(imei: string, node: number, port: SerialPortInfo): boolean {
    this.#imei ??= imei;
    if (this.#imei === imei) {
      this.#latest = port;
      return true;
    }
    this.#others = new Set([...this.#others, node]);
    return false;
  }

  /** Those of the same kind and interface; first the one that is plugged in at the same place. */
  async #listLike(known: SerialPortInfo): Promise<readonly string[]> {
    const ports = await listLinuxPorts(this.#root);
    const same = ports.filter(port => IDENTITY.every(key => port[key] === known[key]));
    const isElsewhere = ({ usbPath }: SerialPortInfo): number => Number(usbPath !== known.usbPath);
    return same.sort((a, b) => isElsewhere(a) - isElsewhere(b)).map(({ path }) => path);
  }

  #nodesOf(paths: readonly string[]): Promise<readonly (number | undefined)[]> {
    const nodeOf = (path: string): Promise<number | undefined> =>
      stat(join(this.#root, path)).then(
        ({ ino }) => ino,
        () => undefined,
      );
    return Promise.all(paths.map(nodeOf));
  }
}

const IDENTITY = ['vendorId', 'productId', 'serialNumber', 'usbInterface'] as const;
