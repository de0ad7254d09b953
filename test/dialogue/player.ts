/** The player as modem: a transport whose far end holds one dialogue with whoever opens it. */
import { createMemoryPair } from '../../src/transport/memory.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { Exchange, type ExchangeOptions } from './exchange.ts';
import { Inbox } from './inbox.ts';
import type { Dialogue } from './parser.ts';
import type { Values } from './pattern.ts';

export interface Player {
  /** Opened once, by the driver or the channel under test. */
  readonly transport: Transport;
  /** Settles with the last step. Rejects at the first wrong byte, and the stream is destroyed with that error. */
  readonly done: Promise<void>;
  /** What the variables stand for by now. */
  readonly values: Values;
  /** Waits for `done`, and for nothing after it. */
  finish(deadlineMs?: number): Promise<void>;
}

export function playDialogue(dialogue: Dialogue, options: Omit<ExchangeOptions, 'earlyNames'> = {}): Player {
  const [near, far] = createMemoryPair();
  const exchange = new Exchange(far, new Inbox(far), dialogue, 'modem', options);
  // The user of the stream learns at once why it ended, instead of running into a time limit of its own.
  exchange.done.catch((error: Error) => near.destroy(error));
  let opened = false;
  const open = async (): Promise<typeof near> => {
    if (opened) throw new Error(`${dialogue.file} was opened a second time`);
    opened = true;
    return near;
  };
  return {
    transport: { name: `dialogue:${dialogue.file}`, open },
    done: exchange.done,
    values: exchange.values,
    finish: (deadlineMs = 2_000) => exchange.finish(deadlineMs),
  };
}
