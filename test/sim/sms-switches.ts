/** Each switch of short messages does what its sentence says. */
import { expect } from 'vitest';
import type { SimOptions } from '../../src/sim/index.ts';
import { error, line, OK, openTerminal } from './terminal.ts';

/** "hello" to the modem's own number; the second wants a report. */
export const TO_ITSELF = '0001000B912120550501F0000005E8329BFD06';
export const WITH_REPORT = '0021000B912120550501F0000005E8329BFD06';
export const PROMPT = '\r\n> ';
export const SUBMITTED = 18;

const open = async (name: string, options: SimOptions = {}) => {
  const scene = await openTerminal({ ...options, faults: [name], seed: 1 });
  await scene.at.command('AT+CNMI=2,1,0,2,0', OK);
  return scene;
};

type Scene = Awaited<ReturnType<typeof open>>;

async function send({ at }: Scene, pdu = TO_ITSELF): Promise<string> {
  await at.command(`AT+CMGS=${SUBMITTED}`, PROMPT);
  at.write(`${pdu}\x1a`);
  const [, said = ''] = await at.match(/\r\n(\+CM[GS] ?\w+: \d+)\r\n/);
  if (said.startsWith('+CMGS')) await at.expect(OK);
  return said;
}

export const smsSwitches = {
  'sms-result-lost': async () => {
    const scene = await open('sms-result-lost');
    for (let sent = 0; sent < 10; sent++) {
      await scene.at.command(`AT+CMGS=${SUBMITTED}`, PROMPT);
      scene.at.write(`${WITH_REPORT.replace('0501F0', '0511F0')}\x1a`);
      // What is lost leaves the line free.
      scene.at.write('AT+CSCA?\r');
      await scene.at.match(/\+CSCA: .*\r\n\r\nOK\r\n/);
    }
    expect(scene.sim.sms.sent, 'seed 1').toHaveLength(10);
    expect(scene.sim.sms.sent[0]?.to).toBe('+12025550110');
  },
  'sms-refused': async () => {
    const scene = await open('sms-refused');
    const said: string[] = [];
    for (let sent = 0; sent < 12; sent++) {
      await scene.at.command(`AT+CMGS=${SUBMITTED}`, PROMPT);
      scene.at.write(`${TO_ITSELF.replace('0501F0', '0511F0')}\x1a`);
      said.push((await scene.at.match(/\r\n(\+CMGS: \d+\r\n\r\nOK|\+CMS ERROR: 38)\r\n/))[1] ?? '');
    }
    const refused = said.filter(text => text.endsWith('38'));
    expect(refused.length, 'seed 1').toBeGreaterThan(0);
    expect(scene.sim.sms.sent).toHaveLength(12 - refused.length);
  },
  'sms-slow': async () => {
    const scene = await open('sms-slow');
    const before = performance.now();
    await send(scene);
    expect(performance.now() - before).toBeGreaterThan(150);
  },
  'sms-pdu-mode-refused': async () => {
    const { at } = await open('sms-pdu-mode-refused');
    await at.command('AT+CMGF=0', line('ERROR'));
    await at.command('AT+CMGF=1', OK);
  },
  'sms-reports-not-stored': async () => {
    const { at } = await openTerminal({ faults: ['sms-reports-not-stored'] });
    await at.command('AT+CNMI=2,1,0,2,0', error(50));
    await at.command('AT+CNMI=2,1,0,1,0', OK);
  },
  'sms-empty-read-ok': async () => {
    const { at } = await open('sms-empty-read-ok');
    await at.command('AT+CMGR=3', OK);
  },
  'sms-announcement-lost': async () => {
    const scene = await open('sms-announcement-lost');
    await send(scene);
    await scene.at.command('AT+CMGD=0', OK);
  },
  'sms-announcement-doubled': async () => {
    const scene = await open('sms-announcement-doubled');
    await send(scene);
    await scene.at.expect(line('+CMTI: "SM",0') + line('+CMTI: "SM",0'));
  },
  'stop-urc-after-send': async () => {
    const scene = await open('stop-urc-after-send');
    await send(scene);
    await scene.at.expect(line('+CMTI: "SM",0'));
    await send(scene);
    await scene.at.command('AT+CNMI=2,1', OK);
    scene.sim.sms.deliver({ from: '+12025550111', text: 'again' });
    await scene.at.expect(line('+CMTI: "SM",2'));
  },
};
