/** The AT channel: routing, queue, time limits and fences, against a modem played byte by byte. */
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { AtError } from '../../../src/at/at-error.ts';
import { AtChannel, type ChannelOptions } from '../../../src/at/channel.ts';
import { action, type Command, read, set } from '../../../src/at/command.ts';
import { createMemoryPair } from '../../../src/transport/memory.ts';
import { FarEnd } from '../../support/far-end.ts';

const channels: AtChannel[] = [];
afterEach(() => Promise.all(channels.splice(0).map(channel => channel.close())));

function open(options: ChannelOptions = {}): { at: AtChannel; modem: FarEnd } {
  const [near, far] = createMemoryPair();
  const at = new AtChannel(near, options);
  channels.push(at);
  return { at, modem: new FarEnd(far) };
}

const texts = (line: string, rest: Partial<Command<string[]>> = {}): Command<string[]> => ({
  line,
  parse: ({ info }) => info.map(({ text }) => text),
  ...rest,
});

/** To a probe that is no number. */
const answersTo = (line: string): string[] =>
  [...line.matchAll(/(\+\w+)\?/g)].map(([, query]) => `${query}: 1`);

const failsWith = (kind: string, value?: string) =>
  expect.objectContaining(value === undefined ? { kind } : { kind, value });

/** Counted data behind a header, as in every dialect. */
const framing = {
  block: (line: string) => {
    const bytes = Number(/^\+DATA: (\d+)/.exec(line)?.[1] ?? 0);
    return bytes ? { bytes, trailer: '\r\n\r\n' } : undefined;
  },
  bootLines: ['+SYSSTART'],
  stray: (line: string) => line === '+CME ERROR: 171',
};

