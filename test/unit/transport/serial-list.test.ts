/** The list of serial ports, read from a copy of what Linux shows for a USB modem and a classic UART. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listSerialPorts } from '../../../src/transport/serial-list.ts';
import { listLinuxPorts } from '../../../src/transport/serial-list-linux.ts';

describe.skipIf(process.platform === 'win32')('listLinuxPorts', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'atsock-sys-'));
  });

  afterEach(() => rmSync(root, { recursive: true }));

  const file = (path: string, text = ''): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const link = (path: string, target: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  };
  const usbPort = (name: string, number: number): void => {
    const device = 'sys/devices/pci0000:00/usb1/1-2';
    file(`${device}/idVendor`, '2c7c\n');
    file(`${device}/idProduct`, '0125\n');
    file(`${device}/manufacturer`, 'Quectel\n');
    file(`${device}/product`, 'EC25\n');
    file(`${device}/1-2:1.${number}/${name}/port_number`, '0\n');
    file(`${device}/1-2:1.${number}/${name}/tty/${name}/dev`, '188:0\n');
    link(`${device}/1-2:1.${number}/${name}/tty/${name}/device`, `../../../${name}`);
    link(`sys/class/tty/${name}`, `../../devices/pci0000:00/usb1/1-2/1-2:1.${number}/${name}/tty/${name}`);
    file(`dev/${name}`);
  };
  const uart = (name: string, type: string): void => {
    file(`sys/devices/platform/serial8250/tty/${name}/type`, `${type}\n`);
    link(`sys/devices/platform/serial8250/tty/${name}/device`, '../../../serial8250');
    link(`sys/class/tty/${name}`, `../../devices/platform/serial8250/tty/${name}`);
    file(`dev/${name}`);
  };

  test('a USB modem with its ids and its stable name, in the order of the numbers', async () => {
    usbPort('ttyUSB10', 3);
    usbPort('ttyUSB2', 2);
    link('dev/serial/by-id/usb-Quectel_EC25-if02-port0', '../../ttyUSB2');
    const usb = { manufacturer: 'Quectel', product: 'EC25', vendorId: '2c7c', productId: '0125' };
    expect(await listLinuxPorts(root)).toEqual([
      { path: '/dev/ttyUSB2', stablePath: '/dev/serial/by-id/usb-Quectel_EC25-if02-port0', ...usb },
      { path: '/dev/ttyUSB10', ...usb },
    ]);
  });

  test('a classic UART that is there, not those that only have a name, and no console', async () => {
    uart('ttyS0', '4');
    uart('ttyS1', '0');
    file('sys/class/tty/tty1/dev', '4:1\n');
    file('dev/tty1');
    expect(await listLinuxPorts(root)).toEqual([{ path: '/dev/ttyS0' }]);
  });

  test('a port without its file in /dev is not offered (a container)', async () => {
    usbPort('ttyUSB2', 2);
    rmSync(join(root, 'dev/ttyUSB2'));
    expect(await listLinuxPorts(root)).toEqual([]);
  });

  test('nothing there', async () => {
    expect(await listLinuxPorts(root)).toEqual([]);
  });
});

test('this computer has a list, with or without udevadm', async () => {
  for (const { path } of await listSerialPorts()) expect(path).toMatch(/^(\/dev\/|COM)/);
});
