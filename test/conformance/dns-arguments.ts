/** Part of the conformance suite of `dns`: wrong arguments, and the errors that Node raises for them. */
import { describe, expect, test } from 'vitest';
import { thrown } from './bench.ts';
import type { DnsBench } from './dns-bench.ts';

const ADDRESS = '192.0.2.1';
const nothing = (): void => {};

type Wrong = readonly [what: string, given: readonly unknown[], code: string, message?: string | undefined];

const LOOKUP: readonly Wrong[] = [
  [
    'a number for a name',
    [1, nothing],
    'ERR_INVALID_ARG_TYPE',
    'The "hostname" argument must be of type string. Received type number (1)',
  ],
  [
    'no callback',
    ['x'],
    'ERR_INVALID_ARG_TYPE',
    'The "callback" argument must be of type function. Received undefined',
  ],
  [
    'text for a callback',
    ['x', 'y'],
    'ERR_INVALID_ARG_TYPE',
    'The "callback" argument must be of type function. Received type string (\'y\')',
  ],
  [
    'options and no callback',
    ['x', {}],
    'ERR_INVALID_ARG_TYPE',
    'The "callback" argument must be of type function. Received undefined',
  ],
  [
    'text for options',
    ['x', 'y', nothing],
    'ERR_INVALID_ARG_TYPE',
    'The "options" argument must be of type object or integer. Received type string (\'y\')',
  ],
  [
    'family 5',
    ['x', { family: 5 }, nothing],
    'ERR_INVALID_ARG_VALUE',
    "The property 'options.family' must be one of: 0, 4, 6. Received 5",
  ],
  [
    'family 5, short',
    ['x', 5, nothing],
    'ERR_INVALID_ARG_VALUE',
    "The argument 'family' must be one of: 0, 4, 6. Received 5",
  ],
  ['family as text', ['x', { family: '4' }, nothing], 'ERR_INVALID_ARG_VALUE'],
  [
    'unknown hints',
    ['x', { hints: 64 }, nothing],
    'ERR_INVALID_ARG_VALUE',
    "The argument 'hints' is invalid. Received 64",
  ],
  ['hints as text', ['x', { hints: '1' }, nothing], 'ERR_INVALID_ARG_TYPE'],
  ['all as a number', ['x', { all: 1 }, nothing], 'ERR_INVALID_ARG_TYPE'],
  ['verbatim as a number', ['x', { verbatim: 1 }, nothing], 'ERR_INVALID_ARG_TYPE'],
  [
    'an unknown order',
    ['x', { order: 'z' }, nothing],
    'ERR_INVALID_ARG_VALUE',
    "The property 'options.order' must be one of: 'verbatim', 'ipv4first', 'ipv6first'. Received 'z'",
  ],
];

const SERVICE: readonly Wrong[] = [
  [
    'too few',
    [ADDRESS, 80],
    'ERR_MISSING_ARGS',
    'The "address", "port", and "callback" arguments must be specified',
  ],
  ['a name', ['x', 80, nothing], 'ERR_INVALID_ARG_VALUE', "The argument 'address' is invalid. Received 'x'"],
  ['a large port', [ADDRESS, 70_000, nothing], 'ERR_SOCKET_BAD_PORT'],
  ['no callback', [ADDRESS, 80, 5], 'ERR_INVALID_ARG_TYPE'],
];

const RESOLVE: readonly Wrong[] = [
  [
    'a number for a name',
    [1, nothing],
    'ERR_INVALID_ARG_TYPE',
    'The "name" argument must be of type string. Received type number (1)',
  ],
  [
    'a number for a type',
    ['x', 5, nothing],
    'ERR_INVALID_ARG_TYPE',
    'The "rrtype" argument must be of type string. Received type number (5)',
  ],
  [
    'an unknown type',
    ['x', 'XYZ', nothing],
    'ERR_INVALID_ARG_VALUE',
    "The argument 'rrtype' is invalid. Received 'XYZ'",
  ],
  [
    'no callback',
    ['x', 'A'],
    'ERR_INVALID_ARG_TYPE',
    'The "callback" argument must be of type function. Received undefined',
  ],
];

const SERVERS: readonly Wrong[] = [
  [
    'text',
    ['x'],
    'ERR_INVALID_ARG_TYPE',
    'The "servers" argument must be an instance of Array. Received type string (\'x\')',
  ],
  [
    'a list of numbers',
    [[1]],
    'ERR_INVALID_ARG_TYPE',
    'The "servers[0]" argument must be of type string. Received type number (1)',
  ],
  ['a name', [['example.test']], 'ERR_INVALID_IP_ADDRESS', 'Invalid IP address: example.test'],
  ['a blank', [[' 192.0.2.1']], 'ERR_INVALID_IP_ADDRESS'],
];