describe('routing', () => {
  test('a command gets its own lines, and only those', async () => {
    const { at, modem } = open();
    const urcs: string[] = [];
    at.on('urc', ({ line }) => urcs.push(line));
    const reply = at.execute(texts('+CGMM', { text: true }));
    await modem.hear('AT+CGMM\r');
    modem.raw('AT+CGMM\r\r\n+CREG: 1\r\n\r\nGM02S\r\n\r\n+SQNX: 5\r\n\r\nRDY\r\n\r\nOK\r\n');
    expect(await reply).toEqual(['GM02S', 'RDY']);
    expect(urcs).toEqual(['+CREG: 1', '+SQNX: 5']);
  });

  test('a name that begins like another is another name', async () => {
    const { at, modem } = open();
    const heard: unknown[] = [];
    at.onUrc({ prefix: '+SQNSRING', parse: params => params }, params => heard.push(params));
    const reply = at.execute(read('+SQNS', { parse: ({ info }) => info.length }));
    await modem.answer('+SQNS?', '+SQNSRING: 1', '+SQNSRINGX: 2', '+SQNS: 3', 'OK');
    expect(await reply).toBe(1);
    expect(heard).toEqual([[1]]);
  });

  test('+CEREG as answer and as URC while it is asked for', async () => {
    const { at, modem } = open();
    const states: unknown[] = [];
    at.onUrc({ prefix: '+CEREG', parse: ([state]) => state }, state => states.push(state));
    const command = read('+CEREG', {
      accepts: params => typeof params[1] === 'number',
      parse: ({ info }) => info[0]?.params[1],
    });
    const reply = at.execute(command);
    await modem.answer(
      '+CEREG?',
      '+CEREG: 5',
      '+CEREG: 2,1,"0001","0002",7',
      '+CEREG: 1,"0001","0002",7',
      'OK',
    );
    expect(await reply).toBe(1);
    expect(states).toEqual([5, 1]);
  });

  test('a URC is for every rule that understands it; what no rule understands is unknown', async () => {
    const { at, modem } = open();
    const heard: string[] = [];
    const only =
      (wanted: number) =>
      ([value]: readonly unknown[]) =>
        value === wanted ? wanted : undefined;
    at.onUrc({ prefix: '+GO', parse: only(1) }, () => heard.push('one'));
    at.onUrc({ prefix: '+GO', parse: only(1) }, () => heard.push('one again'));
    at.onUrc({ prefix: '+GO', parse: only(2) }, () => heard.push('two'));
    const stop = at.onUrc({ prefix: 'RDY', parse: () => true }, () => heard.push('ready'));
    const reply = at.execute(texts('+A'));
    await modem.answer('+A', '+GO: 1', '+GO: 2', '+GO: 3', 'RDY', 'OK');
    expect(await reply).toEqual([]);
    expect(heard).toEqual(['one', 'one again', 'two', 'ready']);
    expect(at.stats.unknownLines).toBe(1);
    stop();
    const next = at.execute(texts('+A'));
    await modem.answer('+A', 'RDY', 'OK');
    await next;
    expect(at.stats.unknownLines).toBe(2);
  });

  test('a URC in the chunk of the final result is delivered before the caller goes on', async () => {
    const { at, modem } = open();
    const order: string[] = [];
    at.onUrc({ prefix: '+RING', parse: () => true }, () => order.push('urc'));
    const reply = at.execute(action('+DIAL')).then(() => order.push('reply'));
    await modem.hear('AT+DIAL\r');
    modem.raw('\r\nOK\r\n\r\n+RING: 1\r\n');
    await reply;
    expect(order).toEqual(['urc', 'reply']);
  });

  test.each([
    ['ERROR', 'error', 'ERROR'],
    ['+CME ERROR: 50', 'cme', '50'],
    ['+CME ERROR: SIM busy', 'cme', 'SIM busy'],
    ['+CME ERROR:', 'cme', ''],
    ['+CMS ERROR: 500', 'cms', '500'],
    ['NO CARRIER', 'other', 'NO CARRIER'],
  ])('%s ends the command', async (line, kind, value) => {
    const { at, modem } = open();
    const reply = at.execute(texts('+X', { finals: { failed: ['NO CARRIER'] } }));
    modem.answer('+X', line);
    await expect(reply).rejects.toEqual(failsWith(kind, value));
    expect(at.stats.fences).toBe(0);
  });

  test('a result code that may come unasked does not end the command', async () => {
    const { at, modem } = open();
    at.framing = framing;
    const reply = at.execute(texts('+X'));
    modem.answer('+X', '+CME ERROR: 171', 'OK');
    await expect(reply).resolves.toEqual([]);
  });

  test('counted data may hold anything', async () => {
    const { at, modem } = open();
    at.framing = framing;
    const data = '\r\nOK\r\n\r\nERROR\r\n> \x1a\0\r\n+DATA: 3\r\n';
    const reply = at.execute(read('+DATA', { parse: ({ info }) => info[0]?.data?.toString('latin1') }));
    await modem.hear('AT+DATA?\r');
    modem.raw(`\r\n+DATA: ${data.length}\r\n${data}\r\n\r\nOK\r\n`);
    expect(await reply).toBe(data);
  });

  test('a line that begins like a prompt, where none is expected, is a line', async () => {
    const { at, modem } = open();
    const urcs: string[] = [];
    at.on('urc', ({ line }) => urcs.push(line));
    modem.say('> not a prompt', 'RDY');
    await once(at, 'urc');
    const reply = at.execute(action('+A'));
    await modem.answer('+A', 'OK');
    await reply;
    expect(urcs).toEqual(['> not a prompt', 'RDY']);
    expect(modem.unheard).toBe('');
  });

  test('a handler may send a command, remove itself, and close the channel', async () => {
    const { at, modem } = open();
    const stop = at.onUrc({ prefix: '+GO', parse: () => true }, () => {
      stop();
      void at.execute(action('+A')).then(() => at.close());
    });
    modem.say('+GO', '+GO');
    await modem.answer('+A', 'OK');
    expect(await at.closed).toBeUndefined();
    expect(modem.unheard).toBe('');
  });
});

