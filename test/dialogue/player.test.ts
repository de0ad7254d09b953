/** The player as modem and the player as host: against each other, and against sides that do not keep to the dialogue. */
import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createMemoryPair } from '../../src/transport/memory.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { playAsHost } from './host.ts';
import { type Dialogue, parseDialogue } from './parser.ts';
import { playDialogue } from './player.ts';
import { describeSlicing, type Slicing } from './slices.ts';

const SLICINGS: readonly Slicing[] = ['whole', 'bytes', { seed: 1 }, { seed: 2 }];

function dialogue(steps: string, state = 'fresh'): Dialogue {
  return parseDialogue(`title a\nsource b\nmodem c\nstate ${state}\n${steps}`, 'a.at');
}

const ECHO = dialogue(String.raw`
>  AT+SQNSD=1,1,{peer:7},"127.0.0.1",0,0,1
<  OK
>  AT+SQNSS
<  +SQNSS: 1,2,"{address:10.0.0.1}",{local:5000},"127.0.0.1",{peer}
<  OK
>  AT+SQNSSENDEXT=1,3
<< \r\n>\x20
>> \x01\x02\x03
<  OK
~  300
<  +SQNSRING: 1,3
!
`);

/** Writes one text for each answer that ends in the given text; collects what it hears. */
async function talk(
  stream: Duplex,
  script: readonly (readonly [write: string, until: string])[],
): Promise<string> {
  let heard = '';
  const chunks = stream.on('error', () => {})[Symbol.asyncIterator]();
  for (const [write, until] of script) {
    stream.write(Buffer.from(write, 'latin1'));
    let answer = '';
    while (!answer.endsWith(until)) {
      const { value, done } = await chunks.next();
      if (done) return heard + answer;
      answer += Buffer.from(value).toString('latin1');
    }
    heard += answer;
  }
  return heard;
}

function transportOf(stream: Duplex): Transport {
  return { name: 'test', open: async () => stream };
}

describe.each(SLICINGS.map(slicing => [describeSlicing(slicing), slicing] as const))(
  'host and modem, %s',
  (_, slicing) => {
    it('understand each other, and agree about the variables', async () => {
      const player = playDialogue(ECHO, { slicing, variables: { local: 61234 } });
      const values = await playAsHost(player.transport, ECHO, { slicing, variables: { peer: 4711 } });
      await player.finish();
      expect(Object.fromEntries(values)).toEqual({ peer: '4711', local: '61234', address: '10.0.0.1' });
      expect(player.values).toEqual(values);
    });
  },
);

