/** The contract every transport keeps (src/transport/transport.ts), as tests over a way to make a connected pair. */
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ByteStream, TransportDecorator } from '../../src/transport/transport.ts';
import type { Link, LinkKind } from './transport-links.ts';
import { cut, manyTurns, randomBytes, readBytes, within, write } from './transport-wait.ts';

const HIGHEST_BUFFERED = 256 * 1024;
const SEED = 20_261;

export interface Wrapping {
  readonly name: string;
  readonly decorate: TransportDecorator;
  /** How much goes both ways; less where every byte goes alone. */
  readonly bulkBytes: number;
}

export function describeTransport(kind: LinkKind, { name, decorate, bulkBytes }: Wrapping): void {
  const title = kind.missing ? `${kind.name} (skipped: no ${kind.missing} here)` : kind.name;

  describe.skipIf(kind.missing !== undefined)(`transport ${title}, ${name}`, () => {
    let link: Link;
    let near: ByteStream;

    beforeEach(async () => {
      link = await kind.connect();
      near = await within(decorate(link.transport).open(), 'open()');
    });

    afterEach(async () => {
      near.on('error', () => {}).destroy();
      await link.dispose();
    });

    test('keeps the name and the line control of what it wraps', () => {
      expect(decorate(link.transport).name).toBe(link.transport.name);
      expect(near.lineControl !== undefined).toBe(kind.wires);
    });

    test('every byte value arrives as it was sent, both ways', async () => {
      const far = await link.far();
      const all = Buffer.from(Uint8Array.from({ length: 256 }, (_, value) => value));
      near.write(all);
      expect(await readBytes(far, 256)).toEqual(all);
      far.write(all);
      expect(await readBytes(near, 256)).toEqual(all);
    });

    test(`${bulkBytes} bytes both ways at once, seed ${SEED}`, async () => {
      const far = await link.far();
      const [out, back] = [randomBytes(SEED, bulkBytes), randomBytes(SEED + 1, bulkBytes)];
      const [atFar, atNear] = await Promise.all([
        readBytes(far, bulkBytes),
        readBytes(near, bulkBytes),
        write(near, out),
        write(far, back),
      ]);
      expect(atFar.equals(out)).toBe(true);
      expect(atNear.equals(back)).toBe(true);
    });

    test('many small writes keep their order', async () => {
      const far = await link.far();
      const lines = Array.from({ length: 500 }, (_, index) => `AT+LINE=${index}\r`);
      for (const line of lines) near.write(line, 'latin1');
      const expected = Buffer.from(lines.join(''), 'latin1');
      expect(await readBytes(far, expected.length)).toEqual(expected);
    });

    test('reads no more than it has room for, and loses nothing by it', async () => {
      const far = await link.far();
      const bytes = randomBytes(SEED + 2, bulkBytes);
      const written = Promise.all(cut(bytes, 16 * 1024).map(block => write(far, block)));
      await within(once(near, 'readable'), 'the first byte');
      await manyTurns();
      expect(near.readableLength).toBeLessThanOrEqual(HIGHEST_BUFFERED);
      expect((await readBytes(near, bytes.length)).equals(bytes)).toBe(true);
      await within(written, 'the far end to be rid of its bytes');
    });

    // The kernel's buffers are filled plain only: behind a decorator the same takes long and shows no more.
    test.skipIf(name !== 'plain' && kind.kernelBytes > 0)(
      'does not take more than the line does',
      async () => {
        const far = await link.far();
        const block = randomBytes(SEED + 3, 64 * 1024);
        const blocks = 2 + Math.ceil((2 * kind.kernelBytes) / block.length);
        let taken = 0;
        for (let index = 0; index < blocks; index++) near.write(block, () => taken++);
        await manyTurns();
        expect(taken).toBeLessThan(blocks);
        for (let index = 0; index < blocks; index++) {
          expect((await readBytes(far, block.length)).equals(block)).toBe(true);
        }
      },
    );

    test('the far end goes away: what it sent is read first, then the stream closes', async () => {
      const far = await link.far();
      await write(far, Buffer.from('\r\n+SHUTDOWN\r\n'));
      expect((await readBytes(near, 13)).toString()).toBe('\r\n+SHUTDOWN\r\n');
      const seen: string[] = [];
      near.on('error', (error: NodeJS.ErrnoException) => seen.push(`error ${error.code}`));
      near.on('end', () => seen.push('end'));
      const closed = new Promise<void>(resolve => {
        near.on('close', () => {
          seen.push('close');
          resolve();
        });
      });
      near.resume();
      await link.hangUp();
      await within(closed, `'close', seen: ${seen}`);
      expect(seen.join(', ')).toMatch(kind.wire ? /^error (EIO|ENODEV|ENXIO), close$/ : /^end, close$/);
    });

    test('writing after the far end has gone fails with a code', async () => {
      near.resume();
      const lost = once(near, 'close').catch((error: unknown) => error);
      await link.hangUp();
      await within(lost, "'close' or 'error'");
      near.on('error', () => {});
      const failure = await write(near, Buffer.from('AT\r')).catch((error: unknown) => error);
      expect(failure).toHaveProperty('code');
    });

    test('destroy() closes without an error and leaves the line to the next', async () => {
      const far = await link.far();
      far.resume();
      const gone = Promise.race([once(far, 'end'), once(far, 'close')]);
      near.destroy();
      // Rejects on 'error'.
      await within(once(near, 'close'), "'close'");
      if (kind.wire) near = await within(link.transport.open(), 'the second open()');
      else await within(gone, 'the far end to see it');
    });

    test('end() sends what was written and closes', async () => {
      const far = await link.far();
      near.resume();
      const closed = once(near, 'close');
      near.end('AT+LAST\r');
      expect((await readBytes(far, 8)).toString()).toBe('AT+LAST\r');
      far.resume();
      await within(closed, "'close'");
    });

    test('destroy() in the middle of a write that nobody reads closes within the deadline', async () => {
      await link.far();
      for (let index = 0; index < 32; index++) near.write(Buffer.alloc(64 * 1024), () => {});
      await manyTurns();
      const closed = once(near, 'close');
      near.destroy();
      await within(closed, "'close'");
    });
  });
}