test('a listener that throws is an uncaught exception; the others and the rest of the chunk are heard', async () => {
  const { at, modem } = open({ timeoutMs: 1_000 });
  const own = process.rawListeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const thrown: unknown[] = [];
  process.on('uncaughtException', error => thrown.push(error));
  try {
    const rule = { prefix: '+GO', parse: () => true };
    let heard = 0;
    for (const text of ['rule', 'event']) {
      const fail = (): void => {
        throw new Error(text);
      };
      if (text === 'rule') at.onUrc(rule, fail);
      else at.on('urc', fail);
    }
    at.onUrc(rule, () => heard++);
    const reply = at.execute(action('+A'));
    await modem.hear('AT+A\r');
    modem.raw('\r\n+GO\r\n\r\nOK\r\n');
    await reply;
    expect(heard).toBe(1);
    expect(thrown).toEqual([new Error('rule'), new Error('event')]);
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of own) process.on('uncaughtException', listener as NodeJS.UncaughtExceptionListener);
  }
});

describe('payload', () => {
  const send = (payload: string): Command =>
    set('+SEND', [1, payload.length], { payload: Buffer.from(payload), parse: () => {} });

  test.each(['\r\n> ', '\r\n>', '> ', '\r\n+CREG: 1\r\n\r\n> '])(
    'is written after the prompt %j, and not before',
    async prompt => {
      const { at, modem } = open();
      const reply = at.execute(send('\x1a> \r\n'));
      await modem.hear('AT+SEND=1,5\r');
      expect(modem.unheard).toBe('');
      modem.raw(prompt);
      await modem.hear('\x1a> \r\n');
      modem.say('+CREG: 5', 'OK');
      await reply;
    },
  );

  test('is not written when the prompt is refused', async () => {
    const { at, modem } = open();
    const reply = at.execute(send('hello'));
    modem.answer('+SEND=1,5', '+CME ERROR: 4');
    await expect(reply).rejects.toEqual(failsWith('cme', '4'));
    expect(modem.unheard).toBe('');
  });

  test('OK instead of a prompt is no success', async () => {
    const { at, modem } = open();
    const reply = at.execute(send('hello'));
    modem.answer('+SEND=1,5', 'OK');
    await expect(reply).rejects.toEqual(failsWith('reply'));
    await modem.answerProbe();
  });

  test('no prompt in time: ESC, then a fence, and never the payload', async () => {
    const { at, modem } = open({ timeoutMs: 20 });
    const reply = at.execute(send('hello'));
    await modem.hear('AT+SEND=1,5\r');
    await expect(reply).rejects.toEqual(failsWith('timeout', '20'));
    await modem.hear('\x1b');
    await modem.answerProbe();
    const next = at.execute(texts('+X'));
    await modem.answer('+X', 'OK');
    await next;
  });

  test('a prompt that comes after its time limit gets ESC', async () => {
    const { at, modem } = open({ timeoutMs: 20 });
    const reply = at.execute(send('hello'));
    await modem.hear('AT+SEND=1,5\r');
    await expect(reply).rejects.toEqual(failsWith('timeout'));
    await modem.hear('\x1b');
    modem.raw('\r\n> ');
    const probe = await modem.hearLine();
    expect(probe).toMatch(/^ATS10\?/);
    await modem.hear('\x1b');
    modem.say('OK', '000', /=(\d+)/.exec(probe)?.[1] ?? '', 'OK');
    await modem.answer('S10=0', 'OK');
  });
});

test('a payload that only its own last byte ends gets ESC when no answer comes', async () => {
  const { at, modem } = open({ timeoutMs: 50 });
  const reply = at.execute(
    set('+SEND', [1], { payload: Buffer.from('hello'), openEnded: true, parse: () => {} }),
  );
  await modem.hear('AT+SEND=1\r');
  modem.raw('\r\n> ');
  await modem.hear('hello');
  await expect(reply).rejects.toEqual(failsWith('timeout', '50'));
  await modem.hear('\x1bATS10');
});

