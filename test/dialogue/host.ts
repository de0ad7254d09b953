/** The player as host: writes what the host says in a dialogue, and compares what a modem answers. */
import type { Transport } from '../../src/transport/transport.ts';
import { Exchange, type ExchangeOptions } from './exchange.ts';
import { Inbox } from './inbox.ts';
import { type Dialogue, parseDialogue } from './parser.ts';
import type { Values } from './pattern.ts';

/** Brings a modem that was just switched on into the state that dialogues begin with. */
const PREPARATION = parseDialogue(
  `
title   From power-on to ready: echo off, error numbers
source  at-generic.md 2, 2.1
modem   any
>  ATE0
<< ATE0\\r
<  OK
>  AT+CMEE=1
<  OK
`,
  'preparation',
);

/**
 * Holds the dialogue with the modem behind `transport`, byte for byte, and gives the values of its variables.
 * @throws DialogueError with file, line, and both texts
 */
export async function playAsHost(
  transport: Transport,
  dialogue: Dialogue,
  options: ExchangeOptions & { readonly deadlineMs?: number } = {},
): Promise<Values> {
  const { deadlineMs = 5_000 } = options;
  const stream = await transport.open();
  const inbox = new Inbox(stream);
  try {
    if (dialogue.state === 'ready') await hold(PREPARATION, {});
    return await hold(dialogue, options);
  } finally {
    stream.destroy();
  }

  async function hold(part: Dialogue, partOptions: ExchangeOptions): Promise<Values> {
    const exchange = new Exchange(stream, inbox, part, 'host', partOptions);
    await exchange.finish(deadlineMs);
    return exchange.values;
  }
}
