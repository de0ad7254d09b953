/** Arbitrary answers to every command: a parser gives a value or says that the answer makes no sense, and nothing else. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AtError } from '../../src/at/at-error.ts';
import type { InfoLine, Reply } from '../../src/at/command.ts';
import { lineParams } from '../../src/at/exchange.ts';
import { parseParams } from '../../src/at/params.ts';
import { FAMILIES } from './exchanges.ts';
import { runs, timeLimit } from './runs.ts';

/** Of each command. */
const RUNS = runs(500);

/** What modules give besides commands. */
const NO_COMMANDS = [
  ...['endpoint', 'socketConfig', 'extendedConfig', 'parseRegistration', 'isRegistrationReply', 'number'],
];

const ODD = [
  ...['', '0', '1', '-1', '007', '1.5', '1e9', '2147483648', '9'.repeat(40), 'NaN', 'null', '__proto__'],
  ...['"', '""', '"a,b"', '"x', 'x"y', '(', '(1-6)', ' ', '\0', '\xff', '192.0.2.1', '"2001:db8::1"', '::'],
  ...['"1.2.3.4.255.255.255.0"', '"32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1"', '6'.repeat(400)],
];

const param = fc.oneof(fc.constantFrom(...ODD), fc.integer().map(String), fc.string({ unit: 'binary' }));

/** Mostly of the right name, and often about the right connection. */
const lines = (names: readonly string[], own: readonly string[]): fc.Arbitrary<InfoLine> =>
  fc
    .record({
      text: fc.oneof(
        fc
          .tuple(fc.constantFrom(...names, ''), fc.constantFrom('1,', ''), fc.array(param))
          .map(([name, first, rest]) => `${name}: ${first}${rest.join()}`),
        fc
          .tuple(fc.constantFrom(...own, ''), fc.nat(40), param)
          .map(([line, at, put]) => line.slice(0, at) + put + line.slice(at + put.length)),
        fc.string({ unit: 'binary' }),
      ),
      data: fc.option(
        fc.uint8Array().map(bytes => Buffer.from(bytes)),
        { nil: undefined },
      ),
    })
    .map(({ text, data }) => ({ ...infoLine(text), ...(data && { data }) }));

const infoLine = (text: string): InfoLine => ({ text, params: parseParams(lineParams(text)) });

describe.each(FAMILIES)('$name', ({ module, framing, urcs, exchanges }) => {
  test('every command is here', () => {
    const commands = Object.entries(module).filter(
      ([name, value]) => ['function', 'object'].includes(typeof value) && !NO_COMMANDS.includes(name),
    );
    expect(commands.map(([name]) => name).filter(name => !(name in exchanges))).toEqual([]);
  });

  test.each(Object.entries(exchanges))('%s', { timeout: timeLimit(30_000) }, (_, [command, ...pieces]) => {
    const names = [command.prefix ?? []].flat();
    const own = pieces.map(piece => piece.trim());
    let values = 0;
    const reply: fc.Arbitrary<Reply> = fc.record({
      result: fc.constantFrom('OK', 'CONNECT', ''),
      info: fc.oneof(fc.array(lines(names, own), { maxLength: 8 }), fc.constant(own.map(infoLine))),
      disturbed: fc.boolean(),
    });
    fc.assert(
      fc.property(reply, given => {
        for (const { params } of given.info) expect(command.accepts?.(params) ?? true).toBeTypeOf('boolean');
        try {
          command.parse(given);
          values++;
        } catch (error) {
          expect(error instanceof TypeError || error instanceof AtError, `${error}`).toBe(true);
          // And not one of JavaScript's own: those name what was undefined.
          expect(`${error}`).not.toMatch(/undefined \(|of undefined|is not a function|not iterable/);
        }
      }),
      { numRuns: RUNS },
    );
    expect(values).toBeGreaterThan(0);
  });

  test('what announces data, and what comes unasked', () => {
    fc.assert(
      fc.property(
        lines(['+SQNSRECV', '+SQNSRING', '+QFWDRECV', '+QFWDURC', '+SQNSH'], []),
        ({ text, params }) => {
          const { bytes = 1 } = framing().block(text) ?? {};
          expect(bytes).toBeGreaterThan(0);
          expect(bytes).toBeLessThanOrEqual(3_000);
          for (const urc of urcs) urc.parse(params, Buffer.from(text, 'latin1'));
        },
      ),
      { numRuns: 10 * RUNS },
    );
  });
});