test('a prompt behind data that broke the command gets ESC, and never the payload', async () => {
  const { at, modem } = open();
  at.framing = framing;
  const reply = at.execute(set('+SEND', [1, 5], { payload: Buffer.from('hello'), parse: () => {} }));
  await modem.hear('AT+SEND=1,5\r');
  modem.raw('\r\n+DATA: 3\r\nabcdefg\r\n> ');
  await expect(reply).rejects.toEqual(failsWith('reply'));
  // One for the prompt that was missing, one for the prompt that came.
  await modem.hear('\x1b');
  expect(await modem.hearLine()).toMatch(/^ATS10/);
  await modem.hear('\x1b');
  expect(modem.unheard).toBe('');
});

describe('fence', () => {
  test('a late answer is never taken for another command’s, whatever it says', async () => {
    const { at, modem } = open({ timeoutMs: 20 });
    const first = at.execute(texts('+A', { text: true }));
    await modem.hear('AT+A\r');
    await expect(first).rejects.toEqual(failsWith('timeout'));
    const second = at.execute(texts('+B', { text: true, timeoutMs: 5_000 }));
    const probe = await modem.hearLine();
    // The late answer, with an OK and with numbers of its own, comes before the probe's.
    modem.say('answer of A', '017', 'OK', 'OK');
    expect(modem.unheard).toBe('');
    modem.say('000', /=(\d+)/.exec(probe)?.[1] ?? '', 'OK');
    await modem.answer('S10=0', 'OK');
    await modem.answer('+B', 'answer of B', 'OK');
    expect(await second).toEqual(['answer of B']);
  });

  test('modems without registers are asked questions, none twice and never the one that went wrong', async () => {
    const { at, modem } = open({ timeoutMs: 20, fenceTimeoutMs: 20 });
    await expect(at.execute(texts('+CGATT?'))).rejects.toEqual(failsWith('timeout'));
    await modem.hear('AT+CGATT?\r');
    expect(await modem.hearLine()).toMatch(/^ATS10/);
    modem.say('ERROR');
    expect(await modem.hearLine()).toMatch(/^ATS10/);
    modem.say('ERROR');
    const asked = new Set<string>();
    for (let tries = 0; tries < 3; tries++) asked.add(await modem.hearLine());
    expect(asked.size).toBe(3);
    expect([...asked].join()).not.toContain('+CGATT');
    const line = await modem.hearLine();
    expect(asked).not.toContain(line);
    modem.say(...answersTo(line), 'OK');
    const next = at.execute(texts('+X', { timeoutMs: 5_000 }));
    await modem.answer('+X', 'OK');
    await next;
  });

  test('questions it is from then on, and each time they begin with another', async () => {
    const { at, modem } = open({ timeoutMs: 20, fenceTimeoutMs: 5_000 });
    const first: string[] = [];
    for (let time = 0; time < 3; time++) {
      await expect(at.execute(texts('+A'))).rejects.toEqual(failsWith('timeout'));
      await modem.hear('AT+A\r');
      let line = await modem.hearLine();
      while (line.startsWith('ATS10')) {
        modem.say('ERROR');
        // Its answer proves nothing: only a time-out, or the next probe's own answer, goes on.
        line = await modem.hearLine();
      }
      first.push(line);
      modem.say(...answersTo(line), 'OK');
      const next = at.execute(texts('+B', { timeoutMs: 5_000 }));
      await modem.answer('+B', 'OK');
      await next;
    }
    expect(new Set(first).size).toBe(3);
  });

  test('with nothing behind it a refusal is the answer: the next question comes at once', async () => {
    const { at, modem } = open({ fenceTimeoutMs: 60_000 });
    const synchronised = at.synchronise();
    for (const _ of [1, 2]) {
      expect(await modem.hearLine()).toMatch(/^ATS10/);
      modem.say('ERROR');
    }
    const line = await modem.hearLine();
    modem.say('OK', ...answersTo(line), 'OK');
    await synchronised;
    expect(modem.unheard).toBe('');
  });

  test('what an earlier line was asked does not prove the one opened after it', async () => {
    const asked: string[] = [];
    for (let line = 1; line <= 3; line++) {
      const { at, modem } = open({ fenceTimeoutMs: 5 });
      const failed = expect(at.synchronise()).rejects.toEqual(failsWith('closed'));
      for (let probe = 1; probe <= 6; probe++) asked.push(await modem.hearLine());
      await failed;
    }
    expect(new Set(asked).size).toBe(18);
  });

  test('after six probes without answer the channel closes, with everything that waits', async () => {
    const { at, modem } = open({ timeoutMs: 20, fenceTimeoutMs: 5 });
    const first = at.execute(texts('+A'));
    const second = at.execute(texts('+B'));
    await expect(first).rejects.toEqual(failsWith('timeout'));
    await expect(second).rejects.toEqual(failsWith('closed'));
    expect(await at.closed).toBeInstanceOf(AtError);
    expect(modem.unheard.split('\r').length - 2).toBe(6);
    expect(modem.unheard).not.toContain('+B');
  });

  test('an answer of nothing but OK that makes no sense names the OK', async () => {
    const { at, modem } = open();
    const parse = (): never => {
      throw new TypeError('no');
    };
    const reply = at.execute(read('+X', { parse }));
    await modem.answer('+X?', 'OK');
    await expect(reply).rejects.toEqual(failsWith('reply', 'OK'));
    await modem.answerProbe();
  });

  test('an answer that makes no sense fences too', async () => {
    const { at, modem } = open();
    const reply = at.execute(
      read('+X', {
        parse: () => {
          throw new TypeError('no');
        },
      }),
    );
    await modem.answer('+X?', '+X: 1', 'OK');
    await expect(reply).rejects.toEqual(failsWith('reply', '+X: 1'));
    await modem.answerProbe();
    expect(at.stats.fences).toBe(1);
  });

  test('data with a lost byte are not delivered', async () => {
    const { at, modem } = open();
    at.framing = framing;
    const reply = at.execute(read('+DATA', { parse: ({ info }) => info[0]?.data }));
    await modem.hear('AT+DATA?\r');
    modem.raw('\r\n+DATA: 5\r\nabcd\r\n\r\nOK\r\n');
    await expect(reply).rejects.toEqual(failsWith('reply'));
    await modem.answerProbe();
  });

  test('data that no command asked for and that never come end the command they hide the answer of', async () => {
    const { at, modem } = open();
    at.framing = framing;
    modem.raw('\r\n+DATA: 100\r\nabc');
    await new Promise(setImmediate);
    const reply = at.execute(texts('+A'));
    const failed = expect(reply).rejects.toEqual(failsWith('reply'));
    // Swallowed: had the probe's OK been taken for it, +A would now be a success of unknown content.
    await modem.answer('+A', 'OK');
    await modem.answerProbe();
    await failed;
    const next = at.execute(texts('+B'));
    await modem.answer('+B', 'OK');
    await next;
  });

  test('late data that never come do not swallow the answers to all probes', async () => {
    const { at, modem } = open({ timeoutMs: 20, fenceTimeoutMs: 1_000 });
    at.framing = framing;
    const first = at.execute(texts('+A'));
    await modem.hear('AT+A\r');
    await expect(first).rejects.toEqual(failsWith('timeout'));
    const second = at.execute(texts('+B', { timeoutMs: 5_000 }));
    modem.raw('\r\n+DATA: 1500\r\nabc');
    for (let line = ''; line !== 'AT+B'; line = await modem.hearLine()) {
      if (line.endsWith('?') && !line.includes('S10')) modem.say(...answersTo(line), 'OK');
      else if (line !== '') modem.say('000', /=(\d+)S10\?$/.exec(line)?.[1] ?? '', 'OK');
    }
    modem.say('OK');
    await second;
    expect(at.stats.fences).toBe(1);
  });

  test('the register’s value goes back before the fence opens, and its late OK is nobody’s', async () => {
    const { at, modem } = open({ timeoutMs: 20, fenceTimeoutMs: 50 });
    const first = at.execute(texts('+A'));
    await modem.hear('AT+A\r');
    await expect(first).rejects.toEqual(failsWith('timeout'));
    const second = at.execute(texts('+B', { timeoutMs: 5_000 }));
    const nonceOf = (line: string): string => /=(\d+)S10\?$/.exec(line)?.[1] ?? '';
    modem.say('014', nonceOf(await modem.hearLine()), 'OK');
    await modem.hear('ATS10=14\r');
    const probe = await modem.hearLine();
    expect(nonceOf(probe)).not.toBe('');
    modem.say('OK', '014', nonceOf(probe), 'OK');
    await modem.answer('S10=14', 'OK');
    await modem.answer('+B', '+CME ERROR: 4');
    await expect(second).rejects.toEqual(failsWith('cme', '4'));
  });

  test('the register gets its value back', async () => {
    const { at, modem } = open();
    const synchronised = at.synchronise();
    const probe = await modem.hearLine();
    const nonce = /^ATS10\?S10=(\d+)S10\?$/.exec(probe)?.[1] ?? '';
    modem.say('014', nonce.padStart(3, '0'), 'OK');
    await modem.answer('S10=14', 'OK');
    await synchronised;
  });
});

