/** modem.sms.send(): what the network gets, and what the program hears of it. */
import { describe, expect, test } from 'vitest';
import { SmsError } from '../../src/index.ts';
import { Clinic, DIALECTS } from '../recovery/clinic.ts';

const TO = '+12025550111';

async function opened(options: ConstructorParameters<typeof Clinic>[0] = {}): Promise<Clinic> {
  const clinic = new Clinic(options);
  await clinic.open();
  return clinic;
}

const failure = async (clinic: Clinic, message: Parameters<Clinic['modem']['sms']['send']>[0]) => {
  const error = await clinic.during('sending', clinic.modem.sms.send(message)).catch(cause => cause);
  expect(error).toBeInstanceOf(SmsError);
  return error as SmsError;
};

describe.each(DIALECTS)('%s', commandSet => {
  test('one part, with all that can be asked for', async () => {
    const clinic = await opened({ commandSet });
    const message = { to: TO, text: 'Grüße [€]', flash: true, report: true, validity: 3_600_000 };
    const sent = await clinic.during('sending', clinic.modem.sms.send(message));
    expect(sent).toEqual({ parts: 1, references: [0] });
    expect(clinic.sim.sms.sent).toMatchObject([
      { to: TO, text: 'Grüße [€]', flash: true, report: true, validity: '0b', part: undefined },
    ]);
  });

  test('many parts of many messages, each with a reference of its own', async () => {
    const clinic = await opened({ commandSet });
    const texts = ['a'.repeat(400), 'ж'.repeat(150), 'short'];
    const sending = Promise.all(texts.map(text => clinic.modem.sms.send({ to: '102', text })));
    expect(await clinic.during('sending', sending)).toEqual([
      { parts: 3, references: [0, 1, 2] },
      { parts: 3, references: [3, 4, 5] },
      { parts: 1, references: [6] },
    ]);
    const { sent } = clinic.sim.sms;
    expect(
      [0, 3, 6].map(at =>
        sent
          .slice(at, at + 3)
          .map(({ text }) => text)
          .join(''),
      ),
    ).toEqual(texts);
    expect(sent.map(({ part }) => part?.sequence)).toEqual([1, 2, 3, 1, 2, 3, undefined]);
    expect(sent[0]?.part?.reference).not.toBe(sent[3]?.part?.reference);
  });

  test('what was refused for now may be sent again, what was refused for good not (F66)', async () => {
    const clinic = await opened({ commandSet });
    for (const [cms, again] of [
      ...[38, 41, 42, 331, 332, 500].map(cms => [cms, true] as const),
      ...[21, 304, 310, 311, 330, 17].map(cms => [cms, false] as const),
    ]) {
      clinic.sim.sms.refusals.push(cms);
      const error = await failure(clinic, { to: TO, text: 'no' });
      expect(error).toMatchObject({ kind: 'refused', cms, again });
    }
    expect(clinic.sim.sms.sent).toEqual([]);
  });

  test('a part behind the first is repeated three times', async () => {
    const clinic = await opened({ commandSet });
    const text = 'b'.repeat(300);
    const first = clinic.modem.sms.send({ to: TO, text });
    await clinic.during('the first part', untilSent(clinic, 1));
    clinic.sim.sms.refusals.push(38, 41, 42);
    expect(await clinic.during('sending', first)).toEqual({ parts: 2, references: [0, 1] });
    const second = failure(clinic, { to: TO, text });
    await clinic.during('the first part', untilSent(clinic, 3));
    clinic.sim.sms.refusals.push(38, 38, 38, 38);
    expect(await second).toMatchObject({ kind: 'refused', cms: 38, again: false, references: [2] });
    expect(clinic.sim.sms.sent).toHaveLength(3);
  });

  test('a lost result is unknown, and nothing is sent twice (F65)', async () => {
    const clinic = await opened({ commandSet, faults: ['sms-result-lost'], seed: 7 });
    let unknown = 0;
    for (let turn = 1; turn <= 12; turn++) {
      const outcome = await clinic
        .during('sending', clinic.modem.sms.send({ to: TO, text: `${turn}` }))
        .catch((error: SmsError) => error.kind);
      if (outcome === 'unknown') unknown++;
      else expect(outcome).toMatchObject({ parts: 1 });
    }
    expect(unknown, 'seed 7').toBeGreaterThan(0);
    expect(clinic.sim.sms.sent.map(({ text }) => text)).toEqual(
      Array.from({ length: 12 }, (_, turn) => `${turn + 1}`),
    );
  });

  test('while the modem is being recovered it is refused at once, and may be sent again', async () => {
    const clinic = await opened({ commandSet });
    clinic.portError = 'ENOENT';
    clinic.sim.restart();
    await clinic.until('recovering');
    expect(await failure(clinic, { to: TO, text: 'now' })).toMatchObject({ kind: 'refused', again: true });
    clinic.portError = undefined;
    await clinic.until('ready');
    await clinic.during('sending', clinic.modem.sms.send({ to: TO, text: 'then' }));
    expect(clinic.sim.sms.sent.map(({ text }) => text)).toEqual(['then']);
  });

  test('text mode, where there is no PDU mode', async () => {
    const clinic = await opened({ commandSet, faults: ['sms-pdu-mode-refused'] });
    const { sms } = clinic.modem;
    await clinic.during(
      'sending',
      sms.send({ to: TO, text: 'é € \x1a\r 😀', flash: true, validity: 60_000 }),
    );
    await clinic.during('sending', sms.send({ to: '*100#', text: '@£$', report: true }));
    expect(clinic.sim.sms.sent).toMatchObject([
      { to: TO, text: 'é € \x1a\r 😀', flash: true, report: false, validity: '00' },
      { to: '*100#', text: '@£$', flash: false, report: true, validity: '' },
    ]);
    const error = await failure(clinic, { to: TO, text: 'c'.repeat(161) });
    expect(error).toMatchObject({ kind: 'refused', again: false });
    expect(error.message).toMatch(/2 parts needs PDU mode/);
  });

  test('the health check waits for a slow network, and sockets work beside', async () => {
    const clinic = await opened({ commandSet, faults: ['sms-slow'] });
    const { socket } = await clinic.bind();
    for (let turn = 0; turn < 20; turn++) {
      clinic.sim.urc('+CGEV: NW MODIFY 1,1,2,0');
      await clinic.during('sending', clinic.modem.sms.send({ to: TO, text: `${turn}` }));
      await clinic.pass(7_000);
    }
    expect(clinic.sim.sms.sent).toHaveLength(20);
    expect(clinic.modem.stats()).toMatchObject({ recoveries: 0, actions: { fence: 0 } });
    socket.close();
  });
});

test('what is no number, or does not fit, is refused before the modem is told', async () => {
  const clinic = await opened();
  const before = clinic.sim.received.length;
  for (const to of [
    '',
    '+',
    'Ann',
    '+1202\r',
    '+1202"',
    '1\x1a',
    '+120255501110123456789',
    '１２３',
    '+43 664',
  ])
    await expect(clinic.modem.sms.send({ to, text: 'x' })).rejects.toMatchObject({
      name: 'RangeError',
      code: 'ERR_INVALID_ARG_VALUE',
    });
  for (const message of [
    { to: TO, text: 'x'.repeat(153 * 255 + 1) },
    { to: TO, text: 'x', validity: 0 },
    { to: TO, text: 'x', validity: 64 * 7 * 86_400_000 },
    { to: TO, text: 'x', validity: Number.NaN },
  ])
    await expect(clinic.modem.sms.send(message)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
  expect(clinic.sim.received.length).toBe(before);
});

async function untilSent(clinic: Clinic, count: number): Promise<void> {
  while (clinic.sim.sms.sent.length < count) await new Promise(setImmediate);
}
