/** Where the numbers come from. */
// @ts-check
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

const PACKAGE = new URL('../../package.json', import.meta.url);

export function describeMachine() {
  const processors = cpus();
  return {
    atsock: JSON.parse(readFileSync(PACKAGE, 'utf8')).version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryMegabytes: Math.round(totalmem() / 1_000_000),
  };
}
