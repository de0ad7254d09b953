/** What happens in the service: typed events with ids, which can be had again from the journal after a cursor. */
import type { Job } from './job.ts';

/** A short message that has come. */
export interface ReceivedMessage {
  /** The same for the same message, however often it is told. */
  readonly id: string;
  readonly from: string;
  /** Empty where there is `data`. */
  readonly text: string;
  /** Of a message without characters, in hexadecimal digits. */
  readonly data?: string;
  /** When the network got it, if that is known. */
  readonly sentAt?: string;
  readonly receivedAt: string;
  /** It was to be shown at once. */
  readonly flash?: boolean;
  readonly parts: number;
  /** Parts that have not come, from 1. */
  readonly missing?: readonly number[];
}

/** What the watchdog did to get the modem back. */
export interface WatchdogAction {
  readonly rung: number;
  readonly action: string;
  readonly reason: string;
  readonly result: string;
}

export type Happening =
  | { readonly type: 'message'; readonly message: ReceivedMessage }
  | { readonly type: 'job'; readonly job: Job }
  | { readonly type: 'modem'; readonly state: 'opening' | 'ready' | 'recovering' | 'closed' }
  | { readonly type: 'watchdog'; readonly action: WatchdogAction };

/** `id` is a number that grows, as text: also over restarts, and over a journal that was thrown away. */
export type ServeEvent = Happening & { readonly id: string; readonly at: string };

export interface EventSource {
  /** Of the newest event: `after(latest)` waits for the next one. */
  readonly latest: string;
  /**
   * Events behind a cursor, which is the id of the last one that was dealt with, and then those that come; from the
   * oldest one that is kept without it. They are on the disk already. Of a job long ago only the last event is kept.
   * Ends with the signal, and when the service does.
   */
  after(cursor?: string, signal?: AbortSignal): AsyncIterable<ServeEvent>;
}
