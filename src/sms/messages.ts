/** Short messages as a program writes and reads them. */

/** What `modem.sms.send()` takes. */
export interface OutgoingSms {
  /** International with its plus (+43664123456), or as it is dialled: a short code, `*` and `#` too. */
  readonly to: string;
  readonly text: string;
  /** Shown at once and not stored. */
  readonly flash?: boolean;
  /** Asks for a report on each part: event `report`. */
  readonly report?: boolean;
  /** Milliseconds for which the network tries: up to 63 weeks, coarser the longer it is. Its own default unless told. */
  readonly validity?: number;
}

/** The network has taken all of it. */
export interface SentSms {
  readonly parts: number;
  /** Of each part, as reports repeat it: 0 to 255, used again after 256 messages. */
  readonly references: readonly number[];
}

/** A received message, its parts joined. */
export interface ReceivedSms {
  /** The same for the same message, also after a restart of the program: what tells that it comes once more. */
  readonly id: string;
  /** A number, international with its plus, or the name that a service calls itself. Nothing proves that it is true. */
  readonly from: string;
  /** Empty where there is `data`. */
  readonly text: string;
  /** A message without characters. */
  readonly data?: Buffer;
  /** When the network had it; undefined where it says nonsense. */
  readonly at: Date | undefined;
  readonly flash: boolean;
  readonly parts: number;
  /** Parts that have not come, from 1: a message is told without them after 24 hours. */
  readonly missing: readonly number[];
}

/** A message that is still on the card. */
export interface StoredSms extends ReceivedSms {
  /** Places of its parts on the card; `read()` and `delete()` take any of them. */
  readonly places: readonly number[];
}

/** What became of one part of a sent message. */
export interface SmsReport {
  readonly reference: number;
  readonly to: string;
  /** `pending`: the network goes on trying, or cannot tell. */
  readonly state: 'delivered' | 'failed' | 'pending';
  /** When it came to that; undefined where the network says nonsense. */
  readonly at: Date | undefined;
}

/** On the card, and nobody can read it: it stays there as it is. */
export interface UnreadableSms {
  readonly place: number;
  readonly pdu: string;
  /** What is wrong with it. */
  readonly error: Error;
}

/** Each once for each run of the program. */
export interface SmsEvents {
  /** It stays on the card: `receive()` is for messages that are to be kept. */
  message: [ReceivedSms];
  /** The report is deleted from the card. */
  report: [SmsReport];
  unreadable: [UnreadableSms];
  /** The card is nearly full (from 80 %): the network keeps what it has no room for. At each look. */
  storage: [{ readonly used: number; readonly total: number }];
  /** Looking at the card failed, or a handler did: both are tried again within a minute. */
  trouble: [Error];
}
