/** Every transport of ours keeps the contract, plain and behind each decorator. */
import { expect } from 'vitest';
import { sliced } from '../../src/transport/sliced.ts';
import { traced } from '../../src/transport/traced.ts';
import { describeTransport, type Wrapping } from './transport.ts';
import { linkKinds } from './transport-links.ts';

const MIB = 2 ** 20;

const wrappings: readonly Wrapping[] = [
  { name: 'plain', decorate: inner => inner, bulkBytes: MIB },
  {
    name: 'traced',
    decorate: traced(line => expect(line).toMatch(/^(?:[<>][<> ] [ -~]+|!)$/)),
    bulkBytes: MIB,
  },
  { name: 'sliced at random, seed 7', decorate: sliced({ seed: 7, mode: 'random' }), bulkBytes: MIB },
  { name: 'sliced in bytes, seed 8', decorate: sliced({ seed: 8, mode: 'bytes' }), bulkBytes: 32 * 1024 },
];

for (const kind of linkKinds) for (const wrapping of wrappings) describeTransport(kind, wrapping);
