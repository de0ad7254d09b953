/** What a client says before its data, from bytes in any pieces to whole messages. */
import { type Message, type Read, readGreeting, readLogin, readRequest } from './messages.ts';

type Reader = (bytes: Buffer) => Read<Message>;

export class HandshakeParser {
  /** Of the messages that are still to come, in their order. */
  readonly #readers: Reader[];
  #bytes: Buffer = Buffer.alloc(0);

  constructor({ withLogin }: { readonly withLogin: boolean }) {
    this.#readers = withLogin ? [readGreeting, readLogin, readRequest] : [readGreeting, readRequest];
  }

  /** The messages that these bytes complete. The last one is a request, or malformed. */
  feed(chunk: Uint8Array): readonly Message[] {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const messages: Message[] = [];
    for (let read = this.#next(); read; read = this.#next()) {
      messages.push(read.message);
      this.#bytes = this.#bytes.subarray(read.length);
      if (read.message.kind === 'malformed') this.#readers.length = 0;
      else this.#readers.shift();
    }
    return messages;
  }

  /** What came behind the last message. */
  get rest(): Buffer {
    return this.#bytes;
  }

  #next(): Read<Message> {
    return this.#readers[0]?.(this.#bytes);
  }
}