describe('queue', () => {
  test('commands run in order, transactions undivided', async () => {
    const { at, modem } = open();
    const done: string[] = [];
    const run = (line: string) => at.execute(texts(line)).then(() => done.push(line));
    const all = [
      run('+A'),
      at.transaction(async inner => {
        await inner.execute(texts('+T1'));
        await inner.execute(texts('+T2'));
      }),
      run('+B'),
    ];
    for (const line of ['+A', '+T1', '+T2', '+B']) await modem.answer(line, 'OK');
    await Promise.all(all);
    expect(done).toEqual(['+A', '+B']);
  });

  test('a transaction takes what a person types, too', async () => {
    const { at, modem } = open();
    const both = at.transaction(async inner => [await inner.send('AT+A'), await inner.send('+B')]);
    await modem.answer('+A', '+A: 1', 'OK');
    await modem.answer('+B', 'OK');
    expect(await both).toEqual([['+A: 1'], []]);
  });

  test('within a transaction too one command follows the other, and its last one ends it', async () => {
    const { at, modem } = open();
    const transaction = at.transaction(async inner => {
      void inner.execute(texts('+C'));
      await Promise.all([inner.execute(texts('+A')), inner.execute(texts('+B'))]);
      void inner.execute(texts('+D'));
    });
    const after = at.execute(texts('+E'));
    for (const line of ['+C', '+A', '+B', '+D', '+E']) {
      await modem.hear(`AT${line}\r`);
      expect(modem.unheard).toBe('');
      modem.say('OK');
    }
    await Promise.all([transaction, after]);
  });

  test('an aborted command leaves the queue; one in flight runs to its end', async () => {
    const { at, modem } = open();
    const inFlight = new AbortController();
    const queued = new AbortController();
    const first = at.execute(texts('+A'), { signal: inFlight.signal });
    const second = at.execute(texts('+B'), { signal: queued.signal });
    const third = at.execute(texts('+C'));
    await modem.hear('AT+A\r');
    queued.abort();
    inFlight.abort();
    await expect(first).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    await expect(second).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(modem.unheard).toBe('');
    modem.say('OK');
    await modem.answer('+C', 'OK');
    await third;
    expect(at.queueLength).toBe(0);
  });

  test('what cannot stand in a line is refused before anything is written', async () => {
    const { at, modem } = open({ maxLine: 20 });
    for (const line of ['+X="a\rb"', '+X\n', '+X\u010d', '+X\0', '+X\u0122', `+X${'1'.repeat(16)}`]) {
      await expect(at.execute(texts(line))).rejects.toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
      );
    }
    expect(at.stats.bytesWritten).toBe(0);
    expect(modem.unheard).toBe('');
  });
});

