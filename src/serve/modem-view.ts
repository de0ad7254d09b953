/** The modem as the service shows it: what it said last, never waiting behind a message that is being sent. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ModemInfo, ModemStats, ModemStatus } from '../modem-figures.ts';
import type { WatchdogAction } from './events.ts';
import type { ServedModem } from './served-modem.ts';

/** Signal strength at a time. */
export interface Signal {
  readonly at: string;
  readonly rssiDbm: number;
}

export interface Snapshot {
  readonly state: ServedModem['state'];
  readonly info?: ModemInfo;
  /** What the modem said at `statusAt`. */
  readonly status?: ModemStatus;
  readonly statusAt?: string;
  readonly stats: ModemStats;
  /** The oldest first. */
  readonly signal: readonly Signal[];
  readonly watchdog?: WatchdogAction & { readonly at: string };
}

const ASK_EACH_MS = 30_000;
const FRESH_MS = 1_000;
const PATIENCE_MS = 500;
/** An hour of looking at a page, or three without. */
const SIGNALS = 720;

export class ModemView {
  readonly #modem: ServedModem;
  readonly #timer: NodeJS.Timeout;
  #info: ModemInfo | undefined;
  #status: ModemStatus | undefined;
  #statusAtMs = 0;
  #asking: Promise<void> | undefined;
  #signal: readonly Signal[] = [];
  #watchdog: (WatchdogAction & { readonly at: string }) | undefined;

  constructor(modem: ServedModem) {
    this.#modem = modem;
    this.#timer = setInterval(() => void this.#ask(), ASK_EACH_MS).unref();
    void this.#ask();
  }

  /** Asks the modem if its last answer is old, and does not wait long for the new one. */
  async snapshot(): Promise<Snapshot> {
    if (Date.now() - this.#statusAtMs > FRESH_MS)
      await Promise.race([this.#ask(), pause(PATIENCE_MS, undefined, { ref: false })]);
    return {
      state: this.#modem.state,
      ...(this.#info && { info: this.#info }),
      ...(this.#status && { status: this.#status, statusAt: new Date(this.#statusAtMs).toISOString() }),
      stats: this.#modem.stats(),
      signal: this.#signal,
      ...(this.#watchdog && { watchdog: this.#watchdog }),
    };
  }

  acted(action: WatchdogAction): void {
    this.#watchdog = { ...action, at: new Date().toISOString() };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #ask(): Promise<void> {
    this.#asking ??= this.#look()
      // Not open, or lost just now: what it said last stays.
      .catch(() => {})
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }

  async #look(): Promise<void> {
    this.#info = this.#modem.info();
    const status = await this.#modem.status();
    this.#status = status;
    this.#statusAtMs = Date.now();
    const { rssiDbm } = status;
    if (rssiDbm === undefined) return;
    this.#signal = [...this.#signal, { at: new Date().toISOString(), rssiDbm }].slice(-SIGNALS);
  }
}
