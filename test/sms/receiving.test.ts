/** modem.sms.receive() and its events: every message once, deleted once it is safe, whatever the card and the line do. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { set } from '../../src/at/command.ts';
import { openPartStore, type PartStore, type ReceivedSms, type SmsReport } from '../../src/index.ts';
import { formatSubmit } from '../../src/sms/codec/submit.ts';
import { Clinic, DIALECTS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../recovery/clinic.ts';
import { permutationsOf } from '../support/permutations.ts';
import { carried } from '../unit/sms/carried.ts';

const FROM = '+12025550111';
const OTHER = '+12025550122';

/** PDUs of a long message, as a service centre brings them. */
function partsOf(text: string, reference: number, from = FROM): string[] {
  return formatSubmit({ to: from, text, reference }).map(({ pdu }) => carried(pdu));
}

async function opened(options: ConstructorParameters<typeof Clinic>[0] = {}): Promise<Clinic> {
  const clinic = new Clinic(options);
  await clinic.open();
  return clinic;
}

/** Everything that a receiver was handed, in order. */
function receiving(clinic: Clinic, parts?: PartStore): ReceivedSms[] {
  const heard: ReceivedSms[] = [];
  clinic.modem.sms.receive(async message => void heard.push(message), parts && { parts });
  return heard;
}

const texts = (messages: readonly ReceivedSms[]): string[] => messages.map(({ text }) => text);

function temporaryStore(): { directory: string; parts: PartStore } {
  const directory = join(mkdtempSync(join(tmpdir(), 'atsock-sms-')), 'parts');
  onTestFinished(() => rmSync(join(directory, '..'), { recursive: true }));
  return { directory, parts: openPartStore(directory) };
}

/** The disk knows nothing of virtual time: each second takes as long as it needs to write. */
async function until(clinic: Clinic, directory: string, condition: () => boolean): Promise<void> {
  for (let second = 0; second < 1_000 && !condition(); second++) {
    await clinic.pass(SECOND_MS);
    const file = await open(join(directory, '..', 'pace'), 'w');
    await file.sync();
    await file.close();
  }
  expect(condition()).toBe(true);
}

/** Not what is only being written. */
const kept = (directory: string): string[] =>
  existsSync(directory)
    ? readdirSync(directory)
        .filter(name => !name.includes('.part.'))
        .sort()
    : [];

const onCard = async (clinic: Clinic): Promise<string[]> =>
  texts(await clinic.during('listing', clinic.modem.sms.list()));