describe('the player as modem', () => {
  it('answers byte for byte, and lets the time of a pause pass', async () => {
    const passed: number[] = [];
    const player = playDialogue(dialogue('> AT\n~ 300\n< OK\n<< x\n'), { advance: ms => passed.push(ms) });
    expect(await talk(await player.transport.open(), [['AT\r', 'x']])).toBe('\r\nOK\r\nx');
    await player.finish();
    expect(passed).toEqual([300]);
  });

  it('says in one chunk what the dialogue says in one go', async () => {
    const player = playDialogue(dialogue('> AT\n< OK\n< +SQNSRING: 1\n'));
    const stream = await player.transport.open();
    stream.write('AT\r');
    const [chunk] = await new Promise<Buffer[]>(resolve => stream.once('data', (...data) => resolve(data)));
    expect(chunk?.toString()).toBe('\r\nOK\r\n\r\n+SQNSRING: 1\r\n');
  });

  it('destroys the stream at the first wrong byte, and says where and what', async () => {
    const player = playDialogue(dialogue('> AT+SQNSI=1\n< OK\n'));
    const stream = await player.transport.open();
    const destroyed = new Promise<Error>(resolve => stream.once('error', resolve));
    stream.write('AT+SQNSS');
    const message =
      /^a\.at:5: the host does not keep to the dialogue\n {2}expected {2}AT\+SQNSI=1\\r\n {2}got {7}AT\+SQNSS$/;
    await expect(player.done).rejects.toThrow(message);
    expect((await destroyed).message).toMatch(message);
  });

  it('notices payload that did not wait for its prompt', async () => {
    const player = playDialogue(dialogue('> AT+SQNSSENDEXT=1,1\n<< \\r\\n>\\x20\n>> a\n< OK'));
    const stream = await player.transport.open();
    stream.on('error', () => {});
    stream.write('AT+SQNSSENDEXT=1,1\r');
    stream.write('a');
    await expect(player.done).rejects.toThrow(/^a\.at:6: .*\n.*nothing before this is answered\n.*a$/);
  });

  it('notices a step that never comes', async () => {
    const player = playDialogue(dialogue('> AT\n< OK\n> AT+SQNSI=1\n'));
    await talk(await player.transport.open(), [['AT\r', 'OK\r\n']]);
    await expect(player.finish(20)).rejects.toThrow(
      /^a\.at:7: .*\n.*AT\+SQNSI=1\\r within 20 ms\n.*nothing$/,
    );
  });

  it('notices a line that ends too early', async () => {
    const player = playDialogue(dialogue('> AT\n< OK\n> AT+SQNSI=1\n'));
    const stream = await player.transport.open();
    await talk(stream, [['AT\r', 'OK\r\n']]);
    stream.destroy();
    await expect(player.finish()).rejects.toThrow(/^a\.at:7: .*\n.*AT\+SQNSI=1\\r\n.*the end of the line$/);
  });

  it('notices what is said after the last step', async () => {
    const player = playDialogue(dialogue('> AT\n< OK\n'));
    await talk(await player.transport.open(), [
      ['AT\r', 'OK\r\n'],
      ['AT\r', ''],
    ]);
    await expect(player.finish()).rejects.toThrow(/expected {2}nothing more\n {2}got {7}AT\\r$/);
  });

  it.each([
    ['asked', 'AT+X?\r', '\r\n+X: 1\r\n\r\nOK\r\n'],
    ['not asked', undefined, undefined],
  ])('does without a question that may be left out: %s', async (_, question, answer) => {
    const player = playDialogue(dialogue('> AT\n< OK\n? AT+X?\n< +X: 1\n< OK\n> ATZ\n< OK\n'));
    const stream = await player.transport.open();
    await talk(stream, [['AT\r', 'OK\r\n']]);
    if (question && answer) expect(await talk(stream, [[question, 'OK\r\n']])).toBe(answer);
    await talk(stream, [['ATZ\r', 'OK\r\n']]);
    await player.finish();
  });

  it('takes the next step for what it is, also where it may be answered aside', async () => {
    const steps = '> AT\n< OK\n? AT+X?\n< OK\n? AT+Y?\n< OK\n> AT+Z?\n< +Z: 1\n< OK\n';
    const player = playDialogue(dialogue(steps), { asides: () => '\r\nOK\r\n' });
    const stream = await player.transport.open();
    await talk(stream, [['AT\r', 'OK\r\n']]);
    expect(await talk(stream, [['AT+Z?\r', 'OK\r\n']])).toBe('\r\n+Z: 1\r\n\r\nOK\r\n');
    await player.finish();
  });

  it('goes on when a question that may be left out is not there in time', async () => {
    const player = playDialogue(dialogue('> AT\n< OK\n? AT+X?\n< +X: 1\n< OK\n< +URC: 1\n'));
    expect(await talk(await player.transport.open(), [['AT\r', '1\r\n']])).toBe('\r\nOK\r\n\r\n+URC: 1\r\n');
    await player.finish();
  });

  it('answers questions aside, before, between and after the steps', async () => {
    const heard: string[] = [];
    const asides = (line: string, talk: string): string | undefined => {
      if (!line.endsWith('?')) return undefined;
      heard.push(talk);
      return `\r\n${line}\r\n`;
    };
    const player = playDialogue(dialogue('> AT\n< OK\n> ATZ\n< OK\n'), { asides });
    const stream = await player.transport.open();
    const said = await talk(stream, [
      ['AT+A?\r', '?\r\n'],
      ['AT\r', 'OK\r\n'],
      ['AT+B?\r', '?\r\n'],
      ['ATZ\r', 'OK\r\n'],
      ['AT+C?\r', '?\r\n'],
    ]);
    expect(said).toBe('\r\n+A?\r\n\r\nOK\r\n\r\n+B?\r\n\r\nOK\r\n\r\n+C?\r\n');
    expect(heard).toEqual([
      '',
      '\r\n+A?\r\nAT\r\r\nOK\r\n',
      '\r\n+A?\r\nAT\r\r\nOK\r\n\r\n+B?\r\nATZ\r\r\nOK\r\n',
    ]);
    await player.finish();
  });

  it('is opened once', async () => {
    const { transport } = playDialogue(dialogue('> AT\n'));
    await transport.open();
    await expect(transport.open()).rejects.toThrow('a second time');
  });
});

