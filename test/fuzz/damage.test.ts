/** Lost and doubled bytes (reliability.md F14): whatever happens to a reply with data, no wrong byte is delivered. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AtChannel } from '../../src/at/channel.ts';
import type { Command } from '../../src/at/command.ts';
import type { Framing } from '../../src/at/framing.ts';
import * as qfwd from '../../src/dialects/quectel-qfwd/commands.ts';
import { createFraming } from '../../src/dialects/quectel-qfwd/urcs.ts';
import * as sequans from '../../src/dialects/sequans/commands.ts';
import { framing } from '../../src/dialects/sequans/urcs.ts';
import { createMemoryPair } from '../../src/transport/memory.ts';

const BYTES = 64;
const MOST_DAMAGE = 4;
/** No two alike beside each other, and none that ends a line: a lost one leaves nothing that looks whole. */
const PAYLOAD = Buffer.from(Array.from({ length: BYTES }, (_, at) => 0x30 + at));
const T_MS = 1_000;

interface Form {
  readonly name: string;
  framing(): Framing;
  readonly receive: Command<{ readonly data: Buffer } | Buffer | undefined>;
  readonly header: string;
  /** Of the data's own, before that of the next line. */
  readonly lineEnd: '' | '\r\n';
  readonly urc: string;
}

const SEQUANS = {
  framing: () => framing(false),
  receive: sequans.receive(1, false),
  header: `\r\n+SQNSRECV: 1,${BYTES}\r\n`,
  urc: '\r\n+SQNSRING: 2,5\r\n',
};

const QFWD = {
  framing: createFraming,
  receive: qfwd.receive('+QFWDRECV', 1, 1024),
  header: `\r\n+QFWDRECV: 1,${BYTES}\r\n`,
  urc: '\r\n+QFWDURC: "client/read",2\r\n',
};

const FORMS: readonly Form[] = [
  { name: 'sequans', ...SEQUANS, lineEnd: '\r\n' },
  { name: 'quectel-qfwd, two line ends', ...QFWD, lineEnd: '\r\n' },
  { name: 'quectel-qfwd, one line end', ...QFWD, lineEnd: '' },
];

const DAMAGES = ['lost', 'doubled'] as const;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe.each(FORMS)('$name', form => {
  describe.each([
    ['OK', ''],
    ['a URC and OK', form.urc],
  ])('%s behind the data', (_, urc) => {
    const reply = replyOf(form, urc);

    test('the whole reply is delivered', async () => {
      const { receive, close } = open(form, await learned(form));
      expect(await receive(reply)).toEqual(PAYLOAD);
      await close();
    });

    test.each(DAMAGES)(`1 to ${MOST_DAMAGE} bytes %s, at each of the ${BYTES} places`, async damage => {
      const framing = await learned(form);
      const wrong: string[] = [];
      for (let at = 0; at < BYTES; at++) {
        for (let count = 1; count <= MOST_DAMAGE; count++) {
          const { receive, close } = open(form, framing);
          const place = form.header.length + at;
          const heard = await receive(damaged(reply, damage, place, count));
          if (heard && !heard.equals(PAYLOAD)) wrong.push(`${count} at ${at}`);
          await close();
        }
      }
      expect(wrong).toEqual([]);
    });
  });
});

const replyOf = ({ header, lineEnd }: Form, urc: string): Buffer =>
  Buffer.concat([Buffer.from(header), PAYLOAD, Buffer.from(`${lineEnd}${urc}\r\nOK\r\n`)]);

/** Firmware frames its data in one way, which the driver knows after two replies. */
async function learned(form: Form): Promise<Framing> {
  const framing = form.framing();
  const { receive, close } = open(form, framing);
  for (let time = 0; time < 2; time++) await receive(replyOf(form, ''));
  await close();
  return framing;
}

function damaged(whole: Buffer, damage: (typeof DAMAGES)[number], at: number, count: number): Buffer {
  const from = damage === 'lost' ? at + count : at;
  return Buffer.concat([whole.subarray(0, damage === 'lost' ? at : at + count), whole.subarray(from)]);
}

function open(
  { receive: command }: Form,
  framing: Framing,
): { receive(reply: Buffer): Promise<Buffer | undefined>; close(): Promise<void> } {
  const [near, far] = createMemoryPair();
  far.resume();
  const at = new AtChannel(near, { timeoutMs: T_MS, fenceTimeoutMs: T_MS });
  at.framing = framing;
  return {
    receive: async reply => {
      let settled = false;
      const received = at.execute({ ...command, timeoutMs: T_MS }).then(
        value => (Buffer.isBuffer(value) ? value : value?.data),
        () => undefined,
      );
      void received.then(() => {
        settled = true;
      });
      far.write(reply);
      for (let turn = 0; turn < 4 && !settled; turn++) await new Promise(resolve => setImmediate(resolve));
      if (!settled) await vi.advanceTimersByTimeAsync(T_MS);
      return received;
    },
    close: () => at.close(),
  };
}