describe('the end', () => {
  test('the line goes away: what is in flight and what waits fails, once', async () => {
    const { at, modem } = open();
    const first = at.execute(texts('+A'));
    const second = at.execute(texts('+B'));
    await modem.hear('AT+A\r');
    modem.hangUp();
    await expect(first).rejects.toEqual(failsWith('closed'));
    await expect(second).rejects.toEqual(failsWith('closed'));
    expect(await at.closed).toBeInstanceOf(Error);
  });

  test('the modem restarts in the middle of a command', async () => {
    const { at, modem } = open();
    at.framing = framing;
    const reply = at.execute(texts('+A'));
    modem.answer('+A', '+SYSSTART', 'OK');
    await expect(reply).rejects.toThrow('the modem has restarted (+SYSSTART)');
    expect((await at.closed)?.message).toContain('+SYSSTART');
  });

  test('secrets stand in no error', async () => {
    const { at, modem } = open();
    const reply = at.execute(set('+CPIN', ['4321'], { secret: true, parse: () => {} }));
    modem.answer('+CPIN="4321"', '+CME ERROR: 16');
    const error = await reply.catch((caught: AtError) => caught);
    expect(`${(error as AtError).message} ${(error as AtError).command}`).not.toContain('4321');
  });

  test('counts', async () => {
    const { at, modem } = open();
    const reply = at.execute(read('+CSQ', { parse: () => {} }));
    modem.answer('+CSQ?', '+CSQ: 1,99', 'strange', 'OK');
    await reply;
    expect(at.stats).toMatchObject({
      bytesWritten: 'AT+CSQ?\r'.length,
      commands: { '+CSQ': 1 },
      unknownLines: 1,
      fences: 0,
    });
  });
});

