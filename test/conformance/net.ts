/** The conformance suite of `net`: what Node does, run against each target. */
import { describe } from 'vitest';
import { NetBench, type NetTarget } from './net-bench.ts';
import { connecting } from './net-connect.ts';
import { events } from './net-events.ts';
import { flowing } from './net-flow.ts';
import { members } from './net-members.ts';
import { serving } from './net-server.ts';
import { users } from './net-users.ts';

export function netConformance(target: NetTarget): void {
  describe(`net, ${target.name}`, () => {
    for (const suite of [connecting, events, flowing, members, serving, users]) suite(new NetBench(target));
  });
}