describe.each(DIALECTS)('%s', commandSet => {
  test('a message is announced, handed over, and deleted', async () => {
    const clinic = await opened({ commandSet });
    const heard = receiving(clinic);
    await clinic.pass(SECOND_MS);
    clinic.sim.sms.deliver({ from: FROM, text: 'Grüße €' });
    await clinic.pass(SECOND_MS);
    expect(heard).toEqual([
      {
        id: expect.stringMatching(/^[\da-f]{32}$/),
        from: FROM,
        text: 'Grüße €',
        at: expect.any(Date),
        flash: false,
        parts: 1,
        missing: [],
      },
    ]);
    expect(await onCard(clinic)).toEqual([]);
  });

  test('a card of 100 that is full at the start is drained, and what waited in the network comes (F67)', async () => {
    const clinic = await opened({ commandSet, messages: 100 });
    const sent = Array.from({ length: 250 }, (_, index) => `message ${index}`);
    for (const text of sent) clinic.sim.sms.deliver({ from: FROM, text });
    expect(clinic.sim.sms.waiting).toBe(150);
    const fills: number[] = [];
    clinic.modem.sms.on('storage', ({ used }) => fills.push(used));
    const heard = receiving(clinic);
    await clinic.pass(30 * SECOND_MS);
    expect(texts(heard).sort()).toEqual(sent.sort());
    expect(fills[0]).toBe(100);
    expect(await onCard(clinic)).toEqual([]);
  });

  test.each(['sms-announcement-lost', 'sms-announcement-doubled', 'stop-urc-after-send'])(
    'with %s each message comes once within a minute (F69)',
    async fault => {
      const clinic = await opened({ commandSet, faults: [fault] });
      const heard = receiving(clinic);
      await clinic.pass(MINUTE_MS / 2);
      await clinic.during('sending', clinic.modem.sms.send({ to: OTHER, text: 'x' }));
      for (const text of ['one', 'two']) clinic.sim.sms.deliver({ from: FROM, text });
      await clinic.pass(MINUTE_MS);
      clinic.sim.sms.deliver({ from: FROM, text: 'three' });
      await clinic.pass(MINUTE_MS + SECOND_MS);
      expect(texts(heard)).toEqual(['one', 'two', 'three']);
    },
  );

  test('a handler that fails gets the message again; others are not held up by it', async () => {
    const clinic = await opened({ commandSet });
    const heard: string[] = [];
    const trouble: string[] = [];
    clinic.modem.sms.on('trouble', ({ message }) => trouble.push(message));
    clinic.modem.sms.receive(async ({ text }) => {
      heard.push(text);
      if (text === 'bad' && heard.length < 6) throw new Error('the disk is full');
    });
    await clinic.pass(SECOND_MS);
    clinic.sim.sms.deliver({ from: FROM, text: 'bad' });
    clinic.sim.sms.deliver({ from: FROM, text: 'good' });
    await clinic.pass(10 * MINUTE_MS);
    expect(heard.filter(text => text === 'good')).toHaveLength(1);
    expect(heard.filter(text => text === 'bad').length).toBeGreaterThan(2);
    expect(trouble).toContain('the disk is full');
    expect(await onCard(clinic)).toEqual([]);
  });

  test('listening to messages leaves the card as it is', async () => {
    const clinic = await opened({ commandSet });
    const heard: ReceivedSms[] = [];
    clinic.modem.sms.on('message', message => heard.push(message));
    await clinic.pass(SECOND_MS);
    for (const pdu of partsOf('d'.repeat(300), 7)) clinic.sim.sms.deliver(pdu);
    await clinic.pass(5 * MINUTE_MS);
    expect(texts(heard)).toEqual(['d'.repeat(300)]);
    expect(await onCard(clinic)).toEqual(['d'.repeat(300)]);
    await clinic.during('deleting', clinic.modem.sms.delete(1));
    expect(await onCard(clinic)).toEqual([]);
    await expect(clinic.during('deleting', clinic.modem.sms.delete(1))).rejects.toMatchObject({
      value: '321',
    });
  });

  test('reports: by reference, each once, deleted', async () => {
    const clinic = await opened({ commandSet });
    const reports: SmsReport[] = [];
    clinic.modem.sms.on('report', report => reports.push(report));
    clinic.sim.sms.fate = [0x30, 0x00];
    const text = 'e'.repeat(200);
    const { references } = await clinic.during(
      'sending',
      clinic.modem.sms.send({ to: FROM, text, report: true }),
    );
    clinic.sim.sms.fate = [0x41];
    await clinic.during('sending', clinic.modem.sms.send({ to: OTHER, text: 'x', report: true }));
    await clinic.pass(MINUTE_MS);
    expect(references).toEqual([0, 1]);
    expect(reports).toMatchObject([
      { reference: 0, to: FROM, state: 'pending' },
      { reference: 0, to: FROM, state: 'delivered' },
      { reference: 1, to: FROM, state: 'pending' },
      { reference: 1, to: FROM, state: 'delivered' },
      { reference: 2, to: OTHER, state: 'failed', at: expect.any(Date) },
    ]);
    expect(clinic.sim.received.filter(line => line.startsWith('AT+CMGD'))).toHaveLength(5);
  });

  test('after a restart of the modem it goes on, also with what came meanwhile', async () => {
    const clinic = await opened({ commandSet });
    const heard = receiving(clinic);
    await clinic.pass(SECOND_MS);
    for (let turn = 0; turn < 5; turn++) {
      clinic.sim.restart({ silent: turn % 2 === 0 });
      clinic.sim.sms.deliver({ from: FROM, text: `${turn}` });
      await clinic.pass(3 * MINUTE_MS);
      clinic.sim.sms.deliver({ from: FROM, text: `${turn} again` });
      await clinic.pass(MINUTE_MS);
    }
    expect(texts(heard)).toEqual([0, 1, 2, 3, 4].flatMap(turn => [`${turn}`, `${turn} again`]));
  });

  test('text mode, where there is no PDU mode', async () => {
    const clinic = await opened({ commandSet, faults: ['sms-pdu-mode-refused'] });
    const heard = receiving(clinic);
    await clinic.pass(SECOND_MS);
    for (const text of ['é € 😀', '@£$', 'OK']) clinic.sim.sms.deliver({ from: FROM, text });
    await clinic.pass(MINUTE_MS);
    expect(texts(heard)).toEqual(['é € 😀', '@£$', 'OK']);
    expect(heard[0]).toMatchObject({ from: FROM, at: expect.any(Date) });
    expect(await onCard(clinic)).toEqual([]);
  });
});

