/** Exchange: an open way to one name server, for any number of questions at the same time. */
import { DnsFailure } from './dns-failure.ts';
import { judge, type Question, type Response } from './message.ts';
import { type Limit, within } from './waiting.ts';

export interface Exchange {
  /**
   * Sends the question and waits so long for its answer; `other-case` if there was only one that does not repeat the
   * case of letters. A question may be asked again: an answer to the first time then counts too.
   * @throws DnsFailure ETIMEOUT, EBADRESP; SocketFailure; the reason of the signal
   */
  ask(question: Question, patienceMs: number, limit: Limit): Promise<Response | 'other-case'>;
  /** Gives the modem's connection back; never rejects. */
  close(): Promise<void>;
}

interface Asker {
  readonly question: Question;
  readonly answer: (response: Response) => void;
  readonly fail: (error: unknown) => void;
  /** The strangest that came instead of an answer. It may be forged, so the right one is waited for all the same. */
  strange: 'garbage' | 'other-case' | undefined;
}

/** Who waits for an answer on one exchange. */
export class Askers {
  readonly #askers = new Set<Asker>();
  #lost: { readonly cause: unknown } | undefined;

  async ask(
    question: Question,
    send: () => Promise<unknown>,
    patienceMs: number,
    limit: Limit,
  ): Promise<Response | 'other-case'> {
    if (this.#lost) throw this.#lost.cause;
    let asker: Asker | undefined;
    const answered = new Promise<Response>((answer, fail) => {
      asker = { question, answer, fail, strange: undefined };
      // Before the sending is over: the modem may report the answer first.
      this.#askers.add(asker);
    });
    // A failure while the question is being sent has a listener only later.
    answered.catch(() => {});
    const late = (): Error =>
      asker?.strange === 'garbage'
        ? new DnsFailure('EBADRESP', 'the name server gave an answer that cannot be read')
        : new DnsFailure('ETIMEOUT', 'no answer from the name server');
    try {
      await within(send(), limit, late);
      const deadline = Math.min(limit.deadline, performance.now() + patienceMs);
      return await within(answered, { ...limit, deadline }, late);
    } catch (error) {
      const isLate = error instanceof DnsFailure && error.code === 'ETIMEOUT';
      if (isLate && asker?.strange === 'other-case') return 'other-case';
      throw error;
    } finally {
      if (asker) this.#askers.delete(asker);
    }
  }

  /** A message came from the server. */
  hear(message: Buffer): void {
    for (const asker of this.#askers) {
      const verdict = judge(asker.question, message);
      if (verdict === 'garbage' || verdict === 'other-case') asker.strange = verdict;
      else if (verdict === 'malformed')
        asker.fail(new DnsFailure('EBADRESP', 'the name server gave an answer that breaks the rules'));
      else if (verdict !== 'foreign') asker.answer(verdict);
    }
  }

  /** Nothing will be heard any more. */
  lose(cause: unknown): void {
    this.#lost ??= { cause };
    for (const asker of this.#askers) asker.fail(cause);
  }
}
