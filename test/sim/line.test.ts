/** The line discipline, byte by byte: terminators, echo, joining, registers, error forms, the line that is taken over. */
import { describe, expect, it } from 'vitest';
import { createSim } from '../../src/sim/index.ts';
import { error, line, OK, openTerminal, Terminal, within } from './terminal.ts';

async function openFresh() {
  const sim = createSim();
  return { sim, at: new Terminal(await sim.transport.open()) };
}

describe('a fresh line', () => {
  it('echoes every byte that it gets, once', async () => {
    const { at } = await openFresh();
    await at.command('AT', `AT\r${OK}`);
    at.write('\x1b\rAT\r');
    await at.expect(`\x1b\rAT\r${OK}`);
    await at.command('ATE0', `ATE0\r${OK}`);
    await at.command('AT', OK);
  });

  it('takes CR, LF and CR LF as the end of a command', async () => {
    const { at } = await openTerminal();
    for (const end of ['\r', '\n', '\r\n']) {
      at.write(`AT+CMEE?${end}`);
      await at.expect(`${line('+CMEE: 1')}${OK}`);
    }
    await at.quiet();
  });

  it('ignores what comes before AT and lines without it', async () => {
    const { at, sim } = await openTerminal();
    at.write('\0\0\x1b\xffAT\rnonsense\r+++AT+CFUN?\r');
    await at.expect(`${OK}${line('+CFUN: 1')}${OK}`);
    expect(sim.received).toEqual(['ATE0+CMEE=1', 'AT', 'AT+CFUN?']);
  });

  it('edits with backspace and repeats with A/', async () => {
    const { at, sim } = await openTerminal();
    at.write('AT+CFUX\bN?\r');
    await at.expect(`${line('+CFUN: 1')}${OK}`);
    at.write('A/');
    await at.expect(`${line('+CFUN: 1')}${OK}`);
    expect(sim.received.slice(1)).toEqual(['AT+CFUN?', 'A/']);
  });

  it('refuses a line that is too long and executes nothing of it', async () => {
    const { at } = await openTerminal();
    await at.command(`ATE1;+CGMM${' '.repeat(5000)}`, line('ERROR'));
    await at.quiet();
  });

  it('takes over from the line before, with all settings', async () => {
    const { at, sim } = await openTerminal();
    const ended = new Promise(resolve => at.stream.once('end', resolve));
    at.write('AT+CG');
    const second = new Terminal(await sim.transport.open());
    await within('the end of the first line', ended);
    await second.command('AT+CMEE?', `${line('+CMEE: 1')}${OK}`);
  });

  it('counts bytes both ways', async () => {
    const { at, sim } = await openFresh();
    await at.command('AT', `AT\r${OK}`);
    expect(sim.bytes).toEqual({ fromHost: 3, toHost: 9 });
  });
});

describe('command lines', () => {
  it.each([
    ['AT', OK],
    ['at', OK],
    ['ATE0V1Q0', OK],
    ['AT S10 = 5 S10 ?', `${line('005')}${OK}`],
    ['ATS10=17S10?', `${line('017')}${OK}`],
    ['ats3?s4?s5?', `${line('013')}${line('010')}${line('008')}${OK}`],
    ['ATS10=256', line('ERROR')],
    ['ATS99?', line('ERROR')],
    ['AT+CFUN?;+CMEE?', `${line('+CFUN: 1')}${line('+CMEE: 1')}${OK}`],
    ['at+cfun?;+cmee?', `${line('+CFUN: 1')}${line('+CMEE: 1')}${OK}`],
    ['ATE0+CFUN?', `${line('+CFUN: 1')}${OK}`],
    ['AT+CFUN?;+NONSENSE;+CMEE?', `${line('+CFUN: 1')}${line('ERROR')}`],
    ['AT+CFUN?;+CFUN=7;+CMEE?', `${line('+CFUN: 1')}${error(50)}`],
    ['AT+SQNDNSLKUP="a;b"', line('ERROR')],
    ['AT+SQNSCFG=1, 1, 0, 0, 600, 50', OK],
    ['AT+SQNSCFG=01,001,0,0,0600,50', OK],
    ['ATE2', line('ERROR')],
    ['AT=', line('ERROR')],
    ['ATD*99#', line('ERROR')],
    ['AT+CFUN?1', line('ERROR')],
    ['AT+SQNSD=?', `${line('+SQNSD: (1-6),(0,1),(1-65535),,(0,255),(0-65535),(0,1),(0-2),(0,1)')}${OK}`],
    ['AT+SQNDNSLKUP=?', OK],
    ['AT&FE0', OK],
  ])('%s', async (command, reply) => {
    const { at } = await openTerminal();
    await at.command(command, reply);
    await at.quiet();
  });

  it('ATV0 gives digits, and text for +CME', async () => {
    const { at } = await openTerminal();
    await at.command('ATV0', '0\r');
    await at.command('AT+CFUN?', '+CFUN: 1\r\n0\r');
    await at.command('AT+NONSENSE', '4\r');
    await at.command('AT+CFUN=9', '+CME ERROR: 50\r\n');
    await at.command('AT+CMEE=0', '0\r');
    await at.command('AT+CFUN=9', '4\r');
    await at.command('ATV1', OK);
  });

  it('ATQ1 is silent about results only', async () => {
    const { at } = await openTerminal();
    at.write('ATQ1\rAT+CFUN?\rAT+CFUN=9\rATQ0\r');
    await at.expect(`${line('+CFUN: 1')}${OK}`);
  });

  it('+CMEE chooses the form of errors', async () => {
    const { at } = await openTerminal();
    await at.command('AT+CFUN=9', error(50));
    await at.command('AT+CMEE=2', OK);
    await at.command('AT+CFUN=9', line('+CME ERROR: incorrect parameters'));
    await at.command('AT+CMEE=0', OK);
    await at.command('AT+CFUN=9', line('ERROR'));
  });

  it('S3 changes the terminator and S5 the backspace', async () => {
    const { at } = await openTerminal();
    await at.command('ATS3=33S5=35', OK);
    at.write('ATX#S5?!');
    await at.expect(`${line('035')}${OK}`);
    at.write('ATS3=13!');
    await at.expect(OK);
    await at.quiet();
  });
});

describe('unsolicited lines', () => {
  it('go out at once', async () => {
    const { at, sim } = await openTerminal();
    sim.urc('+CGEV: NW DETACH');
    await at.expect(line('+CGEV: NW DETACH'));
  });

  it('come between command and reply with latency', async () => {
    const { at, sim } = await openTerminal({ latency: 30 });
    at.write('AT\r');
    while (sim.received.length < 2) await new Promise(setImmediate);
    sim.urc('+CEREG: 1');
    await at.expect(`${line('+CEREG: 1')}${OK}`);
  });
});
