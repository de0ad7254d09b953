/** The service: a modem with a journal. What it takes on is done once, and what comes is kept; others make it reachable. */
import { join } from 'node:path';
import type { RecoveryEvent } from '../recovery/supervisor.ts';
import type { SmsReport, UnreadableSms } from '../sms/messages.ts';
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
  /** Of the modem, in metrics. */
  readonly name: string;
  /** Of the journal; made if it is missing. */
  readonly folder: string;
  /** Between two messages, in milliseconds. */
  readonly gapMs: number;
  /** Hears what people should know. */
  readonly report: (message: string) => void;
}

export class Service {
  readonly name: string;
  readonly modem: ServedModem;
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly view: ModemView;
  readonly #options: ServiceOptions;
  readonly #sender: Sender;
  #stopReceiving: (() => void) | undefined;
  readonly #failure = deferred<never>();

  /**
   * @param modem may still have to be opened, by somebody else
   * @throws Error of one sentence: the journal is in use, damaged, or others could read it
   */
  constructor(modem: ServedModem, options: ServiceOptions) {
    this.name = options.name;
    this.modem = modem;
    this.#options = options;
    this.journal = Journal.open(options.folder);
    this.outbox = new Outbox(this.journal, options);
    this.view = new ModemView(modem);
    this.#failure.promise.catch(() => {});
    modem.on('state', this.#hearState);
    modem.on('recovery', this.#hearRecovery);
    if (modem.state === 'ready') this.#receive();
    this.#sender = new Sender(this.outbox, modem, options.gapMs, this.#failure.reject);
  }

  /** Rejects when the journal cannot be written any more: nothing can be promised then. */
  get failed(): Promise<never> {
    return this.#failure.promise;
  }

  /** Lets the message that is being sent come to its end. */
  async close(): Promise<void> {
    await this.#sender.stop();
    this.#stopReceiving?.();
    this.modem.off('state', this.#hearState);
    this.modem.off('recovery', this.#hearRecovery);
    this.modem.sms.off('report', this.#hearReport);
    this.modem.sms.off('unreadable', this.#hearUnreadable);
    this.modem.sms.off('trouble', this.#hearTrouble);
    this.view.close();
    this.journal.close();
  }

  /** From the first time that the modem is there; it goes on by itself when it is lost. */
  #receive(): void {
    if (this.#stopReceiving) return;
    const { sms } = this.modem;
    const parts = openPartStore(join(this.#options.folder, PARTS));
    this.#stopReceiving = sms.receive(async message => keepMessage(this.journal, message), { parts });
    sms.on('report', this.#hearReport);
    sms.on('unreadable', this.#hearUnreadable);
    sms.on('trouble', this.#hearTrouble);
  }

  readonly #hearState = (state: ServedModem['state']): void => {
    if (state === 'ready') this.#receive();
    this.#keep(() => this.journal.record({ type: 'modem', state }));
  };

  readonly #hearRecovery = (action: RecoveryEvent): void => {
    this.view.acted(action);
    this.#keep(() => this.journal.record({ type: 'watchdog', action }));
  };

  readonly #hearReport = (report: SmsReport): void => this.#keep(() => this.outbox.report(report));

  readonly #hearUnreadable = ({ place, error }: UnreadableSms): void =>
    this.#options.report(`message ${place} on the card cannot be read: ${error.message}`);

  readonly #hearTrouble = ({ message }: Error): void =>
    this.#options.report(`messages could not be received: ${message}`);

  #keep(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failure.reject(error);
    }
  }
}
