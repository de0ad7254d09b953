/** The conformance suite of `net`: what Node does, run against each target. */
import { describe } from 'vitest';
import { calling } from './net-arguments.ts';
import { NetBench, type NetTarget } from './net-bench.ts';
import { connecting } from './net-connect.ts';
import { context } from './net-context.ts';
import { destroying } from './net-destroy.ts';
import { ending } from './net-events.ts';
import { flowing } from './net-flow.ts';
import { listening } from './net-listen.ts';
import { members } from './net-members.ts';
import { serving } from './net-server.ts';
import { streaming } from './net-stream.ts';
import { users } from './net-users.ts';

const suites = [
  calling,
  connecting,
  ending,
  destroying,
  flowing,
  streaming,
  members,
  context,
  listening,
  serving,
  users,
];

export function netConformance(target: NetTarget): void {
  describe(`net, ${target.name}`, () => {
    for (const suite of suites) suite(new NetBench(target));
  });
}
