/** Identity, network and settings: each command and its exact reply; everything wrong is refused. */
import { describe, it } from 'vitest';
import { error, line, OK, openTerminal } from './terminal.ts';

const V4 = '100.64.0.1';
const V6_DOTTED = '32.1.13.184.0.0.0.1.0.0.0.0.0.0.0.1';

describe('replies', () => {
  it.each([
    ['AT+CGMI', [line('SEQUANS Communications')]],
    ['AT+CGMM', [line('GM02S')]],
    ['AT+CGMR', [line('LR8.2.0.3-60186')]],
    ['ATI', [line('SEQUANS Communications'), line('GM02S'), line('LR8.2.0.3-60186')]],
    ['ATI1', [line('LR8.2.0.3-60186')]],
    ['AT+CGSN', [line('004999010640000')]],
    ['AT+CGSN=1', [line('+CGSN: "004999010640000"')]],
    ['AT+SQNCCID', [line('+SQNCCID: "8900100000000000001",""')]],
    ['AT+CPIN?', [line('+CPIN: READY')]],
    ['AT+CEREG?', [line('+CEREG: 0,1')]],
    ['AT+CEREG=2;+CEREG?', [line('+CEREG: 2,1,"0001","01A2D001",7')]],
    ['AT+CEREG=4;+CEREG?', [line('+CEREG: 4,1,"0001","01A2D001",7,,,"11100000","11100000"')]],
    ['AT+CGATT?', [line('+CGATT: 1')]],
    ['AT+COPS?', [line('+COPS: 0,0,"Simulator",7')]],
    ['AT+CGACT?', [line('+CGACT: 1,1')]],
    ['AT+CGDCONT?', [line('+CGDCONT: 1,"IPV4V6","internet",,,,0,0,0,0,0,0,1,,0')]],
    ['AT+CGPADDR', [line(`+CGPADDR: 1,"${V4}","${V6_DOTTED}"`)]],
    ['AT+CGPADDR=1', [line(`+CGPADDR: 1,"${V4}","${V6_DOTTED}"`)]],
    ['AT+CGPIAF=1,0,1,0;+CGPADDR=1', [line(`+CGPADDR: 1,"${V4}","2001:0db8:0000:0001:0000:0000:0000:0001"`)]],
    ['AT+CGPIAF=1,0,0,1;+CGPADDR=1', [line(`+CGPADDR: 1,"${V4}","2001:db8:0:1::1"`)]],
    ['AT+CGPIAF=1,1,0,0;+CGPIAF?', [line('+CGPIAF: 1,1,0,0')]],
    [
      'AT+CGCONTRDP=1',
      [
        line(`+CGCONTRDP: 1,5,"internet","${V4}.255.255.255.255","","192.0.2.53","192.0.2.54"`),
        line(
          `+CGCONTRDP: 1,5,"internet","${V6_DOTTED}.255.255.255.255.255.255.255.255.0.0.0.0.0.0.0.0","",` +
            '"32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.83","32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.84"',
        ),
      ],
    ],
    ['AT+CSQ', [line('+CSQ: 20,99')]],
    ['AT+CESQ', [line('+CESQ: 99,99,255,255,22,52')]],
    ['AT+IPR?', [line('+IPR: 115200')]],
    ['AT+IPR=921600;+IPR?', [line('+IPR: 921600')]],
    ['AT+IFC=0,0;+IFC?', [line('+IFC: 0,0')]],
    ['AT+SQNIPSCFG=1;+SQNIPSCFG?', [line('+SQNIPSCFG: 1,5000')]],
    ['AT+SQNSS', [1, 2, 3, 4, 5, 6].map(id => line(`+SQNSS: ${id},0`))],
    ['AT+SQNSS?', [1, 2, 3, 4, 5, 6].map(id => line(`+SQNSS: ${id},0`))],
    ['AT+SQNSI', [1, 2, 3, 4, 5, 6].map(id => line(`+SQNSI: ${id},0,0,0,0`))],
    ['AT+SQNSI=2', [line('+SQNSI: 2,0,0,0,0')]],
    ['AT+SQNSCFG?', [1, 2, 3, 4, 5, 6].map(id => line(`+SQNSCFG: ${id},1,300,90,600,50`))],
    ['AT+SQNSCFGEXT?', [1, 2, 3, 4, 5, 6].map(id => line(`+SQNSCFGEXT: ${id},0,0,0,0,0`))],
    ['AT+SQNSH=3', []],
    ['AT+SQNDNSLKUP="localhost"', [line('+SQNDNSLKUP: "localhost","127.0.0.1"')]],
    ['AT+SQNDNSLKUP="Echo.Test",0', [line('+SQNDNSLKUP: "Echo.Test","127.0.0.1","127.0.0.2"')]],
    ['AT+SQNDNSLKUP="echo.test",1', [line('+SQNDNSLKUP: "echo.test","::1"')]],
    ['AT+SQNDNSLKUP="192.0.2.1"', [line('+SQNDNSLKUP: "192.0.2.1","192.0.2.1"')]],
  ])('%s', async (command, lines) => {
    const { at } = await openTerminal({ host: { 'echo.test': ['127.0.0.1', '127.0.0.2', '::1'] } });
    await at.command(command, [...lines, OK].join(''));
    await at.quiet();
  });
});

