/** The sender: one job after the other goes to the modem, each at most once unless it was definitely refused. */
import { setTimeout as pause } from 'node:timers/promises';
import { SmsError } from '../sms/sms-error.ts';
import { afterUnknown, type Job, mayRepeat } from './job.ts';
import type { Outbox } from './outbox.ts';
import type { ServedModem } from './served-modem.ts';

/** Before the second, third and fourth time. */
const BACK_OFF_MS = [5_000, 30_000, 120_000];
const MINUTE_MS = 60_000;
/** Service managers wait 10 s, and the modem is to be closed within them. */
const STOP_MS = 4_000;

export class Sender {
  readonly #outbox: Outbox;
  readonly #modem: ServedModem;
  readonly #gapMs: number;
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;

  /** @param gapMs between the end of a message and the beginning of the next one */
  constructor(outbox: Outbox, modem: ServedModem, gapMs: number, failed: (error: Error) => void) {
    this.#outbox = outbox;
    this.#modem = modem;
    this.#gapMs = gapMs;
    this.#done = this.#run().catch(failed);
  }

  /** What is being sent is waited for, for a while. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.race([this.#done, pause(STOP_MS, undefined, { ref: false })]);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const job = this.#modem.state === 'ready' ? this.#outbox.next(Date.now()) : undefined;
      if (!job) {
        await this.#change();
        continue;
      }
      await this.#send(job);
      await pause(this.#gapMs, undefined, { signal }).catch(() => {});
    }
  }

  /** Until there may be something to do. */
  async #change(): Promise<void> {
    const { signal } = this.#stopping;
    const waiting = new AbortController();
    const wake = (): void => waiting.abort();
    const forget = this.#outbox.onNew(wake);
    this.#modem.on('state', wake);
    signal.addEventListener('abort', wake);
    const waitMs = (this.#modem.state === 'ready' ? this.#outbox.waitMs(Date.now()) : undefined) ?? MINUTE_MS;
    await pause(Math.min(waitMs, MINUTE_MS), undefined, { signal: waiting.signal }).catch(() => {});
    signal.removeEventListener('abort', wake);
    this.#modem.off('state', wake);
    forget();
  }

  async #send(queued: Job): Promise<void> {
    // On the disk before the modem hears of it: what is found so after a crash may have gone out (F65).
    const job = this.#outbox.update(queued, {
      state: 'sending',
      tries: queued.tries + 1,
      notBefore: undefined,
      error: undefined,
    });
    const { to, text, flash = false, report = false, validityMinutes } = job;
    try {
      const validity = validityMinutes === undefined ? {} : { validity: validityMinutes * MINUTE_MS };
      const { parts, references } = await this.#modem.sms.send({ to, text, flash, report, ...validity });
      this.#outbox.update(job, { state: 'sent', parts, references });
    } catch (error) {
      this.#outbox.update(job, afterFailure(job, error));
    }
  }
}

/** What becomes of a job that the modem did not take. */
function afterFailure(job: Job, error: unknown): Partial<Job> {
  const text = error instanceof Error ? error.message : String(error);
  // Refused before anything was written.
  if (error instanceof RangeError) return { state: 'failed', error: text };
  if (!(error instanceof SmsError) || error.kind === 'unknown')
    return { state: afterUnknown(job), ...later(job), error: text };
  // The modem was not there, which is no fault of the message.
  if (error.again && error.cms === undefined)
    return { state: 'queued', tries: job.tries - 1, ...later(job), error: text };
  if (error.again && mayRepeat(job)) return { state: 'queued', ...later(job), error: text };
  return { state: 'failed', references: error.references, error: text };
}

const later = ({ tries }: Job): { readonly notBefore: number } => ({
  notBefore: Date.now() + (BACK_OFF_MS[tries - 1] ?? MINUTE_MS),
});
