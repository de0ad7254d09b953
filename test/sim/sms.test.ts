/** Short messages of the simulator: what the dialogues leave out, and what a test does to its network. */
import { describe, expect, it } from 'vitest';
import { PROMPT, SUBMITTED, TO_ITSELF, WITH_REPORT } from './sms-switches.ts';
import { line, OK, openTerminal, type Terminal } from './terminal.ts';

const cms = (number: number): string => line(`+CMS ERROR: ${number}`);
const FROM = '+12025550111';

async function write(at: Terminal, command: string, pdu: string, reply: string): Promise<void> {
  await at.command(command, PROMPT);
  at.write(`${pdu}\x1a`);
  await at.expect(reply);
}

const send = (at: Terminal, reply: string, pdu = TO_ITSELF): Promise<void> =>
  write(at, `AT+CMGS=${SUBMITTED}`, pdu, reply);

describe.each(['sequans', 'quectel-qfwd'] as const)('%s', commandSet => {
  it('needs an open card and a network', async () => {
    const locked = await openTerminal({ commandSet, pin: '1234' });
    await locked.at.command('AT+CMGL=4', cms(311));
    const off = await openTerminal({ commandSet, cfun: 0 });
    await off.at.command('AT+CMGL=4', cms(310));
    const { at, sim } = await openTerminal({ commandSet });
    sim.coverage = 'none';
    await send(at, cms(331));
    expect(sim.sms.sent).toEqual([]);
  });

  it('what was stored outlives a restart, what the network keeps comes after it', async () => {
    const { at, sim } = await openTerminal({ commandSet, messages: 1 });
    await at.command('AT+CNMI=2,1', OK);
    sim.sms.deliver({ from: FROM, text: 'one' });
    await at.expect(line('+CMTI: "SM",0'));
    sim.sms.deliver({ from: FROM, text: 'two' });
    expect(sim.sms.waiting).toBe(1);
    sim.restart({ silent: true });
    at.write('ATE0\r');
    await at.match(/OK\r\n/);
    await at.command('AT+CMGF=1;+CMGL="ALL"', await listed('one', at));
    await at.command('AT+CMGD=0', OK);
    expect(sim.sms.waiting).toBe(0);
    await at.command('AT+CMGL="ALL"', await listed('two', at));
  });

  it('stores what is written, and sends what is stored', async () => {
    const { at, sim } = await openTerminal({ commandSet, messages: 2 });
    await write(at, `AT+CMGW=${SUBMITTED}`, TO_ITSELF, line('+CMGW: 0') + OK);
    await write(at, `AT+CMGW=${SUBMITTED}`, TO_ITSELF, line('+CMGW: 1') + OK);
    await write(at, `AT+CMGW=${SUBMITTED}`, TO_ITSELF, cms(322));
    await at.command('AT+CMSS=0', line('+CMSS: 0') + OK);
    expect(sim.sms.sent.map(({ text }) => text)).toEqual(['hello']);
    await at.command('AT+CMGD=0,4', OK);
    expect(sim.sms.waiting).toBe(0);
  });

  it('ESC calls a message off', async () => {
    const { at, sim } = await openTerminal({ commandSet });
    await at.command(`AT+CMGS=${SUBMITTED}`, PROMPT);
    at.write(`${TO_ITSELF}\x1b`);
    await at.expect(OK);
    expect(sim.sms.sent).toEqual([]);
  });

  it('hands messages and reports over where it is told so', async () => {
    const { at, sim } = await openTerminal({ commandSet });
    await at.command('AT+CNMI=2,2,0,1,0', OK);
    await send(at, line('+CMGS: 0') + OK, WITH_REPORT);
    await at.match(/^\r\n\+CMT: ,24\r\n07912120550591F9040B912120550501F00000\d{14}05E8329BFD06\r\n/);
    await at.match(/^\r\n\+CDS: 25\r\n07912120550591F906000B912120550501F0\d{28}00\r\n/);
    sim.restart({ silent: true });
    expect(sim.sms.waiting).toBe(0);
  });

  it('the network refuses what it is told to refuse, and reports what it is told to', async () => {
    const { at, sim } = await openTerminal({ commandSet });
    await at.command('AT+CNMI=2,0,0,1,0', OK);
    sim.sms.refusals.push(500);
    sim.sms.fate = [0x30, 0x46];
    await send(at, cms(500), WITH_REPORT);
    await send(at, line('+CMGS: 0') + OK, WITH_REPORT);
    await at.match(/^\r\n\+CDS: 25\r\n\w+30\r\n/);
    await at.match(/^\r\n\+CDS: 25\r\n\w+46\r\n/);
    expect(sim.sms.sent).toHaveLength(1);
  });
});

it('the simulator reads what the network got', async () => {
  const { at, sim } = await openTerminal();
  // Flash, a week, the second of two parts, UTF-16, to a short code.
  const pdu = '0051000381' + '01F2' + '0018' + 'AD' + '0A' + '050003' + '2A0202' + 'D83DDE00';
  await write(at, 'AT+CMGS=20', pdu, line('+CMGS: 0') + OK);
  expect(sim.sms.sent).toEqual([
    {
      reference: 0,
      to: '102',
      text: '😀',
      flash: true,
      report: false,
      validity: 'ad',
      part: { reference: 42, total: 2, sequence: 2 },
      pdu: pdu.slice(2),
    },
  ]);
});

/** The list with one message, whose time is whatever it is. */
async function listed(text: string, at: Terminal): Promise<string> {
  at.write('AT+CMGF=1;+CMGL="ALL"\r');
  const [list] = await at.match(/\r\n\+CMGL: 0,"REC UNREAD".*\r\n.*\r\n\r\nOK\r\n/);
  expect(list).toContain(`\r\n${text}\r\n`);
  return list.replace('UNREAD', 'READ');
}
