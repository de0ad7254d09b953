/** The commands of an EC25 one by one: exact replies, and everything wrong is refused. */
import { describe, it } from 'vitest';
import type { Profile } from '../../../src/sim/index.ts';
import { freePort } from '../tcp-peer.ts';
import { line, OK } from '../terminal.ts';
import { ERROR, openQuectel, udpClient, urc } from './scene.ts';

const V4 = '100.64.0.1';
const SERVER_TEST =
  '(0-16),(1-65535),("IP","IPV6"),("tcp","udp"),(1-65535),(1-10),(1-65535),("uart1","usbat","usbmodem")';
const CLIENT_TEST =
  '(0-16),(1-65535),("IP","IPV6"),("tcp","udp"),<remote_addr>,<1-65535>,( "uart1","usbat","usbmodem")';

describe('replies', () => {
  it.each([
    ['AT+CGMI', [line('Quectel')]],
    ['AT+CGMM', [line('EC25')]],
    ['AT+CGMR', [line('EC25EFAR06A06M4G')]],
    ['ATI', [line('Quectel'), line('EC25'), line('Revision: EC25EFAR06A06M4G')]],
    ['AT+CGSN', [line('004999010640000')]],
    ['AT+QCCID', [line('+QCCID: 8900100000000000001')]],
    ['AT+CPIN?', [line('+CPIN: READY')]],
    ['AT+CREG?', [line('+CREG: 0,1')]],
    ['AT+CEREG=1;+CEREG?', [line('+CEREG: 1,1')]],
    ['AT+CSQ', [line('+CSQ: 20,99')]],
    ['AT+CGACT?', [line('+CGACT: 1,1')]],
    ['AT+CGPADDR=1', [line(`+CGPADDR: 1,"${V4}","32.1.13.184.0.0.0.1.0.0.0.0.0.0.0.1"`)]],
    ['AT+CGDCONT=16,"IP","other";+CGACT=1,16;+CGPADDR=16', [line('+CGPADDR: 16,"100.64.0.16"')]],
    ['AT+QURCCFG=?', [line('+QURCCFG: "urcport",("uart1","usbat","usbmodem","all")')]],
    ['AT+QURCCFG="URCPORT"', [line('+QURCCFG: "urcport","usbat"')]],
    ['AT+QURCCFG="urcport","all";+QURCCFG="urcport"', [line('+QURCCFG: "urcport","all"')]],
    ['AT+QFWDSEVER=?', [line(`+QFWDSEVER: ${SERVER_TEST}`)]],
    ['AT+QFWDCLIENT=?', [line(`+QFWDCLIENT: ${CLIENT_TEST}`)]],
    ['AT+QFWDSEND=?', [line('+QFWDSEND: <socket_id>,<data_format>,<send_length>')]],
    ['AT+QFWDRECV=?', [line('+QFWDPRECV: <socket_id>,<read_len>')]],
    ['AT+QFWDACK=?', [line('+QFWDACK: <socket_id>')]],
    ['AT+QFWDSSSTATE=?', []],
    ['AT+QFWDSCLOSE=?', []],
    ['AT+QFWDCFG=?', [line('+QFWDCFG: "urc",<socketfd>,<urc_port>')]],
    ['AT+QFWDSEVER?', []],
    ['AT+QFWDCLIENT?', []],
    ['at+qfwdack=100', [line('+QFWDACK: 100,0,10240,10240,0,10240,10240')]],
    ['AT+QFWDACK= 100', [line('+QFWDACK: 100,0,10240,10240,0,10240,10240')]],
    ['AT+QFWDCFG="urc",100', [line('+QFWDCFG: "urc",100,"usbat"')]],
    ['AT+QFWDCFG="urc", 100, "uart1";+QFWDCFG="urc",100', [line('+QFWDCFG: "urc",100,"uart1"')]],
    ['AT+QFWDRECV=100,1024', [line('+QFWDRECV: 100,0')]],
  ])('%s', async (command, lines) => {
    const { at } = await udpClient();
    await at.command(
      command.replace('AT+QFWDCLIENT?', 'AT+QFWDSCLOSE=100;+QFWDCLIENT?'),
      [...lines, OK].join(''),
    );
    await at.quiet();
  });
});

