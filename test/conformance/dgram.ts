/** The conformance suite of `dgram`: what Node does, run against each target. */
import { describe } from 'vitest';
import { Bench, type DgramTarget } from './bench.ts';
import { binding } from './dgram-bind.ts';
import { closing } from './dgram-close.ts';
import { connecting } from './dgram-connect.ts';
import { context } from './dgram-context.ts';
import { creating } from './dgram-create.ts';
import { options } from './dgram-options.ts';
import { receiving } from './dgram-receive.ts';
import { sending } from './dgram-send.ts';

export function dgramConformance(target: DgramTarget): void {
  describe(`dgram, ${target.name}`, () => {
    for (const suite of [creating, binding, sending, connecting, receiving, closing, options, context])
      suite(new Bench(target));
  });
}
