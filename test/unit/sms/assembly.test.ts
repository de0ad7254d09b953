/** Parts in any order, doubled, mixed, missing (reliability.md F68). */
import { expect, test } from 'vitest';
import { Assembly } from '../../../src/sms/codec/assembly.ts';
import { type Deliver, parsePdu } from '../../../src/sms/codec/pdu.ts';
import { formatSubmit } from '../../../src/sms/codec/submit.ts';
import { carried } from './carried.ts';

const LATER = '62111212035140';

interface Sent {
  readonly from?: string;
  readonly reference?: number;
  readonly referenceBits?: 8 | 16;
  readonly stamp?: string;
}

/** The parts of a text as they arrive. */
function partsOf(text: string, { from = '+12345', stamp, ...rest }: Sent = {}): Deliver[] {
  return formatSubmit({ to: from, text, reference: 7, ...rest }).map(({ pdu }) => {
    const message = parsePdu(carried(pdu, stamp));
    if (message.type !== 'deliver') throw new Error(message.type);
    return message;
  });
}

/** So many full parts, told apart by their letters. */
const letters = (count: number, first = 'a'): string =>
  Array.from({ length: count }, (_, index) =>
    String.fromCharCode(first.charCodeAt(0) + index).repeat(153),
  ).join('');

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map(rest => [item, ...rest]));
}

const bodies = (assembly: Assembly<Deliver>, parts: readonly Deliver[], nowMs = 0): (string | Buffer)[] =>
  parts.flatMap(part => assembly.add(part, nowMs)).map(({ body }) => body);

test('a message of one part is complete', () => {
  const [part] = partsOf('hello');
  if (!part) throw new Error('no part');
  expect(new Assembly().add(part, 0)).toEqual([{ parts: [part], body: 'hello', missing: [] }]);
});

test('5 parts in all orders, each once, twice, or all again at the end', () => {
  const text = letters(5);
  const orders = permutations(partsOf(text));
  expect(orders).toHaveLength(120);
  for (const order of orders) {
    const doubled = order.flatMap(part => [part, part]);
    for (const parts of [order, doubled, [...order, ...order], [...order, ...order.toReversed()]]) {
      const assembly = new Assembly<Deliver>();
      expect(bodies(assembly, parts)).toEqual([text]);
      expect(assembly.overdue(1)).toEqual([]);
    }
  }
});

test.each([
  ['senders', {}, { from: '+54321' }],
  ['kinds of number', {}, { from: '12345' }],
  ['references', {}, { reference: 8 }],
  ['widths of reference', {}, { referenceBits: 16 }],
] as const)('two messages mixed are told apart by their %s', (_, one, other) => {
  const [first, second] = [letters(2), letters(2, 'm').slice(0, 300)];
  const parts = [partsOf(first, one), partsOf(second, other)];
  const mixed = [0, 1].flatMap(at => parts.flatMap(each => each[at] ?? []));
  expect(bodies(new Assembly(), mixed)).toEqual([first, second]);
});

test('by their total and their alphabet, too', () => {
  const texts = [letters(2), letters(3), 'я'.repeat(80)];
  const parts = texts.map(text => partsOf(text));
  const mixed = [0, 1, 2].flatMap(at => parts.flatMap(each => each[at] ?? []));
  expect(bodies(new Assembly(), mixed)).toEqual([texts[0], texts[2], texts[1]]);
});

test('what is incomplete after a time is given as it is, once', () => {
  const assembly = new Assembly<Deliver>();
  const [first, second, third] = partsOf(letters(3));
  if (!first || !second || !third) throw new Error('no parts');
  expect(bodies(assembly, [third, first], 1000)).toEqual([]);
  expect(assembly.overdue(1000)).toEqual([]);
  expect(assembly.overdue(1001)).toEqual([
    { parts: [first, third], body: `${'a'.repeat(153)}${'c'.repeat(153)}`, missing: [2] },
  ]);
  expect(assembly.overdue(1001)).toEqual([]);
  // Whatever comes then begins again.
  expect(bodies(assembly, [second], 2000)).toEqual([]);
  expect(assembly.overdue(2001)).toMatchObject([{ missing: [1, 3] }]);
});

test('a reference that is used again ends the message that still waits', () => {
  const assembly = new Assembly<Deliver>();
  const [old] = partsOf(letters(2));
  const young = partsOf(letters(2, 'm'), { stamp: LATER });
  if (!old) throw new Error('no part');
  expect(bodies(assembly, [old, ...young])).toEqual(['a'.repeat(153), letters(2, 'm')]);
});

test('the same words at another time are another message, also with the same reference', () => {
  const text = letters(2);
  const parts = [...partsOf(text), ...partsOf(text, { stamp: LATER })];
  expect(bodies(new Assembly(), parts)).toEqual([text, text]);
});

test('a sender who makes up references fills no memory and makes nothing disappear', () => {
  const assembly = new Assembly<Deliver>();
  const [first] = partsOf(letters(2));
  if (!first?.concatenation) throw new Error('no part');
  const { concatenation } = first;
  const given = Array.from({ length: 5000 }, (_, reference) =>
    assembly.add({ ...first, concatenation: { ...concatenation, referenceBits: 16, reference } }, 0),
  ).flat();
  expect(given).toHaveLength(4000);
  expect(given[0]?.parts[0]?.concatenation?.reference).toBe(0);
  expect(assembly.overdue(1)).toHaveLength(1000);
});

test('octets are joined as octets, and what a part carries besides comes back', () => {
  const assembly = new Assembly<Deliver & { readonly index: number }>();
  const [first, second] = partsOf(letters(2));
  if (!first || !second) throw new Error('no parts');
  const binary = { alphabet: 'binary', body: Buffer.from([0, 255]) } as const;
  assembly.add({ ...second, ...binary, index: 4 }, 0);
  const [message] = assembly.add({ ...first, ...binary, index: 9 }, 0);
  expect(message?.body).toEqual(Buffer.from([0, 255, 0, 255]));
  expect(message?.parts.map(({ index }) => index)).toEqual([9, 4]);
});