describe('refusals', () => {
  it.each([
    // no such command, or not in this form
    'AT+SQNSD?',
    'AT+QFWDSERVER=?',
    'AT+QFWDSTATE=?',
    'AT+QFWDCLOSE=?',
    'AT+QFWDCLIENT',
    'AT+QFWDRECV?',
    'AT+QFWDACK=100,1024',
    'AT+QURCCFG="urcport","uart2"',
    'AT+QURCCFG="port"',
    // ids
    'AT+QFWDACK=0',
    'AT+QFWDACK=65536',
    'AT+QFWDACK=7',
    'AT+QFWDSEND=7,0,1',
    'AT+QFWDRECV=7,1024',
    'AT+QFWDSSSTATE=7',
    'AT+QFWDSSSTATE=100',
    'AT+QFWDSCLOSE=7',
    'AT+QFWDCFG="urc",7',
    'AT+QFWDCLIENT=1,100,"IP","udp","127.0.0.1",7',
    'AT+QFWDSEVER=1,100,"IP","udp",7,5',
    // too few, too many
    'AT+QFWDACK=',
    'AT+QFWDSEND=100',
    'AT+QFWDSEND=100,0,1,1',
    'AT+QFWDRECV=100',
    'AT+QFWDRECV=100,1,1',
    'AT+QFWDSCLOSE=100,1',
    'AT+QFWDCLIENT=1,101,"IP","udp","127.0.0.1"',
    'AT+QFWDCLIENT=1,101,"IP","udp","127.0.0.1",7,"usbat",60',
    'AT+QFWDSEVER=1,101,"IP","udp",7',
    'AT+QFWDSEVER=1,101,"IP","udp",7,5,60,"usbat",1',
    'AT+QFWDCFG="urc"',
    'AT+QFWDCFG="urc",100,"usbat",1',
    // ranges
    'AT+QFWDCLIENT=17,101,"IP","udp","127.0.0.1",7',
    'AT+QFWDCLIENT=1,0,"IP","udp","127.0.0.1",7',
    'AT+QFWDCLIENT=1,65536,"IP","udp","127.0.0.1",7',
    'AT+QFWDCLIENT=1,101,"IPV4","udp","127.0.0.1",7',
    'AT+QFWDCLIENT=1,101,"IP","sctp","127.0.0.1",7',
    'AT+QFWDCLIENT=1,101,"IP","udp","",7',
    'AT+QFWDCLIENT=1,101,"IP","udp","127.0.0.1",0',
    'AT+QFWDCLIENT=1,101,"IP","udp","127.0.0.1",65536',
    'AT+QFWDCLIENT=1,101,"IP","udp","127.0.0.1",7,"usb"',
    'AT+QFWDSEVER=17,101,"IP","udp",7,5',
    'AT+QFWDSEVER=1,0,"IP","udp",7,5',
    'AT+QFWDSEVER=1,101,"IP","udp",0,5',
    'AT+QFWDSEVER=1,101,"IP","udp",7,0',
    'AT+QFWDSEVER=1,101,"IP","udp",7,11',
    'AT+QFWDSEVER=1,101,"IP","udp",7,5,0',
    'AT+QFWDSEVER=1,101,"IP","udp",7,5,65536',
    'AT+QFWDSEND=100,2,1',
    'AT+QFWDSEND=100,0,0',
    'AT+QFWDSEND=100,0,1025',
    'AT+QFWDSEND=100,1,1025',
    'AT+QFWDRECV=100,0',
    'AT+QFWDRECV=100,1025',
    // kinds
    'AT+QFWDACK="100"',
    'AT+QFWDACK=x',
    'AT+QFWDCLIENT=1,101,IP,"udp","127.0.0.1",7',
    'AT+QFWDCLIENT=1,101,"IP",udp,"127.0.0.1",7',
    'AT+QFWDCLIENT=1,101,"IP","udp",127.0.0.1,7',
    'AT+QFWDCLIENT=1,101,"IP","udp","127.0.0.1",7,usbat',
    'AT+QFWDCLIENT=1,101,"IP","udp","127.0.0.1,7',
    'AT+QFWDCFG=urc,100',
    'AT+QFWDCFG="urc_with_len"',
    // the example's order of arguments
    'AT+QFWDSEVER= 1,"uninet","ip","tcp",2020,5',
  ])('%s', async command => {
    const { at, sim } = await udpClient();
    // A plain ERROR, also with +CMEE=1.
    await at.command(command, ERROR);
    await at.quiet();
    if (sim.connectionsOpen !== 1) throw new Error('a socket was opened');
  });
});