const LOCAL: readonly Wrong[] = [
  ['nothing', [], 'ERR_INVALID_ARG_TYPE', 'The "ipv4" argument must be of type string. Received undefined'],
  ['a name', ['x'], 'ERR_INVALID_ARG_VALUE', 'Invalid IP address.'],
  ['a second that is none', [ADDRESS, 'x'], 'ERR_INVALID_ARG_VALUE', 'Invalid IP address.'],
  ['two IPv4 addresses', [ADDRESS, ADDRESS], 'ERR_INVALID_ARG_VALUE', 'Cannot specify two IPv4 addresses.'],
  ['two IPv6 addresses', ['::', '::1'], 'ERR_INVALID_ARG_VALUE', 'Cannot specify two IPv6 addresses.'],
];

const OPTIONS: readonly Wrong[] = [
  [
    'a timeout as text',
    [{ timeout: '1' }],
    'ERR_INVALID_ARG_TYPE',
    'The "options.timeout" property must be of type number. Received type string (\'1\')',
  ],
  ['a timeout of -2', [{ timeout: -2 }], 'ERR_OUT_OF_RANGE'],
  ['half a try', [{ tries: 1.5 }], 'ERR_OUT_OF_RANGE'],
  ['no try', [{ tries: 0 }], 'ERR_OUT_OF_RANGE'],
];

const named = (cases: readonly Wrong[]) =>
  cases.map(([what, given, code, message]) => ({ what, given, code, message }));

/** For the form with promises; what is wrong with a callback is left out. */
const withoutCallback = (cases: readonly Wrong[]): Wrong[] =>
  cases.flatMap(([what, given, code, message]): Wrong[] =>
    given.at(-1) === nothing ? [[what, given.slice(0, -1), code, message]] : [],
  );

export function wrongArguments(bench: DnsBench): void {
  /** Each may be called with anything, which its declaration does not say. */
  const refuses = (of: () => object, method: string, cases: readonly Wrong[]): void => {
    describe(`${method}()`, () => {
      test.each(named(cases))('$what', ({ given, code, message }) => {
        const owner = of();
        const error = thrown(() => Reflect.apply(Reflect.get(owner, method), owner, given));
        expect({ code: error.code, ...(message && { message: error.message }) }).toEqual({
          code,
          ...(message && { message }),
        });
      });
    });
  };

  describe('wrong arguments are refused at once', () => {
    refuses(() => bench.dns, 'lookup', LOOKUP);
    refuses(() => bench.dns, 'lookupService', SERVICE);
    refuses(() => bench.dns, 'resolve', RESOLVE);
    refuses(() => bench.dns, 'resolve4', RESOLVE.slice(0, 1));
    refuses(() => bench.dns, 'reverse', [
      ['a name', ['x', nothing], 'EINVAL', 'getHostByAddr EINVAL x'],
      ['a number', [5, nothing], 'ERR_INVALID_ARG_TYPE'],
      ['no callback', [ADDRESS], 'ERR_INVALID_ARG_TYPE'],
    ]);
    refuses(() => bench.dns, 'setServers', SERVERS);
    refuses(() => bench.dns, 'setDefaultResultOrder', [
      [
        'an unknown order',
        ['x'],
        'ERR_INVALID_ARG_VALUE',
        "The argument 'dnsOrder' must be one of: 'verbatim', 'ipv4first', 'ipv6first'. Received 'x'",
      ],
    ]);
    refuses(
      () => bench.dns.promises,
      'lookup',
      withoutCallback(LOOKUP).filter(([, given]) => given.length > 0),
    );
    refuses(() => bench.dns.promises, 'lookupService', [
      ['too few', [ADDRESS], 'ERR_MISSING_ARGS', 'The "address" and "port" arguments must be specified'],
      ...withoutCallback(SERVICE),
    ]);
    refuses(() => bench.dns.promises, 'resolve', withoutCallback(RESOLVE));
    refuses(() => bench.dns.promises, 'resolveMx', [['a number', [5], 'ERR_INVALID_ARG_TYPE']]);
    refuses(() => bench.dns.promises, 'reverse', [['a number', [5], 'ERR_INVALID_ARG_TYPE']]);
    refuses(() => new bench.dns.Resolver(), 'setServers', SERVERS);
    refuses(() => new bench.dns.Resolver(), 'setLocalAddress', LOCAL);
    refuses(() => new bench.dns.promises.Resolver(), 'setLocalAddress', LOCAL);

    describe('new Resolver()', () => {
      test.each(named(OPTIONS))('$what', ({ given, code, message }) => {
        for (const Resolver of [bench.dns.Resolver, bench.dns.promises.Resolver]) {
          const error = thrown(() => Reflect.construct(Resolver, given));
          expect(error.code).toBe(code);
          if (message) expect(error.message).toBe(message);
        }
      });
    });
  });
}