describe('parts (F68)', () => {
  const text = Array.from({ length: 5 }, (_, index) => `${index}`.repeat(153)).join('');

  test('all orders of five parts, one of them twice, beside another with the same reference', async () => {
    const clinic = await opened({ messages: 255 });
    const heard = receiving(clinic);
    const expected: string[] = [];
    const orders = permutationsOf([0, 1, 2, 3, 4]);
    for (const [index, order] of orders.entries()) {
      const mine = partsOf(`${text}${index}`.slice(-765), index % 256);
      const others = partsOf(`x${text}${index}`.slice(0, 765), index % 256, OTHER);
      const twice = order[index % 5] ?? 0;
      for (const at of [...order, twice]) clinic.sim.sms.deliver(mine[at] ?? '');
      for (const at of order) clinic.sim.sms.deliver(others[at] ?? '');
      expected.push(`${text}${index}`.slice(-765), `x${text}${index}`.slice(0, 765));
      await clinic.pass(SECOND_MS);
    }
    expect(orders).toHaveLength(120);
    await clinic.pass(MINUTE_MS);
    expect(texts(heard).sort()).toEqual(expected.sort());
    expect(await onCard(clinic)).toEqual([]);
  });

  test('what misses a part is told without it after 24 hours', async () => {
    const clinic = await opened();
    const heard = receiving(clinic);
    const [, second = '', third = ''] = partsOf(text, 9);
    for (const pdu of [third, second]) clinic.sim.sms.deliver(pdu);
    await clinic.pass(23 * HOUR_MS);
    expect(heard).toEqual([]);
    await clinic.pass(HOUR_MS + 2 * MINUTE_MS);
    expect(heard).toMatchObject([{ text: text.slice(153, 459), parts: 5, missing: [1, 4, 5] }]);
    expect(await onCard(clinic)).toEqual([]);
  });

  test('a full card is drained while a part is missing, and the program may end meanwhile', async () => {
    const { directory, parts } = temporaryStore();
    const clinic = await opened({ messages: 3 });
    const before = receiving(clinic, parts);
    const pdus = partsOf(text, 3);
    for (const pdu of pdus.slice(1)) clinic.sim.sms.deliver(pdu);
    await until(clinic, directory, () => kept(directory).length === 4);
    expect([clinic.sim.sms.waiting, before]).toEqual([0, []]);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of kept(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    // What is no part, or was cut when the disk was full, is no matter.
    writeFileSync(join(directory, 'notes.txt'), 'x');
    writeFileSync(join(directory, `${'0'.repeat(32)}.part`), '{"key":');
    writeFileSync(join(directory, `${'1'.repeat(32)}.part`), '{"key":"1","pdu":"00","sinceMs":0}');
    writeFileSync(join(directory, `${'2'.repeat(32)}.part`), 'null');
    await clinic.restartProgram();
    const after = receiving(clinic, parts);
    clinic.sim.sms.deliver(pdus[0] ?? '');
    await until(clinic, directory, () => after.length > 0 && kept(directory).length === 4);
    expect(texts(after)).toEqual([text]);
    expect(kept(directory)).toEqual([
      ...['0', '1', '2'].map(digit => `${digit.repeat(32)}.part`),
      'notes.txt',
    ]);
  });
});

test('what nobody can read is told with its PDU, and stays (F71)', async () => {
  const clinic = await opened();
  const heard = receiving(clinic);
  const unreadable: string[] = [];
  clinic.modem.sms.on('unreadable', ({ place, pdu }) => unreadable.push(`${place} ${pdu}`));
  await clinic.pass(SECOND_MS);
  clinic.sim.sms.deliver('0004FF9121');
  clinic.sim.sms.deliver({ from: FROM, text: 'and this is read' });
  await clinic.pass(5 * MINUTE_MS);
  expect(unreadable).toEqual(['0 0004FF9121']);
  expect(texts(heard)).toEqual(['and this is read']);
  await clinic.during('deleting', clinic.modem.sms.delete(0));
});

test('one receiver at a time; who stops leaves the rest to the next', async () => {
  const clinic = await opened();
  const first: string[] = [];
  const stop = clinic.modem.sms.receive(async message => {
    first.push(message.text);
    stop();
  });
  expect(() => clinic.modem.sms.receive(async () => {})).toThrow(/another receiver/);
  for (const text of ['one', 'two']) clinic.sim.sms.deliver({ from: FROM, text });
  await clinic.pass(MINUTE_MS);
  expect(first).toEqual(['one']);
  const second = receiving(clinic);
  await clinic.pass(MINUTE_MS);
  expect(texts(second)).toEqual(['two']);
});

test('who stops with the message that it waited for does not get it again', async () => {
  const clinic = await opened();
  const stop = clinic.modem.sms.receive(async () => stop());
  clinic.sim.sms.deliver({ from: FROM, text: 'the one' });
  await clinic.pass(MINUTE_MS);
  expect(await onCard(clinic)).toEqual([]);
});

test('a full card from which nothing may be deleted is looked at each minute, not all the time', async () => {
  const clinic = await opened({ messages: 2 });
  const [{ pdu, octets } = { pdu: '', octets: 0 }] = formatSubmit({ to: OTHER, text: 'draft', reference: 0 });
  const payload = Buffer.from(`${pdu}\x1a`);
  const draft = set('+CMGW', [octets], { prefix: '+CMGW', payload, openEnded: true, parse: () => {} });
  await clinic.during('writing', clinic.modem.at.execute(draft));
  clinic.sim.sms.deliver({ from: FROM, text: 'a message' });
  clinic.modem.sms.on('message', () => {});
  await clinic.pass(10 * MINUTE_MS);
  const looks = clinic.sim.received.filter(line => line.startsWith('AT+CMGL'));
  expect(looks.length).toBeGreaterThan(8);
  expect(looks.length).toBeLessThan(13);
});

test('a report that came while nobody listened to reports is there for who listens later', async () => {
  const clinic = await opened();
  clinic.modem.sms.on('message', () => {});
  await clinic.during('sending', clinic.modem.sms.send({ to: FROM, text: 'x', report: true }));
  await clinic.pass(2 * MINUTE_MS);
  const reports: SmsReport[] = [];
  clinic.modem.sms.on('report', report => reports.push(report));
  await clinic.pass(MINUTE_MS);
  expect(reports).toMatchObject([{ reference: 0, state: 'delivered' }]);
});

test('of a network without a clock the same words count each time', async () => {
  const clinic = await opened();
  const heard = receiving(clinic);
  const [{ pdu } = { pdu: '' }] = formatSubmit({ to: FROM, text: 'ON', reference: 0 });
  for (let turn = 0; turn < 3; turn++) {
    clinic.sim.sms.deliver(carried(pdu, '00000000000000'));
    await clinic.pass(MINUTE_MS);
  }
  expect(texts(heard)).toEqual(['ON', 'ON', 'ON']);
  expect(await onCard(clinic)).toEqual([]);
});

test('a clock that is set makes no part overdue', async () => {
  const clinic = await opened();
  const heard = receiving(clinic);
  const [first = '', second = ''] = partsOf('c'.repeat(300), 5);
  clinic.sim.sms.deliver(first);
  await clinic.pass(MINUTE_MS);
  const before = Date.now;
  Date.now = () => before() + 1_000 * HOUR_MS;
  await clinic.pass(2 * MINUTE_MS);
  clinic.sim.sms.deliver(second);
  await clinic.pass(MINUTE_MS);
  expect(texts(heard)).toEqual(['c'.repeat(300)]);
});
