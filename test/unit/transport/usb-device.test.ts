/** usb-device: exactly this device is found again by its identity, and reset in the way that its user may. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { SerialPortInfo } from '../../../src/transport/serial-list-linux.ts';
import { findUsbDevice, resetUsbDevice } from '../../../src/transport/usb-device.ts';
import { FakeSys } from '../../support/fake-sys.ts';
import { temporaryFolder } from '../../support/programs.ts';
import { runProgram } from '../../tools/run-cli.ts';

const EC25: SerialPortInfo = { path: '/dev/ttyUSB2', vendorId: '2c7c', productId: '0125', usbPath: '1-2' };
const folderOf = (sys: FakeSys, usbPath = '1-2'): string => join(sys.root, 'sys/bus/usb/devices', usbPath);

function plugged(): FakeSys {
  const sys = new FakeSys(temporaryFolder());
  sys.plugIn('ttyUSB2');
  return sys;
}

describe('found', () => {
  test('in its place', async () => {
    const sys = plugged();
    expect(await findUsbDevice(EC25, sys.root)).toBe(folderOf(sys));
  });

  test('not where another kind of device has taken its place', async () => {
    const sys = plugged();
    sys.file('sys/devices/pci0000:00/usb1/1-2/idProduct', '0296\n');
    expect(await findUsbDevice(EC25, sys.root)).toBeUndefined();
  });

  test('an equal one in another place is not it', async () => {
    const sys = plugged();
    sys.unplug('ttyUSB2');
    sys.plugIn('ttyUSB2', { usbPath: '1-4' });
    expect(await findUsbDevice(EC25, sys.root)).toBeUndefined();
  });

  test('in another place with its serial number, and not with another', async () => {
    const sys = plugged();
    sys.unplug('ttyUSB2');
    sys.plugIn('ttyUSB2', { serial: 'B2' });
    sys.plugIn('ttyUSB6', { usbPath: '1-4', serial: 'A1' });
    const ours = { ...EC25, serialNumber: 'A1' };
    expect(await findUsbDevice(ours, sys.root)).toBe(folderOf(sys, '1-4'));
    sys.unplug('ttyUSB6', '1-4');
    expect(await findUsbDevice(ours, sys.root)).toBeUndefined();
  });

  test('no USB device, or no /sys: nothing', async () => {
    const sys = plugged();
    expect(await findUsbDevice({ path: '/dev/ttyS0' }, sys.root)).toBeUndefined();
    expect(await findUsbDevice(EC25, temporaryFolder())).toBeUndefined();
  });
});

describe('reset', () => {
  /** A stand-in for the program, which writes down what it is asked for. */
  function usbreset(exitCode = 0): () => string {
    const folder = temporaryFolder();
    const program = join(folder, 'usbreset');
    writeFileSync(
      program,
      `#!/bin/sh\necho "$@" >> ${folder}/calls\necho no such luck >&2\nexit ${exitCode}\n`,
    );
    chmodSync(program, 0o755);
    vi.stubEnv('PATH', `${folder}${delimiter}/bin`);
    onTestFinished(() => void vi.unstubAllEnvs());
    return () => readFileSync(join(folder, 'calls'), 'utf8');
  }

  const withNode = (): FakeSys => {
    const sys = plugged();
    sys.file('sys/devices/pci0000:00/usb1/1-2/busnum', '1\n');
    sys.file('sys/devices/pci0000:00/usb1/1-2/devnum', '42\n');
    sys.file('dev/bus/usb/001/042');
    return sys;
  };

  test('by usbreset, by the number on the bus', async () => {
    const calls = usbreset();
    const sys = withNode();
    await resetUsbDevice(folderOf(sys), sys.root);
    expect(calls()).toBe('001/042\n');
  });

  test('what usbreset says when it fails', async () => {
    usbreset(1);
    const sys = withNode();
    await expect(resetUsbDevice(folderOf(sys), sys.root)).rejects.toThrow(
      /usbreset 001\/042 .*no such luck/s,
    );
  });

  test.each([true, false])('without usbreset by "authorized" (there is a node: %s)', async hasNode => {
    vi.stubEnv('PATH', temporaryFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    const sys = hasNode ? withNode() : plugged();
    sys.file('sys/devices/pci0000:00/usb1/1-2/authorized', '1\n');
    const done = resetUsbDevice(folderOf(sys), sys.root);
    const authorized = (): string => readFileSync(join(folderOf(sys), 'authorized'), 'utf8').trim();
    await vi.waitUntil(() => authorized() === '0', 5_000);
    await done;
    expect(authorized()).toBe('1');
  });

  test('a process that ends meanwhile does not leave it switched off', async () => {
    const sys = plugged();
    sys.file('sys/devices/pci0000:00/usb1/1-2/authorized', '1\n');
    const { code } = await runProgram(`
      import { readFileSync } from 'node:fs';
      import { resetUsbDevice } from './dist/transport/usb-device.js';
      const folder = ${JSON.stringify(folderOf(sys))};
      void resetUsbDevice(folder, ${JSON.stringify(sys.root)});
      setInterval(() => readFileSync(folder + '/authorized', 'utf8').trim() === '0' && process.exit(3), 1);
    `).ended;
    expect(code).toBe(3);
    expect(readFileSync(join(folderOf(sys), 'authorized'), 'utf8').trim()).toBe('1');
  });

  test('neither: one sentence', async () => {
    const sys = plugged();
    await expect(resetUsbDevice(folderOf(sys), sys.root)).rejects.toMatchObject({
      code: 'EACCES',
      message: '1-2 is a USB device that this user may not reset',
    });
  });
});
