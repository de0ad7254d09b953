/** `modem.sms`: short messages. */
import type { EventEmitter } from 'node:events';
import type { OutgoingSms, ReceivedSms, SentSms, SmsReport, StoredSms, UnreadableSms } from './messages.ts';

export interface SmsEvents {
  /** A received message, once for each run of the program. It stays on the card: `receive()` is for those that are to be kept. */
  message: [ReceivedSms];
  report: [SmsReport];
  unreadable: [UnreadableSms];
}

export interface Sms extends EventEmitter<SmsEvents> {
  /** @throws SmsError; RangeError for what is no number or does not fit, before the modem is told */
  send(message: OutgoingSms): Promise<SentSms>;
  /** Received messages on the card. */
  list(): Promise<StoredSms[]>;
  /** The message with a part in that place, or undefined. */
  read(place: number): Promise<StoredSms | undefined>;
  /** Deletes the message with a part in that place, all its parts. */
  delete(place: number): Promise<void>;
  /**
   * Hands over each received message, one after the other, and deletes it from the card once the handler has resolved; where
   * it rejects the message stays and comes again a minute later. After a crash a message may come once more, with the
   * same id. Returns the way to stop.
   */
  receive(handler: (message: ReceivedSms) => Promise<void>): () => Promise<void>;
}
