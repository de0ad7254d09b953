/** placeholder */
import type { Command } from 'commander';

export function addDoctor(_program: Command, _signal: AbortSignal): void {}
