/** Short messages in traces: no number and no text of one, in any coding and however the line is cut (S9). */
import { describe, expect, test } from 'vitest';
import { TraceWriter } from '../../../src/transport/trace-writer.ts';

type Pass = readonly [side: 'dte' | 'dce', text: string];

function trace(passes: readonly Pass[]): string {
  const lines: string[] = [];
  const writer = new TraceWriter(line => lines.push(line));
  for (const [side, text] of passes) {
    if (side === 'dte') writer.sent(Buffer.from(text, 'latin1'));
    else writer.received(Buffer.from(text, 'latin1'));
  }
  writer.closed(false);
  return lines.join('\n');
}

const PDU = '07912120550591F9040B912120550511F100006211121203510005E8329BFD06';
const SUBMIT = '0001000B912120550511F1000005E8329BFD06';
const UCS2 = '00480065006C006C006F';

const exchanges: readonly (readonly [string, readonly Pass[]])[] = [
  [
    'sent',
    [
      ['dte', 'AT+CMGS=18\r'],
      ['dce', '\r\n> '],
      ['dte', `${SUBMIT}\x1a`],
      ['dce', '\r\n+CMGS: 3\r\n\r\nOK\r\n'],
    ],
  ],
  [
    'announced between the command and its prompt',
    [
      ['dte', 'AT+CMGS=18\r'],
      ['dce', '\r\n+CMTI: "SM",3\r\n'],
      ['dce', '\r\n> '],
      ['dte', `${SUBMIT}\x1a`],
      ['dce', '\r\n+CMGS: 3\r\n\r\nOK\r\n'],
    ],
  ],
  [
    'announced in the middle of a list',
    [
      ['dte', 'AT+CMGL=4\r'],
      ['dce', `\r\n+CMGL: 0,1,,24\r\n\r\n+CDSI: "SM",3\r\n\r\n${PDU}\r\n\r\nOK\r\n`],
    ],
  ],
  [
    'sent with echo',
    [
      ['dte', 'AT+CMGS=18\r'],
      ['dce', 'AT+CMGS=18\r\r\n> '],
      ['dte', `${SUBMIT}\x1a`],
      ['dce', `${SUBMIT}\x1a\r\n+CMS ERROR: 38\r\n`],
    ],
  ],
  [
    'sent in text mode',
    [
      ['dte', 'AT+CMGS="002B0031003200300032"\r'],
      ['dce', '\r\n> '],
      ['dte', `${UCS2}\x1a`],
      ['dce', '\r\n+CMGS: 3\r\n\r\nOK\r\n'],
    ],
  ],
  [
    'listed',
    [
      ['dte', 'AT+CMGL=4\r'],
      ['dce', `\r\n+CMGL: 0,1,,24\r\n${PDU}\r\n\r\n+CMGL: 1,1,,24\r\n${PDU}\r\n\r\nOK\r\n`],
    ],
  ],
  [
    'read',
    [
      ['dte', 'AT+CMGR=0\r'],
      ['dce', `\r\n+CMGR: 1,,24\r\n${PDU}\r\n\r\nOK\r\n`],
    ],
  ],
  ['handed over', [['dce', `\r\n+CMT: ,24\r\n${PDU}\r\n\r\n+CMTI: "SM",3\r\n`]]],
  [
    'listed in text mode',
    [
      ['dte', 'AT+CMGL="ALL"\r'],
      [
        'dce',
        '\r\n+CMGL: 0,"REC READ","+12025550111",,"26/11/21,21:30:00+00"\r\nHello there\r\nHello again\r\n\r\nOK\r\n',
      ],
    ],
  ],
];

test('a line that never ends is hidden, too', () => {
  const shown = trace([['dce', `\r\n+CMGL: 0,1,,24\r\n${PDU.slice(0, 40)}`]]);
  expect(shown).toMatch(/\*{40}$/);
});

describe.each(exchanges)('%s', (_, passes) => {
  test.each([
    ['in whole lines', passes],
    ['byte by byte', passes.flatMap(([side, text]) => [...text].map((one): Pass => [side, one]))],
  ])('%s', (_cut, pieces) => {
    const shown = trace(pieces);
    expect(shown).not.toMatch(/E8329BFD06|2055051|0048006|Hello|5550111/);
    // What it was about stays.
    expect(shown).toMatch(/CMG[SLR]|CMT/);
    expect(shown).not.toMatch(/\*{4}OK|\*OK/);
    expect(shown).toMatch(/OK|CMTI|CMS ERROR: 38/);
  });
});
