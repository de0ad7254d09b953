/** The Quectel socket forwarding dialect (QFWD): EC20 R2.1, EC21, EC25, EG25 and EG91 (quectel-qfwd.md 0). */
import type { Dialect } from '../dialect.ts';
import { reset } from './commands.ts';
import { QfwdDriver } from './driver.ts';
import { sharing } from './sharing.ts';

export const quectelQfwd: Dialect = {
  name: 'quectel-qfwd',
  matches: ({ manufacturer, model }) => /quectel/i.test(manufacturer) && /^E(C2[015]|G25|G91)/i.test(model),
  reset,
  sharing,
  create: (at, options, identity) => new QfwdDriver(at, options, identity),
};
