/** A PDU in hexadecimal, read octet by octet, every step checked: nothing beyond its end. */

/** The PDU breaks the rules of 23.040. It is kept as it came, and stands in no message: it is somebody's letter. */
export class PduError extends Error {
  readonly pdu: string;

  constructor(pdu: string, why: string) {
    super(`the short message makes no sense: ${why}`);
    this.name = 'PduError';
    this.pdu = pdu;
  }
}

export class PduReader {
  readonly #pdu: string;
  readonly #octets: Buffer;
  #offset = 0;

  /** @throws PduError for what is no hexadecimal */
  constructor(pdu: string) {
    this.#pdu = pdu;
    if (!/^(?:[\da-f]{2})*$/i.test(pdu)) throw this.error('it is not hexadecimal');
    this.#octets = Buffer.from(pdu, 'hex');
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  take(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.#octets.length) throw this.error('it ends too early');
    const taken = this.#octets.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  error(why: string): PduError {
    return new PduError(this.#pdu, why);
  }
}
