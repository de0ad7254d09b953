/** Where parts wait for the rest of their message when the card has no room for them: a directory with a file for each. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A part of a message that is not whole. */
export interface StoredPart {
  /** Letters and digits only. */
  readonly key: string;
  readonly pdu: string;
  /** When it came, in milliseconds since 1970. */
  readonly sinceMs: number;
}

/** Of `modem.sms.receive()`: without one, parts wait on the card. */
export interface PartStore {
  /** All that was kept and not dropped; called once. */
  load(): Promise<readonly StoredPart[]>;
  /** Durable when it resolves: the card's copy is deleted then. */
  keep(part: StoredPart): Promise<void>;
  /** Its message has been handed over. */
  drop(key: string): Promise<void>;
}

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const FILE = /^([\da-f]{32})\.part$/;

/** A part store in a directory of its own, which is made if need be; for this user's eyes only (reliability.md S22). */
export function openPartStore(directory: string): PartStore {
  const pathOf = (key: string): string => join(directory, `${key}.part`);
  return {
    async load() {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const names = (await readdir(directory)).filter(name => FILE.test(name)).sort();
      const parts = await Promise.all(names.map(name => readPart(join(directory, name))));
      return parts.filter(part => part !== undefined).sort((one, other) => one.sinceMs - other.sinceMs);
    },
    keep: part => writeDurably(directory, pathOf(part.key), JSON.stringify(part)),
    drop: key => unlink(pathOf(key)).catch(ignoreMissing),
  };
}

/** Undefined where it is none of ours: renaming makes a file whole or not there at all. */
async function readPart(path: string): Promise<StoredPart | undefined> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW);
  try {
    const { key, pdu, sinceMs }: Partial<StoredPart> = JSON.parse(await file.readFile('utf8')) ?? {};
    const isWhole = typeof key === 'string' && typeof pdu === 'string' && typeof sinceMs === 'number';
    return isWhole ? { key, pdu, sinceMs } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

async function writeDurably(directory: string, path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}`;
  const file = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    // A full disk is tried again each minute.
    await unlink(temporary);
    throw error;
  } finally {
    await file.close();
  }
  // The name, too.
  const names = await open(directory, O_RDONLY);
  await names.sync().finally(() => names.close());
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
