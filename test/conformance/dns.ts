/** The conformance suite of `dns`: what Node does, run against each target. */
import { describe } from 'vitest';
import { wrongArguments } from './dns-arguments.ts';
import { DnsBench, type DnsTarget } from './dns-bench.ts';
import { lookingUp } from './dns-lookup.ts';
import { resolving } from './dns-resolver.ts';

const suites = [wrongArguments, lookingUp, resolving];

export function dnsConformance(target: DnsTarget): void {
  describe(`dns, ${target.name}`, () => {
    for (const suite of suites) suite(new DnsBench(target));
  });
}
