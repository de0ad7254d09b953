/** Unsolicited lines of the QFWD family in every spelling, and the framing of its data in every form. */
import { describe, expect, test } from 'vitest';
import { Framer } from '../../../../src/at/framer.ts';
import { parseParams } from '../../../../src/at/params.ts';
import { createFraming, socketUrc } from '../../../../src/dialects/quectel-qfwd/urcs.ts';

const remote = { address: '192.0.2.7', port: 4000, family: 4 };

test.each([
  ['"client/open",100,0', { kind: 'opened', id: 100, server: false, result: 0 }],
  ['"server/open",1,566', { kind: 'opened', id: 1, server: true, result: 566 }],
  ['"client/open",100,-1', { kind: 'opened', id: 100, server: false, result: -1 }],
  ['"client/open",100', { kind: 'opened', id: 100, server: false, result: -1 }],
  ['"client/incoming",1,2,"192.0.2.7",4000,"0.0.0.0",2020', { kind: 'incoming', id: 2, server: 1, remote }],
  ['"client/incoming",1,2,192.0.2.7,"4000"', { kind: 'incoming', id: 2, server: 1, remote }],
  ['"client/incoming",1,2', { kind: 'incoming', id: 2, server: 1, remote: undefined }],
  ['"client/read",3', { kind: 'readable', id: 3 }],
  ['"client/read",3,18,"more"', { kind: 'readable', id: 3 }],
  ['client/read, 3', { kind: 'readable', id: 3 }],
  ['"CLIENT/CLOSE",3', { kind: 'closed', id: 3 }],
  ['"client/read"', undefined],
  ['"client/read","three"', undefined],
  ['"client/else",3', undefined],
  ['', undefined],
])('+QFWDURC: %s', (text, event) => {
  expect(socketUrc.parse(parseParams(text))).toEqual(event);
});

/** What the framer makes of several replies, one after the other: lines, and data in brackets. */
function frame(...replies: string[]): string[] {
  const framing = createFraming();
  const said: string[] = [];
  const framer = new Framer({
    promptExpected: false,
    prompt: () => {},
    line: text => {
      said.push(text);
      return framing.block(text);
    },
    data: (bytes, intact) => said.push(`${intact ? '' : 'BROKEN '}[${bytes.toString('latin1')}]`),
    overflow: () => {},
  });
  for (const reply of replies) for (const byte of Buffer.from(reply, 'latin1')) framer.feed(Buffer.of(byte));
  return said;
}

const FRAMINGS: Readonly<Record<string, readonly [head: string, tail: string]>> = {
  'CR LF': ['\r\n', '\r\n\r\nOK\r\n'],
  'one line end behind': ['\r\n', '\r\nOK\r\n'],
  'comma CR LF': [',\r\n', '\r\n\r\nOK\r\n'],
  'comma CR LF comma': [',\r\n,', '\r\n\r\nOK\r\n'],
  'comma CR comma LF comma': [',\r,\n,', '\r\n\r\nOK\r\n'],
};

describe.each(Object.entries(FRAMINGS))('%s', (_name, [head, tail]) => {
  const reply = (data: string, name = 'RECV'): string =>
    `\r\n+QFWD${name}: 7,${data.length}${head}${data}${tail}`;
  const header = (data: string, name = 'RECV'): string =>
    `+QFWD${name}: 7,${data.length}${head.startsWith(',') ? ',' : ''}`;

  test.each([
    'x',
    ',x',
    ',',
    ',,',
    'a\r\n',
    '\r\nOK\r\n',
    '\r\n',
    '\r\n\r\nOK\r\n',
    '\r',
    '\n',
    ',\r\n',
    'x\r',
    '\n\r\n',
  ])('%j, as the first data and after others', data => {
    expect(frame(reply(data))).toEqual([header(data), `[${data}]`, 'OK']);
    expect(frame(reply('first'), reply(data), reply(data, 'ACK'))).toEqual([
      header('first'),
      '[first]',
      'OK',
      header(data),
      `[${data}]`,
      'OK',
      header(data, 'ACK'),
      `[${data}]`,
      'OK',
    ]);
  });

  test('what looks like another form is data once the form is known', () => {
    for (const data of [',\n,x', '\n,x', ',\n,\r\n'])
      expect(frame(reply('first'), reply(data)).slice(-2)).toEqual([`[${data}]`, 'OK']);
  });

  test('a URC behind the data', () => {
    const urc = '\r\n+QFWDURC: "client/read",7\r\n';
    const text = reply('hello').replace(/\r\nOK\r\n$/, `${urc}\r\nOK\r\n`);
    const expected = ['[hello]', '+QFWDURC: "client/read",7', 'OK'];
    expect(frame(reply('first'), text).slice(-3)).toEqual(expected);
  });

  test.each([1, 2, 3, 4])('%i bytes lost are never taken for data', lost => {
    const short = reply('0123456789').replace('0123456789'.slice(0, lost), '');
    const said = frame(reply('first'), short, '\r\n+NEXT: 1\r\n');
    expect(said.filter(line => line.startsWith('['))).toEqual(['[first]']);
    expect(said.some(line => line.startsWith('BROKEN'))).toBe(true);
  });
});

test('a form that a damaged first reply suggests is forgotten when the second has another', () => {
  const reply = (data: string): string => `\r\n+QFWDRECV: 7,10\r\n${data}\r\n\r\nOK\r\n`;
  // Two bytes lost: what is left looks like data with one line end.
  const said = frame(
    reply('01234567'),
    reply('0123456789'),
    '\r\n',
    reply('abcdefghij'),
    reply('klmnopqrst'),
  );
  expect(said.filter(line => line.startsWith('[')).slice(-2)).toEqual(['[abcdefghij]', '[klmnopqrst]']);
});

test('nothing read, and the other answer of QFWDACK, have no data behind them', () => {
  expect(frame('\r\n+QFWDRECV: 7,0\r\n\r\n\r\nOK\r\n\r\n+QFWDACK: 7,0,10,10,5,5,10\r\n\r\nOK\r\n')).toEqual([
    '+QFWDRECV: 7,0',
    'OK',
    '+QFWDACK: 7,0,10,10,5,5,10',
    'OK',
  ]);
});

test('a form that two replies have shown is kept, whatever comes then', () => {
  const reply = (data: string): string => `\r\n+QFWDRECV: 7,10\r\n${data}\r\n\r\nOK\r\n`;
  const said = frame(
    reply('0123456789'),
    reply('abcdefghij'),
    reply('01234567'),
    '\r\n',
    reply('klmnopqrst'),
  );
  expect(said.filter(line => line.startsWith('BROKEN'))).toHaveLength(1);
  expect(said.filter(line => line.startsWith('[')).at(-1)).toBe('[klmnopqrst]');
});
