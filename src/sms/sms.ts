/** `modem.sms`: short messages. */
import { EventEmitter } from 'node:events';
import type { Executor } from '../at/channel.ts';
import { deletePdu } from '../threegpp/sms-commands.ts';
import { readCard } from './card.ts';
import type { ChannelSource } from './channel-source.ts';
import { Inbox } from './inbox.ts';
import type { OutgoingSms, ReceivedSms, SentSms, SmsEvents, StoredSms } from './messages.ts';
import { Outbox } from './outbox.ts';
import type { PartStore } from './part-store.ts';
import { storedMessages } from './stored-messages.ts';

/**
 * Short messages of a modem.
 *
 * Events: `message`, `report`, and others of `SmsEvents`. Whoever listens to one has the card looked at: at once, when
 * something is announced, and each minute.
 */
export class Sms extends EventEmitter<SmsEvents> {
  readonly #source: ChannelSource;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;

  /** @internal */
  constructor(source: ChannelSource) {
    super();
    this.#source = source;
    this.#outbox = new Outbox(source);
    this.#inbox = new Inbox(source, this);
    (this as EventEmitter).on('newListener', () => this.#inbox.start());
  }

  /**
   * Resolves when the network has taken all parts.
   * @throws SmsError; RangeError ERR_INVALID_ARG_VALUE for what cannot be sent, before the modem is told
   */
  send(message: OutgoingSms): Promise<SentSms> {
    return this.#outbox.send(message);
  }

  /** Received messages on the card, their parts joined. @throws AtError; SocketFailure while the modem is not open */
  async list(): Promise<StoredSms[]> {
    return (await this.#source()).transaction(readStored);
  }

  /** The message with a part in that place; undefined: there is none. */
  async read(place: number): Promise<StoredSms | undefined> {
    return (await this.list()).find(({ places }) => places.includes(place));
  }

  /**
   * Deletes the message with a part in that place, all its parts; or whatever else is there.
   * @throws AtError 'cms' where nothing is
   */
  async delete(place: number): Promise<void> {
    const channel = await this.#source();
    await channel.transaction(async at => {
      const found = (await readStored(at)).find(({ places }) => places.includes(place));
      for (const each of found?.places ?? [place]) await at.execute(deletePdu(each));
    });
  }

  /**
   * Hands over each received message, one after the other, and deletes it from the card when the handler has resolved.
   * Where it rejects, the message stays and comes again a minute later. After a crash a message may come once more, with
   * the same id. It keeps the process alive, as a listening socket does. Returns the way to stop.
   * @param options.parts where parts wait when they must leave the card, else they wait there
   * @throws Error where there is a receiver already
   */
  receive(
    handler: (message: ReceivedSms) => Promise<void>,
    options: { readonly parts?: PartStore } = {},
  ): () => void {
    return this.#inbox.receive({ handler, store: options.parts });
  }
}

const readStored = async (at: Executor): Promise<StoredSms[]> => storedMessages((await readCard(at)).entries);