const UNKNOWN = line('ERROR');
const WRONG = error(50);
const STATE = error(4);

describe('strictness', () => {
  it.each([
    // no such command, or not in this form
    ['AT+QIOPEN=1', UNKNOWN],
    ['AT+CSQ?', UNKNOWN],
    ['AT+SQNSD?', UNKNOWN],
    ['AT+SQNSD', UNKNOWN],
    ['AT+SQNSS=1', UNKNOWN],
    ['AT+SQNSO1', UNKNOWN],
    // ids
    ['AT+SQNSH=0', WRONG],
    ['AT+SQNSH=7', WRONG],
    ['AT+SQNSI=7', WRONG],
    ['AT+SQNSD=7,1,7,"127.0.0.1",0,0,1', WRONG],
    // too few, too many
    ['AT+SQNSH=', WRONG],
    ['AT+SQNSH=1,1', WRONG],
    ['AT+SQNSCFG=1,1,300,90,600', WRONG],
    ['AT+SQNSCFG=1,1,300,90,600,50,0', WRONG],
    ['AT+SQNSCFGEXT=1,1', WRONG],
    ['AT+SQNSCFGEXT=1,1,0,0,0,0,0,0', WRONG],
    ['AT+SQNSD=1,1,7', WRONG],
    ['AT+SQNSD=1,1,7,"127.0.0.1",0,0,1,0,0,0', WRONG],
    ['AT+SQNSSENDEXT=1', WRONG],
    ['AT+SQNSSENDEXT=1,,0', WRONG],
    ['AT+SQNSRECV=1', WRONG],
    // ranges
    ['AT+SQNSCFG=1,0,300,90,600,50', WRONG],
    ['AT+SQNSCFG=1,7,300,90,600,50', WRONG],
    ['AT+SQNSCFG=1,1,1501,90,600,50', WRONG],
    ['AT+SQNSCFG=1,1,300,65536,600,50', WRONG],
    ['AT+SQNSCFG=1,1,300,90,9,50', WRONG],
    ['AT+SQNSCFG=1,1,300,90,1201,50', WRONG],
    ['AT+SQNSCFG=1,1,300,90,600,256', WRONG],
    ['AT+SQNSCFGEXT=1,3,0,0,0,0', WRONG],
    ['AT+SQNSCFGEXT=1,1,2,0,0,0', WRONG],
    ['AT+SQNSD=1,2,7,"127.0.0.1",0,0,1', WRONG],
    ['AT+SQNSD=1,1,0,"127.0.0.1",0,0,1', WRONG],
    ['AT+SQNSD=1,1,65536,"127.0.0.1",0,0,1', WRONG],
    ['AT+SQNSD=1,1,7,"127.0.0.1",1,0,1', WRONG],
    ['AT+SQNSD=1,1,7,"127.0.0.1",0,0,1,3', WRONG],
    ['AT+SQNSD=1,1,7,"",0,0,1', WRONG],
    ['AT+SQNSSENDEXT=1,0', WRONG],
    ['AT+SQNSSENDEXT=1,1501', WRONG],
    ['AT+SQNSSENDEXT=1,1,3', WRONG],
    ['AT+SQNSRECV=1,0', WRONG],
    ['AT+SQNSRECV=1,1501', WRONG],
    ['AT+SQNSLUDP=1,3,7000', WRONG],
    ['AT+SQNSLUDP=1,1,7000,0', WRONG],
    ['AT+SQNSL=1,3,7000', WRONG],
    ['AT+SQNSL=1,1,0', WRONG],
    ['AT+SQNSL=1,1', WRONG],
    ['AT+SQNSL=1,1,7000,1', WRONG],
    ['AT+SQNSA=1,2', WRONG],
    ['AT+SQNSLUDP=1,1,0', WRONG],
    ['AT+CFUN=5', WRONG],
    ['AT+CMEE=3', WRONG],
    ['AT+CEREG=6', WRONG],
    ['AT+IPR=1234', WRONG],
    ['AT+CGDCONT=0,"IP",""', WRONG],
    ['AT+CGDCONT=2,"ip",""', WRONG],
    ['AT+CGPADDR=2', WRONG],
    // kinds
    ['AT+SQNSH="1"', WRONG],
    ['AT+SQNSH=-1', WRONG],
    ['AT+SQNSH=x', WRONG],
    ['AT+SQNSD=1,1,7,127.0.0.1,0,0,1', WRONG],
    ['AT+SQNSD=1,1,7,"127.0.0.1,0,0,1', WRONG],
    ['AT+SQNSD=1,1,7,"127.0.0.1"x,0,0,1', WRONG],
    ['AT+SQNDNSLKUP=echo.test', WRONG],
    // states
    ['AT+SQNSSENDEXT=1,5', STATE],
    ['AT+SQNSRECV=1,1500', STATE],
    ['AT+SQNSA=1,1', STATE],
    ['AT+SQNSLUDP=1,0,7000', STATE],
    ['AT+SQNSL=1,0,7000', STATE],
    ['AT+CGDCONT=1,"IP","other"', STATE],
    ['AT+CGACT=0,1', error(171)],
    ['AT+CPIN="1234"', error(3)],
    // what is not there
    ['AT+SQNDNSLKUP="nowhere.test"', line('ERROR')],
    ['AT+SQNDNSLKUP="x.invalid"', line('ERROR')],
    ['AT+SQNDNSLKUP="localhost",1', line('ERROR')],
    ['AT+SQNSD=1,1,7,"nowhere.test",0,0,1', line('NO CARRIER')],
    ['AT+SQNSD=1,1,7,"x.invalid",0,0,1', line('NO CARRIER')],
    ['AT+SQNSD=1,1,7,"[::1]",0,0,1', line('NO CARRIER')],
    // not simulated: online mode, asynchronous dials
    ['AT+SQNSD=1,1,7,"127.0.0.1"', STATE],
    ['AT+SQNSD=1,0,7,"127.0.0.1"', STATE],
    ['AT+SQNSD=1,1,7,"127.0.0.1",0,0,1,0,1', STATE],
    ['AT+SQNSD=1,0,7,"127.0.0.1",0,0,1,0,1', STATE],
  ])('%s', async (command, reply) => {
    const { at } = await openTerminal({ host: { 'x.invalid': '127.0.0.1' } });
    await at.command(command, reply);
    await at.quiet();
  });

  it('Monarch 1 knows fewer arguments and shows other fields', async () => {
    const { at } = await openTerminal({ generation: 1 });
    await at.command('AT+CGMM', `${line('GM01Q')}${OK}`);
    await at.command('AT+SQNSD=1,1,7,"127.0.0.1",0,0,1,0,0', WRONG);
    await at.command('AT+SQNSD=1,1,7,"127.0.0.1",0,0,1,2', WRONG);
    await at.command('AT+SQNSCFGEXT=1,1,1,0,0,1,0,0', OK);
    at.write('AT+SQNSCFGEXT?\r');
    await at.match(/\r\n\+SQNSCFGEXT: 1,1,1,0,0,1,0,0\r\n(.*\r\n){10}\r\nOK\r\n/);
    await at.command('AT+SQNSD=1,1,7,"127.0.0.1",0,0,1,1', OK);
    await at.command('AT+SQNSSENDEXT=1,5,0', WRONG);
    at.write('AT+SQNSS\r');
    await at.match(/\r\n\+SQNSS: 1,2,"100.64.0.1",\d+,"127.0.0.1",7\r\n/);
  });

  it('keeps what SQNSCFGEXT leaves out, and refuses both settings while the socket is open', async () => {
    const { at } = await openTerminal();
    await at.command('AT+SQNSCFGEXT=1,1,0,0,0,1', OK);
    await at.command('AT+SQNSCFGEXT=1,0,0,0', OK);
    at.write('AT+SQNSCFGEXT?\r');
    await at.match(/\r\n\+SQNSCFGEXT: 1,0,0,0,0,1\r\n(.*\r\n){10}\r\nOK\r\n/);
    await at.command('AT+SQNSD=1,1,7,"127.0.0.1",0,0,1', OK);
    await at.command('AT+SQNSCFG=1,1,0,0,600,50', STATE);
    await at.command('AT+SQNSCFGEXT=1,1,0,0,0,0', STATE);
    await at.command('AT+SQNSD=1,1,7,"127.0.0.1",0,0,1', STATE);
  });
});