test('send() writes a payload, and shows counted data', async () => {
  const { at, modem } = open();
  at.framing = framing;
  const sent = at.send('AT+SEND=1,5', { payload: Buffer.from('hello'), timeoutMs: 5_000 });
  await modem.hear('AT+SEND=1,5\r');
  modem.raw('\r\n> ');
  await modem.hear('hello');
  modem.say('OK');
  expect(await sent).toEqual([]);
  const read = at.send('AT+DATA?');
  await modem.hear('AT+DATA?\r');
  modem.raw('\r\n+DATA: 3\r\na\rb\r\n\r\nOK\r\n');
  expect(await read).toEqual(['+DATA: 3', 'a\rb']);
});

test('send() gives the texts of a person’s command', async () => {
  const { at, modem } = open();
  const reply = at.send('at+csq;+CREG?');
  await modem.answer('+csq;+CREG?', '+CSQ: 20,99', '+CREG: 0,1', 'OK');
  expect(await reply).toEqual(['+CSQ: 20,99', '+CREG: 0,1']);
});

test('a line that fails: what it fails with is the reason', async () => {
  const [near] = createMemoryPair();
  const at = new AtChannel(near);
  near.destroy(new Error('the cable was pulled'));
  expect(await at.closed).toMatchObject({ message: 'the cable was pulled' });
});

test('"not yet", where nothing is waited for, is nothing', async () => {
  const { at, modem } = open();
  const heard = once(at, 'urc');
  modem.say('+ATSOCK: "not yet"', '+NEWS: 1');
  expect(await heard).toMatchObject([{ name: '+NEWS' }]);
});

test('what a command with a secret did not understand is not repeated', async () => {
  const { at, modem } = open();
  const parse = (): never => {
    throw new TypeError('no');
  };
  const failing = expect(at.execute({ line: '+CMGR=1', secret: true, parse })).rejects.toMatchObject({
    kind: 'reply',
    message: expect.not.stringContaining('a secret'),
  });
  await modem.answer('+CMGR=1', '+CMGR: a secret', 'OK');
  await failing;
});
