/** Which bytes of a line are the body of a short message: somebody's letter, with numbers in it (reliability.md S9). */

/** Behind these come PDUs or texts, of any number of lines. */
const HEADER = /^\+(?:CMG[LR]|CMT|CDS|CBM):/;
/** A text may say these too: then the rest of it is shown as far as it is no number. */
const END = /^(?:OK$|ERROR$|\+CM[ES] ERROR\b|\+CMG[SW]:|\+CMSS:)/;
/** May come at any time, also between a command and its prompt. */
const ANNOUNCEMENT = /^\+(?:CMTI|CDSI): *"\w+", *\d+$/;
const SENDING = /^AT.*\+CMG[SW]=/i;

export class Letters {
  #heard = false;
  #sends = false;

  /** A line of the modem, with its line breaks. True: it is to be hidden. */
  hear(text: string): boolean {
    const line = text.trim();
    if (ANNOUNCEMENT.test(line)) return false;
    if (HEADER.test(line)) {
      this.#heard = true;
      return false;
    }
    if (END.test(line)) {
      this.#heard = false;
      this.#sends = false;
    }
    // With echo on a PDU comes back.
    return (
      line !== '' && line !== '>' && (this.#heard || (this.#sends && /^[\da-f]+[\x1a\x1b]?$/i.test(line)))
    );
  }

  /** A command line to the modem. */
  command(line: string): void {
    this.#sends = SENDING.test(line);
  }

  /** What is written behind a prompt is to be hidden. */
  get sends(): boolean {
    return this.#sends;
  }
}

/** Line breaks, and what ends a message, stay. */
export const hideLetter = (text: string): string => text.replace(/[^\r\n\x1a\x1b]/g, '*');