describe('the player as host', () => {
  /** A modem that says one text for each command line, and the ends of its lines. */
  function modem(answers: readonly string[]): Transport {
    const [near, far] = createMemoryPair();
    const left = [...answers];
    far.on('data', () => far.write(left.shift() ?? ''));
    return transportOf(near);
  }

  it('makes a modem ready first, unless the dialogue wants it fresh', async () => {
    const ready = modem(['ATE0\r\r\nOK\r\n', '\r\nOK\r\n', '\r\nGM02S\r\n\r\nOK\r\n']);
    const values = await playAsHost(ready, dialogue('> AT+CGMM\n< {model:x}\n< OK\n', 'ready'));
    expect(values.get('model')).toBe('GM02S');
    await expect(playAsHost(modem(['no']), dialogue('> AT\n< OK\n', 'ready'))).rejects.toThrow(
      /^preparation:6: /,
    );
  });

  it('says where the modem differs', async () => {
    const failing = playAsHost(modem(['\r\nERROR\r\n']), dialogue('> AT\n< OK\n'));
    await expect(failing).rejects.toThrow(
      /^a\.at:6: the modem does not keep .*\n.*\\r\\nOK\\r\\n\n.*\\r\\nERROR\\r\\n$/,
    );
  });

  it('does not wait for ever', async () => {
    const failing = playAsHost(modem(['\r\nO']), dialogue('> AT\n< OK\n'), { deadlineMs: 20 });
    await expect(failing).rejects.toThrow(/^a\.at:6: .*\n.*within 20 ms\n.*\\r\\nO$/);
  });

  it('makes happen what the dialogue has happen in the network', async () => {
    const steps =
      '> AT+L={listen:5001}\n< OK\n@ first calls {listen}\n< +IN: {port:1}\n@ first sends {port}\\x00\n';
    const events: string[] = [];
    const network = async (event: string): Promise<unknown> => events.push(event);
    await playAsHost(modem(['\r\nOK\r\n\r\n+IN: 77\r\n']), dialogue(steps), { network });
    expect(events).toEqual(['first calls 5001', 'first sends 77\x00']);
  });

  const EARLY = dialogue('> AT\n< +SQNSI: 1\n< OK\n< +SQNSRING: 1\n< +SQNSRING: 2\n');

  it.each([
    ['before', '\r\n+SQNSRING: 1\r\n\r\n+SQNSI: 1\r\n\r\nOK\r\n\r\n+SQNSRING: 2\r\n'],
    ['between', '\r\n+SQNSI: 1\r\n\r\n+SQNSRING: 1\r\n\r\n+SQNSRING: 2\r\n\r\nOK\r\n'],
    ['where it stands', '\r\n+SQNSI: 1\r\n\r\nOK\r\n\r\n+SQNSRING: 1\r\n\r\n+SQNSRING: 2\r\n'],
  ])('takes a line that may be early: %s', async (_, answer) => {
    await playAsHost(modem([answer]), EARLY, { earlyNames: ['+SQNSRING'] });
  });

  it.each([
    ['that may not be', [], '\r\n+SQNSRING: 1\r\n\r\n+SQNSI: 1\r\n\r\nOK\r\n\r\n+SQNSRING: 2\r\n'],
    ['out of order', ['+SQNSRING'], '\r\n+SQNSRING: 2\r\n\r\n+SQNSI: 1\r\n\r\nOK\r\n\r\n+SQNSRING: 1\r\n'],
    [
      'too often',
      ['+SQNSRING'],
      `\r\n+SQNSRING: 9\r\n\r\n+SQNSI: 1\r\n\r\nOK\r\n\r\n+SQNSRING: 1\r\n\r\n+SQNSRING: 2\r\n`,
    ],
  ])('refuses an early line %s', async (_, earlyNames, answer) => {
    await expect(playAsHost(modem([answer]), EARLY, { earlyNames, deadlineMs: 200 })).rejects.toThrow(
      /a\.at:/,
    );
  });
});
