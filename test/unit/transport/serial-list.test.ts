/** The list of serial ports, read from a copy of what Linux shows for a USB modem and a classic UART. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listSerialPorts } from '../../../src/transport/serial-list.ts';
import { listLinuxPorts } from '../../../src/transport/serial-list-linux.ts';
import { FakeSys } from '../../support/fake-sys.ts';

describe.skipIf(process.platform === 'win32')('listLinuxPorts', () => {
  let sys: FakeSys;

  beforeEach(() => {
    sys = new FakeSys(mkdtempSync(join(tmpdir(), 'atsock-sys-')));
  });

  afterEach(() => rmSync(sys.root, { recursive: true }));

  test('a USB modem with its ids and its stable name, in the order of the numbers', async () => {
    sys.plugIn('ttyUSB10', { interface: 3 });
    sys.plugIn('ttyUSB2');
    sys.link('dev/serial/by-id/usb-Quectel_EC25-if02-port0', '../../ttyUSB2');
    const usb = {
      manufacturer: 'Quectel',
      product: 'EC25',
      vendorId: '2c7c',
      productId: '0125',
      usbPath: '1-2',
    };
    expect(await listLinuxPorts(sys.root)).toEqual([
      {
        path: '/dev/ttyUSB2',
        stablePath: '/dev/serial/by-id/usb-Quectel_EC25-if02-port0',
        usbInterface: '02.0',
        ...usb,
      },
      { path: '/dev/ttyUSB10', usbInterface: '03.0', ...usb },
    ]);
  });

  test('a classic UART that is there, not those that only have a name, and no console', async () => {
    sys.uart('ttyS0', '4');
    sys.uart('ttyS1', '0');
    sys.file('sys/class/tty/tty1/dev', '4:1\n');
    sys.file('dev/tty1');
    expect(await listLinuxPorts(sys.root)).toEqual([{ path: '/dev/ttyS0' }]);
  });

  test('a port without its file in /dev is not offered (a container)', async () => {
    sys.plugIn('ttyUSB2');
    sys.remove('dev/ttyUSB2');
    expect(await listLinuxPorts(sys.root)).toEqual([]);
  });

  test('nothing there', async () => {
    expect(await listLinuxPorts(sys.root)).toEqual([]);
  });
});

test('this computer has a list, with or without udevadm', async () => {
  for (const { path } of await listSerialPorts()) expect(path).toMatch(/^(\/dev\/|COM)/);
});
