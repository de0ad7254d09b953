/** Telnet's options (RFC 1143): agreed on, refused, and never talked about for ever. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Side, TelnetOptions } from '../../../src/telnet/options.ts';
import type { Verb } from '../../../src/telnet/protocol.ts';

const SEED = 1143;

interface Said {
  readonly verb: Verb;
  readonly option: number;
}

function create(ours: readonly number[] = [], theirs: readonly number[] = []) {
  const said: Said[] = [];
  const options = new TelnetOptions({
    ours,
    theirs,
    send: (verb, option) => void said.push({ verb, option }),
  });
  return { options, said, words: () => said.splice(0).map(({ verb, option }) => `${verb} ${option}`) };
}

test('what is asked for is agreed to where the rules have it, and refused elsewhere', () => {
  const { options, words } = create([1], [3]);
  options.receive('do', 1);
  options.receive('do', 3);
  options.receive('will', 3);
  options.receive('will', 1);
  expect(words()).toEqual(['will 1', 'wont 3', 'do 3', 'dont 1']);
  expect([options.isOn('ours', 1), options.isOn('ours', 3)]).toEqual([true, false]);
  expect([options.isOn('theirs', 3), options.isOn('theirs', 1)]).toEqual([true, false]);
});

test('what changes nothing is not answered, what does is', () => {
  const { options, words } = create([1]);
  options.receive('dont', 1);
  options.receive('wont', 1);
  expect(words()).toEqual([]);
  options.receive('do', 1);
  options.receive('do', 1);
  expect(words()).toEqual(['will 1']);
  options.receive('dont', 1);
  options.receive('dont', 1);
  expect(words()).toEqual(['wont 1']);
  expect(options.isOn('ours', 1)).toBe(false);
});

test.each<[Side, Verb, Verb, Verb]>([
  ['ours', 'will', 'do', 'dont'],
  ['theirs', 'do', 'will', 'wont'],
])('asking about %s: the answer is not answered', (side, asks, yes, no) => {
  const { options, words } = create();
  options.ask(side, 44);
  options.ask(side, 44);
  expect(words()).toEqual([`${asks} 44`]);
  expect(options.isOn(side, 44)).toBe(false);
  options.receive(yes, 44);
  expect(options.isOn(side, 44)).toBe(true);
  options.receive(no, 44);
  expect(options.isOn(side, 44)).toBe(false);
  words();
  options.ask(side, 44);
  options.receive(no, 44);
  expect(words()).toEqual([`${asks} 44`]);
});

test(`a storm of 100,000 is answered once for each change or request, seed ${SEED}`, () => {
  const verbs: readonly Verb[] = ['do', 'dont', 'will', 'wont'];
  const storm = fc.sample(fc.tuple(fc.constantFrom(...verbs), fc.nat(4)), { seed: SEED, numRuns: 100_000 });
  const { options, said } = create([1], [3]);
  const isOn = (verb: Verb, option: number): boolean =>
    options.isOn(verb === 'do' || verb === 'dont' ? 'ours' : 'theirs', option);
  let most = 0;
  for (const [verb, option] of storm) {
    const before = isOn(verb, option);
    const answers = said.length;
    options.receive(verb, option);
    const changed = before !== isOn(verb, option);
    const refused = (verb === 'do' || verb === 'will') && !before && !changed;
    if (changed || refused) most++;
    if (said.length - answers !== (changed || refused ? 1 : 0))
      expect.fail(`${verb} ${option} after ${before}`);
  }
  expect(said.length).toBe(most);
  expect(most).toBeGreaterThan(20_000);
});

test(`two of them always come to an end, and to the same, seed ${SEED}`, () => {
  const some = fc.subarray([1, 3]);
  const asks = fc.array(
    fc.tuple(fc.boolean(), fc.constantFrom<Side>('ours', 'theirs'), fc.constantFrom(1, 3)),
    { maxLength: 6 },
  );
  // Which of the two hears next, while both still have something to hear.
  const turns = fc.array(fc.boolean(), { minLength: 60, maxLength: 60 });
  fc.assert(
    fc.property(some, some, some, some, asks, turns, (ours, theirs, itsOurs, itsTheirs, questions, order) => {
      const one = create(ours, theirs);
      const other = create(itsOurs, itsTheirs);
      for (const [first, side, option] of questions) (first ? one : other).options.ask(side, option);
      for (const first of order) {
        const [from, to] = first ? [other, one] : [one, other];
        const next = from.said.shift();
        if (next) to.options.receive(next.verb, next.option);
      }
      while (one.said.length + other.said.length > 0) {
        for (const { verb, option } of one.said.splice(0)) other.options.receive(verb, option);
        for (const { verb, option } of other.said.splice(0)) one.options.receive(verb, option);
      }
      for (const option of [1, 3]) {
        expect(one.options.isOn('ours', option)).toBe(other.options.isOn('theirs', option));
        expect(one.options.isOn('theirs', option)).toBe(other.options.isOn('ours', option));
      }
    }),
    { seed: SEED, numRuns: 2_000 },
  );
});
