/** `atsock list`: serial ports that could be a modem. */
import type { Command } from 'commander';
import { listSerialPorts, type SerialPortInfo } from '../../transport/serial-list.ts';
import { jsonOption, type OutputFlags } from '../options.ts';
import { complain, print, printJson } from '../output.ts';
import { type Probed, probe } from '../probe.ts';

interface ListFlags extends OutputFlags {
  readonly probe?: true;
}

type Port = SerialPortInfo & Partial<Probed>;

export function addList(program: Command, signal: AbortSignal): void {
  program
    .command('list')
    .description('serial ports that could be a modem')
    .option('--probe', 'ask each who it is; ports that others hold are not touched')
    .addOption(jsonOption())
    .action(async (flags: ListFlags) => {
      const found = await listSerialPorts();
      const ports: readonly Port[] = flags.probe
        ? await Promise.all(found.map(async port => ({ ...port, ...(await probe(port.path, signal)) })))
        : found;
      if (flags.json) return printJson(ports);
      for (const port of ports) print(formatPort(port));
      if (ports.length === 0) complain('no serial port found');
    });
}

function formatPort(port: Port): string {
  const { path, stablePath, manufacturer, product, vendorId, productId } = port;
  const ids = vendorId && productId && `(${vendorId}:${productId})`;
  return [path, manufacturer, product, ids, stablePath, formatProbed(port)].filter(Boolean).join('  ');
}

function formatProbed(port: Port): string | undefined {
  if ('modem' in port && port.modem) return `modem: ${Object.values(port.modem).join(' ')}`;
  if ('holder' in port && port.holder) return `held by process ${port.holder.pid} (${port.holder.name})`;
  return 'problem' in port ? port.problem : undefined;
}
