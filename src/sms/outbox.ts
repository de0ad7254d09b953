/** Sending: a text becomes PDUs, and each goes out once. */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ignoreRefusal } from '../threegpp/failures.ts';
import { pduMode, sendPdu } from '../threegpp/sms-commands.ts';
import { Mutex } from '../util/mutex.ts';
import { announce } from './card.ts';
import type { ChannelSource } from './channel-source.ts';
import { formatSubmit, type SubmitPdu } from './codec/submit.ts';
import type { OutgoingSms, SentSms } from './messages.ts';
import { passes, SmsError } from './sms-error.ts';
import { sendAsText } from './text-mode.ts';

/** Half a message is worth nothing: parts behind the first are repeated where they were refused (reliability.md F66). */
const PAUSES_MS = [1_000, 2_000, 4_000];
const REFERENCES = 256;

export class Outbox {
  readonly #source: ChannelSource;
  /** The parts of one message stay together. */
  readonly #turns = new Mutex();
  #reference = randomInt(REFERENCES);

  constructor(source: ChannelSource) {
    this.#source = source;
  }

  /** @throws SmsError; RangeError ERR_INVALID_ARG_VALUE before the modem is told */
  async send(message: OutgoingSms): Promise<SentSms> {
    this.#reference = (this.#reference + 1) % REFERENCES;
    const parts = compose(message, this.#reference);
    return this.#turns.run(async () => {
      const references: number[] = [];
      for (const part of parts)
        references.push(await this.#sendPart(message, part, parts.length, references));
      return { parts: parts.length, references };
    });
  }

  async #sendPart(
    message: OutgoingSms,
    part: SubmitPdu,
    total: number,
    before: readonly number[],
  ): Promise<number> {
    for (let tries = 0; ; tries++) {
      let wasTold = false;
      try {
        const channel = await this.#source();
        // Nobody's command comes between, so the mode is still the one.
        return await channel.transaction(async at => {
          if (message.report) await announce(at);
          const hasPduMode = await at.execute(pduMode).then(() => true, ignoreRefusal);
          const command = hasPduMode ? sendPdu(part.pdu, part.octets) : await sendAsText(at, message, total);
          wasTold = true;
          return at.execute(command);
        });
      } catch (cause) {
        const error = new SmsError(cause, wasTold, before);
        const pauseMs = PAUSES_MS[tries];
        if (before.length === 0 || error.kind === 'unknown' || !passes(cause) || pauseMs === undefined)
          throw error;
        await pause(pauseMs);
      }
    }
  }
}

function compose({ to, text, flash, report, validity }: OutgoingSms, reference: number): SubmitPdu[] {
  try {
    return formatSubmit({
      to,
      text,
      reference,
      ...(flash !== undefined && { flash }),
      ...(report !== undefined && { report }),
      ...(validity !== undefined && { validityMs: validity }),
    });
  } catch (error) {
    throw error instanceof RangeError ? Object.assign(error, { code: 'ERR_INVALID_ARG_VALUE' }) : error;
  }
}