describe('the network', () => {
  it('needs the radio, and says what it does', async () => {
    const { at } = await openTerminal({ cfun: 0 });
    await at.command('AT+CPIN?', STATE);
    await at.command('AT+CEREG?', `${line('+CEREG: 0,0')}${OK}`);
    await at.command('AT+CSQ', `${line('+CSQ: 99,99')}${OK}`);
    await at.command('AT+CGATT=1', STATE);
    await at.command('AT+CGPADDR=1', `${line('+CGPADDR: 1')}${OK}`);
    await at.command('AT+SQNSD=1,1,7,"127.0.0.1",0,0,1', STATE);
    await at.command('AT+SQNDNSLKUP="localhost"', STATE);
    await at.command('AT+CEREG=1', OK);
    await at.command('AT+CFUN=1', `${line('+CEREG: 2')}${line('+CEREG: 1')}${OK}`);
    await at.command('AT+SQNSD=1,1,7,"127.0.0.1",0,0,1', OK);
    await at.command('AT+CFUN=4', `${line('+CEREG: 0')}${line('+SQNSH: 1')}${OK}`);
    await at.command('AT+CPIN?', `${line('+CPIN: READY')}${OK}`);
  });

  it('is searched for, and CGATT waits for it', async () => {
    const { at } = await openTerminal({ cfun: 4, searching: 30 });
    await at.command('AT+CEREG=1', OK);
    await at.command('AT+CFUN=1', `${line('+CEREG: 2')}${OK}`);
    await at.command('AT+CGATT=1', `${line('+CEREG: 1')}${OK}`);
    await at.command('AT+CGATT=0', `${line('+CEREG: 0')}${OK}`);
    await at.command('AT+CGDCONT=1,"IP","other"', OK);
    await at.command('AT+COPS=0', `${line('+CEREG: 2')}${line('+CEREG: 1')}${OK}`);
    await at.command('AT+CGPADDR', `${line(`+CGPADDR: 1,"${V4}"`)}${OK}`);
    await at.command('AT+SQNSD=1,1,7,"::1",0,0,1', line('NO CARRIER'));
  });

  it('asks for the PIN, three times', async () => {
    const { at } = await openTerminal({ pin: '1234' });
    await at.command('AT+CPIN?', `${line('+CPIN: SIM PIN')}${OK}`);
    await at.command('AT+CGATT=1', error(11));
    await at.command('AT+CPIN="0000"', error(16));
    await at.command('AT+CPIN="1234"', OK);
    await at.command('AT+CEREG?', `${line('+CEREG: 0,1')}${OK}`);
    const { at: locked } = await openTerminal({ pin: '1234' });
    for (let tries = 0; tries < 3; tries++) await locked.command('AT+CPIN=0000', error(16));
    await locked.command('AT+CPIN?', `${line('+CPIN: SIM PUK')}${OK}`);
    await locked.command('AT+CPIN="1234"', error(12));
  });

  it('gives the addresses that both the context and the subscription have', async () => {
    const { at } = await openTerminal({ pdp: 'ipv6' });
    await at.command('AT+CGDCONT=2,"IP","four";+CGDCONT=3,"IPV4V6","both"', OK);
    await at.command('AT+CGACT=1,2', STATE);
    await at.command('AT+CGACT=1,3', OK);
    await at.command('AT+CGPIAF=1,0,0,1', OK);
    const lines = ['1,"2001:db8:0:1::1"', '2', '3,"2001:db8:0:3::1"'].map(text => line(`+CGPADDR: ${text}`));
    await at.command('AT+CGPADDR', [...lines, OK].join(''));
    await at.command('AT+SQNSCFG=4,3,0,0,600,50;+SQNSD=4,1,7,"::1",0,0,1', OK);
    await at.command('AT+CGACT=0,3', `${line('+SQNSH: 4')}${OK}`);
    await at.command('AT+CGACT=0,1', error(171));
    await at.command('AT+CGDCONT=3', OK);
    await at.command('AT+CGACT=1,3', WRONG);
  });
});
