/** Parts become messages again: in any order, doubled, mixed with parts of others (reliability.md F68). */
import type { Deliver } from './pdu.ts';

/** Whatever else a part carries (where it is stored, say) comes back with the message. */
export interface Assembled<Part extends Deliver> {
  /** In their order. */
  readonly parts: readonly Part[];
  /** Their bodies joined. */
  readonly body: string | Buffer;
  /** Sequence numbers that never came. */
  readonly missing: readonly number[];
}

interface Group<Part> {
  readonly total: number;
  readonly begunAtMs: number;
  readonly parts: Map<number, Part>;
}

/** A sender who makes up references must not fill the memory; the oldest then goes out as it is. */
const MOST_GROUPS = 1000;

/** Knows no clock: who calls it says what time it is. */
export class Assembly<Part extends Deliver> {
  readonly #groups = new Map<string, Group<Part>>();

  /**
   * Messages that this part makes complete, or ends: a reference is used again while an old message waits for parts.
   * A complete message is remembered until it is overdue, so that a part that comes once more is seen to be that.
   */
  add(part: Part, nowMs: number): Assembled<Part>[] {
    if (!part.concatenation) return [assembled([part], 1)];
    const { sequence, total } = part.concatenation;
    const key = keyOf(part);
    const known = this.#groups.get(key);
    const earlier = known?.parts.get(sequence);
    if (earlier && isSame(earlier, part)) return [];
    const ended = known && earlier ? this.#end(key, known) : [];
    const group = this.#groups.get(key) ?? { total, begunAtMs: nowMs, parts: new Map() };
    this.#groups.set(key, group);
    group.parts.set(sequence, part);
    const complete = isComplete(group) ? [assembled([...group.parts.values()], total)] : [];
    return [...ended, ...complete, ...this.#endOldest()];
  }

  /** Forgets what began before that time, and gives what was not complete. */
  overdue(beforeMs: number): Assembled<Part>[] {
    return [...this.#groups].flatMap(([key, group]) =>
      group.begunAtMs < beforeMs ? this.#end(key, group) : [],
    );
  }

  #endOldest(): Assembled<Part>[] {
    const [oldest] = this.#groups;
    return oldest && this.#groups.size > MOST_GROUPS ? this.#end(...oldest) : [];
  }

  #end(key: string, group: Group<Part>): Assembled<Part>[] {
    this.#groups.delete(key);
    return isComplete(group) ? [] : [assembled([...group.parts.values()], group.total)];
  }
}

const isComplete = ({ parts, total }: Group<unknown>): boolean => parts.size === total;

function keyOf({ from, alphabet, concatenation }: Deliver): string {
  const { reference, referenceBits, total } = concatenation ?? {};
  return JSON.stringify([from.kind, from.text, referenceBits, reference, total, alphabet]);
}

/** A service centre that repeats itself keeps its time stamp; the same words at another time are another message. */
function isSame(one: Deliver, other: Deliver): boolean {
  return (
    one.at?.date.getTime() === other.at?.date.getTime() &&
    Buffer.from(one.body).equals(Buffer.from(other.body))
  );
}

function assembled<Part extends Deliver>(unsorted: readonly Part[], total: number): Assembled<Part> {
  const place = (part: Part): number => part.concatenation?.sequence ?? 1;
  const parts = unsorted.toSorted((one, other) => place(one) - place(other));
  const there = new Set(parts.map(place));
  const missing = Array.from({ length: total }, (_, index) => index + 1).filter(each => !there.has(each));
  const bodies = parts.map(({ body }) => body);
  // All of one alphabet: it is in the key.
  const octets = bodies.filter(body => typeof body !== 'string');
  return { parts, missing, body: octets.length > 0 ? Buffer.concat(octets) : bodies.join('') };
}
