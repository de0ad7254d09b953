/** The service: a modem with a journal. What it takes on is done once, and what comes is kept; others make it reachable. */
import { join } from 'node:path';
import type { RecoveryEvent } from '../recovery/supervisor.ts';
import type { SmsReport } from '../sms/messages.ts';
import { openPartStore } from '../sms/part-store.ts';
import { deferred } from '../util/deferred.ts';
import { keepMessage } from './inbox.ts';
import { Journal } from './journal.ts';
import { ModemView } from './modem-view.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import { Sender } from './sender.ts';
import type { ServedModem } from './served-modem.ts';

/** Of the folder: where parts wait for the rest of their message, so that the card has room. */
const PARTS = 'parts';

export interface ServiceOptions extends OutboxOptions {
  /** Of the journal; made if it is missing. */
  readonly folder: string;
  /** Between two messages, in milliseconds. */
  readonly gapMs: number;
}

export class Service {
  readonly modem: ServedModem;
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly view: ModemView;
  readonly #sender: Sender;
  readonly #stopReceiving: () => void;
  readonly #failure = deferred<never>();

  /** @throws Error of one sentence: the journal is in use, damaged, or others could read it */
  constructor(modem: ServedModem, { folder, gapMs, ...options }: ServiceOptions) {
    this.modem = modem;
    this.journal = Journal.open(folder);
    this.outbox = new Outbox(this.journal, options);
    this.view = new ModemView(modem);
    this.#failure.promise.catch(() => {});
    modem.on('state', this.#hearState);
    modem.on('recovery', this.#hearRecovery);
    modem.sms.on('report', this.#hearReport);
    this.#stopReceiving = modem.sms.receive(async message => keepMessage(this.journal, message), {
      parts: openPartStore(join(folder, PARTS)),
    });
    this.#sender = new Sender(this.outbox, modem, gapMs, this.#failure.reject);
  }

  /** Rejects when the journal cannot be written any more: nothing can be promised then. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  /** Lets the message that is being sent come to its end. */
  async close(): Promise<void> {
    await this.#sender.stop();
    this.#stopReceiving();
    this.modem.off('state', this.#hearState);
    this.modem.off('recovery', this.#hearRecovery);
    this.modem.sms.off('report', this.#hearReport);
    this.view.close();
    this.journal.close();
  }

  readonly #hearState = (state: ServedModem['state']): void =>
    this.#keep(() => this.journal.record({ type: 'modem', state }));

  readonly #hearRecovery = (action: RecoveryEvent): void => {
    this.view.acted(action);
    this.#keep(() => this.journal.record({ type: 'watchdog', action }));
  };

  readonly #hearReport = (report: SmsReport): void => this.#keep(() => this.outbox.report(report));

  #keep(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failure.reject(error);
    }
  }
}
