/** The commands for short messages: what is written, and what is made of the answers. */
import { expect, test } from 'vitest';
import type { Command, InfoLine } from '../../../src/at/command.ts';
import { parseParams } from '../../../src/at/params.ts';
import * as sms from '../../../src/threegpp/sms-commands.ts';

const PDU = '0004058121';

function infoLine(text: string): InfoLine {
  return { text, params: parseParams(text.replace(/^\+\w+: ?/, '')) };
}

const answered = <T>(command: Command<T>, ...lines: string[]): T =>
  command.parse({ result: 'OK', info: lines.map(infoLine), disturbed: false });

test.each([
  [sms.pduMode, '+CMGF=0'],
  [sms.messageService, '+CSMS=1'],
  [sms.announceMessages(2, 2), '+CNMI=2,1,0,2,0'],
  [sms.listPdus, '+CMGL=4'],
  [sms.readPdu(3), '+CMGR=3'],
  [sms.deletePdu(3), '+CMGD=3'],
  [sms.readStorages, '+CPMS?'],
  [sms.useStorage('ME'), '+CPMS="ME","ME","ME"'],
])('%# writes %s', (command, line) => {
  expect(command.line).toBe(line);
});

test('a PDU goes to the prompt, and Ctrl-Z behind it', () => {
  const command = sms.sendPdu(PDU, 4);
  expect(command).toMatchObject({ line: '+CMGS=4', openEnded: true });
  expect(command.payload).toEqual(Buffer.from(`${PDU}\x1a`));
  expect(answered(command, '+CMGS: 42')).toBe(42);
  expect(answered(command, '+CMGS: 42,"0100"')).toBe(42);
  expect(() => answered(command)).toThrow(TypeError);
});

test('the list: each header with the PDU behind it', () => {
  expect(answered(sms.listPdus)).toEqual([]);
  expect(
    answered(
      sms.listPdus,
      '+CMGL: 1,0,,4',
      PDU,
      '+CMGL: 2,1,"Ann",4',
      PDU,
      '+CMGL: 7,3,,4',
      '+CMGL: 9,9,,4',
      PDU,
    ),
  ).toEqual([
    { index: 1, state: 'unread', pdu: PDU, octets: 4 },
    { index: 2, state: 'read', pdu: PDU, octets: 4 },
    { index: 9, state: 'read', pdu: PDU, octets: 4 },
  ]);
  // A PDU that nobody announced is part of something else.
  expect(answered(sms.listPdus, PDU, PDU, '+CMGL: 1,0,,4', PDU)).toHaveLength(1);
  expect(() => answered(sms.listPdus, '+CMGL: "x",0,,4', PDU)).toThrow(TypeError);
});

test('one message, or none', () => {
  expect(answered(sms.readPdu(3), '+CMGR: 0,,4', PDU)).toEqual({
    index: 3,
    state: 'unread',
    pdu: PDU,
    octets: 4,
  });
  expect(answered(sms.readPdu(3))).toBeUndefined();
  expect(answered(sms.readPdu(3), '+CMGR: 0,,0')).toBeUndefined();
});

test('three storages, or fewer', () => {
  expect(answered(sms.readStorages, '+CPMS: "SM",3,30,"ME",0,255,"SM",3,30')).toEqual([
    { name: 'SM', used: 3, total: 30 },
    { name: 'ME', used: 0, total: 255 },
    { name: 'SM', used: 3, total: 30 },
  ]);
  expect(answered(sms.readStorages, '+CPMS: "SM",3,30')).toEqual([{ name: 'SM', used: 3, total: 30 }]);
});

test('what was stored is announced by its place', () => {
  expect(sms.messageStored.parse(['SM', 3])).toEqual({ storage: 'SM', index: 3 });
  expect(sms.reportStored.parse(['SM', 4])).toEqual({ storage: 'SM', index: 4 });
  expect(sms.messageStored.parse(['SM'])).toBeUndefined();
});
