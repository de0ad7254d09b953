/** The serial ports of this computer that could be a modem. */

import { loadSerialport } from './serial-binding.ts';
import { listLinuxPorts, type SerialPortInfo } from './serial-list-linux.ts';

export type { SerialPortInfo };

/** On Linux without `serialport`, whose list fails where `udevadm` is missing (containers; ecosystem.md 3.1). */
export async function listSerialPorts(): Promise<readonly SerialPortInfo[]> {
  if (process.platform === 'linux') return listLinuxPorts();
  const { SerialPort } = await loadSerialport();
  const ports = await SerialPort.list();
  return ports.map(({ path, manufacturer, serialNumber, vendorId, productId }) => ({
    path,
    ...(manufacturer && { manufacturer }),
    ...(serialNumber && { serialNumber }),
    ...(vendorId && { vendorId: vendorId.toLowerCase() }),
    ...(productId && { productId: productId.toLowerCase() }),
  }));
}
