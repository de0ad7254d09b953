/** A folder that looks as `/sys`, `/dev` and `/var/lock` of Linux do, with ports that come and go. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface FakeUsb {
  /** Place of the device: bus and ports of hubs. */
  readonly usbPath?: string;
  readonly interface?: number;
  readonly serial?: string;
}

export class FakeSys {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
    mkdirSync(join(root, 'dev'), { recursive: true });
    mkdirSync(join(root, 'var/lock'), { recursive: true });
  }

  file(path: string, text = ''): void {
    writeFileSync(this.#make(path), text);
  }

  /** In place of a link that is there. */
  link(path: string, target: string): void {
    const place = this.#make(path);
    rmSync(place, { force: true });
    symlinkSync(target, place);
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true, force: true });
  }

  /** A port of a Quectel EC25. @param device what stands behind `/dev/ttyUSB…`; without, a plain file */
  plugIn(
    name: string,
    { usbPath = '1-2', interface: number = 2, serial }: FakeUsb = {},
    device?: string,
  ): void {
    const usb = `sys/devices/pci0000:00/usb1/${usbPath}`;
    const port = `${usb}/${usbPath}:1.${number}/${name}`;
    const descriptors = { idVendor: '2c7c', idProduct: '0125', manufacturer: 'Quectel', product: 'EC25' };
    for (const [key, text] of Object.entries(descriptors)) this.file(`${usb}/${key}`, `${text}\n`);
    if (serial !== undefined) this.file(`${usb}/serial`, `${serial}\n`);
    this.link(`sys/bus/usb/devices/${usbPath}`, `../../../devices/pci0000:00/usb1/${usbPath}`);
    this.file(`${usb}/${usbPath}:1.${number}/bInterfaceNumber`, `0${number}\n`);
    this.file(`${port}/port_number`, '0\n');
    this.file(`${port}/tty/${name}/dev`, '188:0\n');
    this.link(`${port}/tty/${name}/device`, `../../../${name}`);
    this.link(`sys/class/tty/${name}`, join(this.root, `${port}/tty/${name}`));
    if (device === undefined) this.file(`dev/${name}`);
    else this.link(`dev/${name}`, device);
  }

  unplug(name: string, usbPath = '1-2'): void {
    const usb = [`sys/devices/pci0000:00/usb1/${usbPath}`, `sys/bus/usb/devices/${usbPath}`];
    for (const path of [...usb, `sys/class/tty/${name}`, `dev/${name}`]) this.remove(path);
  }

  /** The device is there, but the kernel has taken it from its drivers. */
  unbind(name: string, { usbPath = '1-2', interface: number = 2 }: FakeUsb = {}): void {
    const port = `sys/devices/pci0000:00/usb1/${usbPath}/${usbPath}:1.${number}`;
    for (const path of [port, `sys/class/tty/${name}`, `dev/${name}`]) this.remove(path);
  }

  uart(name: string, type: string): void {
    this.file(`sys/devices/platform/serial8250/tty/${name}/type`, `${type}\n`);
    this.link(`sys/devices/platform/serial8250/tty/${name}/device`, '../../../serial8250');
    this.link(`sys/class/tty/${name}`, `../../devices/platform/serial8250/tty/${name}`);
    this.file(`dev/${name}`);
  }

  #make(path: string): string {
    const place = join(this.root, path);
    mkdirSync(dirname(place), { recursive: true });
    return place;
  }
}
