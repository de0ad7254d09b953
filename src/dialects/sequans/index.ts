/** The Sequans dialect: Monarch 1 (GM01Q, RYZ014A, Pycom) and Monarch 2 (GM02S, RYZ024A, Walter). */
import type { Dialect } from '../dialect.ts';
import { reset } from './commands.ts';
import { SequansDriver } from './driver.ts';
import { sharing } from './sharing.ts';

export const sequans: Dialect = {
  name: 'sequans',
  matches: ({ manufacturer, model, revision }) =>
    /sequans/i.test(manufacturer) ||
    /^(GM0[12]|VZM20Q|RYZ0[12]4|SQN)/i.test(model) ||
    /^(UE|LR)[5-8]\./.test(revision),
  reset,
  sharing,
  create: (at, options, identity) => new SequansDriver(at, options, identity),
};
