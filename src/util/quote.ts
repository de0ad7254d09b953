/** Bytes ↔ printable text (`\r \n \\ \xHH`, everything else latin1), for traces and dialogue files. */

const NAMED: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n', '\\': '\\\\' };
const ESCAPE = /\\(?:([rn\\])|x([0-9a-fA-F]{2})|)/g;

/**
 * Printable ASCII on one line. A space at either end becomes `\x20`, since it would be lost in a file, and `{`
 * becomes `\x7b`, since a dialogue names its variables in braces (architecture 7.1).
 */
export function quote(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return text.replace(/^ | $|[^ -[\]-z|}~]/g, character => NAMED[character] ?? hex(character));
}

/** @throws SyntaxError on an escape that `quote` does not write, or on a character beyond latin1 */
export function unquote(text: string): Buffer {
  const plain = text.replace(ESCAPE, (found: string, named?: string, code?: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    if (named === undefined) throw new SyntaxError(`unknown escape "${found}" in "${text}"`);
    return named === 'r' ? '\r' : named === 'n' ? '\n' : '\\';
  });
  if (/[^\0-\xff]/.test(plain)) throw new SyntaxError(`a character beyond latin1 in "${text}"`);
  return Buffer.from(plain, 'latin1');
}

function hex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
