/** port-finder: a modem that comes back under another name is found, and nobody else is taken for it. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PortFinder } from '../../../src/transport/port-finder.ts';
import { FakeSys } from '../../support/fake-sys.ts';
import { temporaryFolder } from '../../support/programs.ts';

const BY_ID = '/dev/serial/by-id/usb-Quectel_EC25-if02-port0';

describe.skipIf(process.platform === 'win32')('PortFinder', () => {
  /** One that has had `/dev/ttyUSB2` open. */
  async function lookFor(usb: { serial?: string } = {}, path = '/dev/ttyUSB2') {
    const sys = new FakeSys(temporaryFolder());
    sys.plugIn('ttyUSB2', usb);
    sys.link(BY_ID, '../../ttyUSB2');
    const finder = new PortFinder(path, sys.root);
    return { sys, finder, recognise: await finder.opened(path) };
  }

  test('missing, then back under another name', async () => {
    const { sys, finder } = await lookFor({ serial: 'A1' });
    sys.unplug('ttyUSB2');
    expect(await finder.find()).toBeUndefined();
    sys.plugIn('ttyUSB5', { usbPath: '1-4', serial: 'A1' });
    expect(await finder.find()).toBe('/dev/ttyUSB5');
  });

  test('neither another serial number under its name nor its own other interface is it', async () => {
    const { sys, finder, recognise } = await lookFor({ serial: 'A1' });
    expect(recognise).toBeUndefined();
    sys.unplug('ttyUSB2');
    sys.plugIn('ttyUSB2', { serial: 'B2' });
    sys.plugIn('ttyUSB3', { usbPath: '1-4', interface: 3, serial: 'A1' });
    expect(await finder.find()).toBeUndefined();
    sys.plugIn('ttyUSB4', { usbPath: '1-4', serial: 'A1' });
    expect(await finder.find()).toBe('/dev/ttyUSB4');
  });

  test('without serial numbers the same place comes first', async () => {
    const { sys, finder } = await lookFor();
    sys.unplug('ttyUSB2');
    sys.plugIn('ttyUSB1', { usbPath: '1-3' });
    expect(await finder.find()).toBe('/dev/ttyUSB1');
    sys.plugIn('ttyUSB7');
    expect(await finder.find()).toBe('/dev/ttyUSB7');
  });

  test('without serial numbers the IMEI decides, and a stranger is asked once', async () => {
    const { sys, finder, recognise } = await lookFor();
    expect(recognise?.('490154203237518')).toBe(true);
    sys.unplug('ttyUSB2');
    sys.plugIn('ttyUSB3');
    const stranger = await finder.opened('/dev/ttyUSB3');
    expect(stranger?.('352099001761481')).toBe(false);
    expect(await finder.find()).toBeUndefined();
    sys.plugIn('ttyUSB4', { usbPath: '1-4' });
    expect(await finder.find()).toBe('/dev/ttyUSB4');
    expect((await finder.opened('/dev/ttyUSB4'))?.('490154203237518')).toBe(true);
    // The stranger has gone; who comes under its name is asked.
    sys.unplug('ttyUSB3');
    sys.unplug('ttyUSB4', '1-4');
    expect(await finder.find()).toBeUndefined();
    sys.plugIn('ttyUSB3');
    expect(await finder.find()).toBe('/dev/ttyUSB3');
  });

  test('a link below /dev/serial is believed, whatever it points to', async () => {
    const { sys, finder } = await lookFor({}, BY_ID);
    sys.unplug('ttyUSB2');
    expect(await finder.find()).toBeUndefined();
    sys.plugIn('ttyUSB6', { usbPath: '1-4' });
    sys.link(BY_ID, '../../ttyUSB6');
    expect(await finder.find()).toBe(BY_ID);
  });

  test('a path of no USB device is looked for where it was', async () => {
    const sys = new FakeSys(temporaryFolder());
    sys.file('dev/ttyS0');
    const finder = new PortFinder('/dev/ttyS0', sys.root);
    expect(await finder.opened('/dev/ttyS0')).toBeUndefined();
    sys.remove('dev/ttyS0');
    expect(await finder.find()).toBeUndefined();
    sys.file('dev/ttyS0');
    expect(await finder.find()).toBe('/dev/ttyS0');
  });

  describe('the USB device', () => {
    const place = (sys: FakeSys, usbPath: string): string => join(sys.root, 'sys/bus/usb/devices', usbPath);

    test('of a port that was never open', async () => {
      const sys = new FakeSys(temporaryFolder());
      sys.plugIn('ttyUSB2');
      sys.link(BY_ID, '../../ttyUSB2');
      for (const path of ['/dev/ttyUSB2', BY_ID])
        expect(await new PortFinder(path, sys.root).findUsbDevice()).toBe(place(sys, '1-2'));
      expect(await new PortFinder('/dev/ttyUSB9', sys.root).findUsbDevice()).toBeUndefined();
    });

    test('moved: where the serial number, or the IMEI, was last seen', async () => {
      for (const usb of [{ serial: 'A1' }, {}]) {
        const { sys, finder, recognise } = await lookFor(usb);
        recognise?.('490154203237518');
        sys.unplug('ttyUSB2');
        sys.plugIn('ttyUSB4', { ...usb, usbPath: '1-4' });
        (await finder.opened('/dev/ttyUSB4'))?.('490154203237518');
        // An equal one now has the old place.
        sys.plugIn('ttyUSB2', { ...(usb.serial && { serial: 'B2' }) });
        expect(await finder.findUsbDevice()).toBe(place(sys, '1-4'));
      }
    });

    test('a stranger that was looked at is never reset', async () => {
      const { sys, finder, recognise } = await lookFor();
      recognise?.('490154203237518');
      sys.unplug('ttyUSB2');
      sys.plugIn('ttyUSB4', { usbPath: '1-4' });
      expect((await finder.opened('/dev/ttyUSB4'))?.('352099001761481')).toBe(false);
      expect(await finder.findUsbDevice()).toBeUndefined();
    });

    test('is there although its port is not', async () => {
      const { sys, finder } = await lookFor({ serial: 'A1' });
      sys.unbind('ttyUSB2');
      expect(await finder.find()).toBeUndefined();
      expect(await finder.findUsbDevice()).toBe(place(sys, '1-2'));
    });
  });
});
