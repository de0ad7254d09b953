/** A job: one short message on its way out, from the request that was accepted to its end. */

/** `unknown`: whether it went out cannot be known any more; it is not sent again unless the order says so. */
export type JobState = 'queued' | 'sending' | 'sent' | 'delivered' | 'failed' | 'unknown';

/** What a client asks for. */
export interface Order {
  readonly to: string;
  readonly text: string;
  /** Shown at once and not stored. */
  readonly flash?: boolean;
  /** A status report is asked for. */
  readonly report?: boolean;
  /** How long the service centre tries. */
  readonly validityMinutes?: number;
  /** Where nobody can know whether it went out: once more, and perhaps twice then. */
  readonly onUnknown?: 'resend';
}

export interface Job extends Order {
  readonly id: string;
  /** The same key stands for the same job. */
  readonly key: string;
  /** Whose token it was. */
  readonly by: string;
  readonly state: JobState;
  readonly acceptedAt: string;
  readonly changedAt: string;
  readonly parts: number;
  /** Of `parts`, one after the other, once the network has taken them. */
  readonly references?: readonly number[];
  /** References whose status report says that they were delivered. */
  readonly delivered?: readonly number[];
  /** How often it was given to the modem. */
  readonly tries: number;
  /** Not before this time, in milliseconds since 1970. */
  readonly notBefore?: number;
  /** Why it failed, is unknown, or waits. */
  readonly error?: string;
}

/** Nothing more happens to it by itself; a status report may still say what became of it. */
export const isOver = ({ state }: Job): boolean => state !== 'queued' && state !== 'sending';

/** After the first try (reliability.md F66). */
const MOST_REPETITIONS = 3;

export const mayRepeat = ({ tries }: Job): boolean => tries <= MOST_REPETITIONS;

/** Of a job that was being sent, when nobody can know whether it went out. */
export const afterUnknown = (job: Job): JobState =>
  job.onUnknown === 'resend' && mayRepeat(job) ? 'queued' : 'unknown';