describe('the profiles', () => {
  const all = ['QFWDSEVER', 'QFWDSERVER', 'QFWDSTATE', 'QFWDSSSTATE', 'QFWDCLOSE', 'QFWDSCLOSE', 'QFWDRECV'];
  const known: Readonly<Record<Profile, readonly string[]>> = {
    table: ['QFWDSEVER', 'QFWDSSSTATE', 'QFWDSCLOSE', 'QFWDRECV'],
    example: ['QFWDSEVER', 'QFWDSTATE', 'QFWDCLOSE'],
    lenient: all,
    field: ['QFWDSERVER', 'QFWDSTATE', 'QFWDCLOSE', 'QFWDRECV'],
  };

  it.each(Object.entries(known))('%s knows %j', async (profile, names) => {
    const { at } = await openQuectel({ profile: profile as Profile });
    for (const name of all) {
      at.write(`AT+${name}=?\r`);
      const [, result] = await at.match(/\r\n(OK|ERROR)\r\n/);
      if ((result === 'OK') !== names.includes(name)) throw new Error(`${name} is ${result}`);
    }
  });

  it('example: the arguments and replies of the worked example', async () => {
    const [{ at }, port] = [await openQuectel({ profile: 'example' }), await freePort()];
    await at.command(
      'AT+QFWDSEVER=?',
      line('+QFWDSEVER: (1-65535),<apn>,("IP","IPV6"),("tcp","udp"),(1-65535),(1-10)') + OK,
    );
    await at.command(`AT+QFWDSEVER=1,100,"IP","tcp",${port},5`, ERROR);
    await at.command(`AT+QFWDSEVER= 1,"uninet","ip","udp",${port},5`, OK);
    await at.expect(urc('server/open', 1, 0));
    await at.command('AT+QFWDSEVER?', line(`+QFWDSEVER: 1,"udp",${port},"usbat"`) + OK);
    await at.command('AT+QFWDSTATE= 1', OK);
    await at.command('AT+QFWDCLOSE=1', OK);
    await at.command('AT+QFWDCLIENT=1,2,"ip","udp","127.0.0.1",9', OK);
    await at.expect(urc('client/open', 2, 0));
    await at.command('AT+QFWDACK= 2,1024', line('+QFWDACK: 2,0') + OK);
    await at.command('AT+QFWDACK= 2', line('+QFWDACK: 2,0,10240,10240,0,10240,10240') + OK);
  });

  it('lenient: both orders of arguments, with and without quotes, in any case', async () => {
    const [{ at }, one, two] = [
      await openQuectel({ profile: 'lenient' }),
      await freePort(),
      await freePort(),
    ];
    await at.command(`AT+QFWDSEVER= 1,"uninet","ip","udp",${one},5`, OK);
    await at.expect(urc('server/open', 1, 0));
    await at.command(`AT+QFWDSERVER=1,2,ip,UDP,${two},5,60,UsbAt`, OK);
    await at.expect(urc('server/open', 2, 0));
    await at.command('AT+QFWDCLIENT=0,3,ipv6,Udp,::1,9', OK);
    await at.expect(urc('client/open', 3, 0));
    await at.command(
      'AT+QFWDSERVER?',
      [one, two].map((port, index) => line(`+QFWDSERVER: ${index + 1},"udp",${port},"usbat"`)).join('') + OK,
    );
    await at.command(
      'AT+QFWDSSSTATE=1;+QFWDSTATE=2;+QFWDACK=3,9;+QFWDRECV=3,9',
      line('+QFWDACK: 3,0') + line('+QFWDRECV: 3,0') + OK,
    );
  });

  it('field: the option urc_with_len, which is on', async () => {
    const { at } = await openQuectel({ profile: 'field' });
    await at.command(
      'AT+QFWDCFG=?',
      line('+QFWDCFG: "urc",<socketfd>,<urc_port>') + line('+QFWDCFG: "urc_with_len",(0,1)') + OK,
    );
    await at.command('AT+QFWDCFG="urc_with_len"', line('+QFWDCFG: "urc_with_len",1') + OK);
    await at.command(
      'AT+QFWDCFG="urc_with_len",0;+QFWDCFG="urc_with_len"',
      line('+QFWDCFG: "urc_with_len",0') + OK,
    );
    await at.command('AT+QFWDCFG="urc_with_len",2', ERROR);
  });
});
