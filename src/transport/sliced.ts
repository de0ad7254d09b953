/** Decorator: the same bytes with other chunk borders and in later turns, repeatable from a seed. */
import { createRandom, type Random } from '../util/random.ts';
import { relayed } from './relay-stream.ts';
import type { TransportDecorator } from './transport.ts';

const LONGEST_SLICE_BYTES = 48;
/** One slice in this many waits for a whole turn of the event loop, the others for a microtask. */
const TURN_EVERY = 8;

export interface SlicedOptions {
  readonly seed: number;
  /** Each byte alone, or slices of random length. */
  readonly mode: 'bytes' | 'random';
}

/** Cuts what is read and what is written: a program that depends on chunk borders fails behind it. */
export function sliced({ seed, mode }: SlicedOptions): TransportDecorator {
  const longest = mode === 'bytes' ? 1 : LONGEST_SLICE_BYTES;
  return relayed(() => {
    // One generator per direction, so that the cuts of one do not depend on the timing of the other.
    const [outward, inward] = [createRandom(seed), createRandom(~seed)];
    return {
      sent: chunk => slices(chunk, longest, outward),
      received: chunk => slices(chunk, longest, inward),
    };
  });
}

async function* slices(chunk: Buffer, longest: number, random: Random): AsyncGenerator<Buffer> {
  for (let start = 0; start < chunk.length; ) {
    // An immediate and not a timer, since it cannot hold the process for longer than one turn.
    if (random(TURN_EVERY) === 0) await new Promise<void>(resolve => setImmediate(resolve));
    const end = start + 1 + random(longest);
    yield chunk.subarray(start, end);
    start = end;
  }
}
