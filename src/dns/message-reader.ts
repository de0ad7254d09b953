/** A DNS message read step by step, every step checked: nothing beyond its end, no endless names. */

/** The message breaks the rules of RFC 1035. */
export class Malformed extends Error {}

/** A name of 255 bytes has at most 127 labels, so no honest one jumps more often. */
const MOST_JUMPS = 128;
/** Without escapes, with the dots between labels. */
const LONGEST_NAME = 254;

export class MessageReader {
  offset = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }

  u32(): number {
    return this.take(4).readUInt32BE();
  }

  take(length: number): Buffer {
    const end = this.offset + length;
    if (length < 0 || end > this.#bytes.length) throw new Malformed('it ends too early');
    const taken = this.#bytes.subarray(this.offset, end);
    this.offset = end;
    return taken;
  }

  /** A counted string. */
  text(): string {
    return this.take(this.u8()).toString('latin1');
  }

  /**
   * The name in text form; what is no plain character of a label is escaped, so that a dot inside a label does not
   * look like one between two (CVE-2021-3672). Pointers lead backwards only (RFC 1035 4.1.4).
   */
  name(): string {
    const labels: string[] = [];
    let length = 0;
    let behind: number | undefined;
    let lowest = this.offset;
    for (let jumps = 0; jumps <= MOST_JUMPS; ) {
      const count = this.u8();
      if (count === 0) {
        this.offset = behind ?? this.offset;
        return labels.join('.');
      }
      if (count < 64) {
        length += count + 1;
        if (length > LONGEST_NAME) throw new Malformed('a name is too long');
        labels.push(escaped(this.take(count)));
        continue;
      }
      if (count < 192) throw new Malformed('a label of unknown kind');
      const target = ((count & 0x3f) << 8) | this.u8();
      if (target >= lowest) throw new Malformed('a pointer that does not lead backwards');
      behind ??= this.offset;
      this.offset = target;
      lowest = target;
      jumps++;
    }
    throw new Malformed('a name of pointers');
  }
}

/** As c-ares writes labels. */
function escaped(label: Buffer): string {
  return label
    .toString('latin1')
    .replace(/[".;\\()@$]/g, '\\$&')
    .replace(/[^ -~]/g, character => `\\${String(character.charCodeAt(0)).padStart(3, '0')}`);
}
