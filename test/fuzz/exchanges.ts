/** Every command that the drivers know, with an answer: what the tables and properties of this folder run through. */

import type { Command } from '../../src/at/command.ts';
import type { Framing } from '../../src/at/framing.ts';
import type { UrcRule } from '../../src/at/urc.ts';
import * as qfwd from '../../src/dialects/quectel-qfwd/commands.ts';
import { parseForm } from '../../src/dialects/quectel-qfwd/forms.ts';
import { createFraming, socketUrc } from '../../src/dialects/quectel-qfwd/urcs.ts';
import * as sequans from '../../src/dialects/sequans/commands.ts';
import { framing, hangup, ring } from '../../src/dialects/sequans/urcs.ts';
import * as gpp from '../../src/threegpp/commands.ts';

/** A command, and the pieces of its answer: lines, a prompt, counted data with its line end behind its header. */
export type Exchange = readonly [Command<unknown>, ...string[]];

export interface Family {
  readonly name: string;
  readonly module: Readonly<Record<string, unknown>>;
  framing(): Framing;
  readonly urcs: readonly UrcRule<unknown>[];
  /** By the name of the export; a word behind it where there are several. */
  readonly exchanges: Readonly<Record<string, Exchange>>;
}

export const PROMPT = '\r\n> ';
const HELLO = Buffer.from('hello');
const HEX = '68656C6C6F';
const PEER = { address: '192.0.2.1', port: 7, family: 4 } as const;
const SIX = [1, 2, 3, 4, 5, 6];

const line = (text: string): string => `\r\n${text}\r\n`;
const ok = (command: Command<unknown>, ...lines: string[]): Exchange => [
  command,
  ...[...lines, 'OK'].map(line),
];
const opening = { id: 1, cid: 1, apn: '', protocol: 'udp', place: PEER, urcPort: 'usbat' } as const;
const form = parseForm('cid IP tcp port');
const card = '"89331062122063024"';

export const FAMILIES: readonly Family[] = [
  {
    name: '3GPP',
    module: gpp,
    framing: () => framing(false),
    urcs: [],
    exchanges: {
      identify: ok(gpp.identify('+CGMM'), 'GM02S'),
      readFunctionality: ok(gpp.readFunctionality, '+CFUN: 1'),
      setFunctionality: ok(gpp.setFunctionality(4)),
      readPinState: ok(gpp.readPinState, '+CPIN: READY'),
      enterPin: ok(gpp.enterPin('0000')),
      readPinTries: ok(gpp.readPinTries, '+CPINR: "SIM PIN",3,10', '+CPINR: "SIM PUK",10,10'),
      identifyCard: ok(gpp.identifyCard('+CCID'), `+CCID: ${card}`),
      restart: ok(gpp.restart('+CFUN=1,1')),
      readRegistration: ok(gpp.readRegistration, '+CEREG: 1,1'),
      reportRegistration: ok(gpp.reportRegistration),
      readAttached: ok(gpp.readAttached, '+CGATT: 1'),
      attach: ok(gpp.attach),
      readContexts: ok(gpp.readContexts, '+CGDCONT: 1,"IP","iot.example"', '+CGDCONT: 2,"IPV6",""'),
      defineContext: ok(gpp.defineContext({ cid: 1, type: 'IP', apn: 'iot.example' })),
      readActive: ok(gpp.readActive, '+CGACT: 1,1', '+CGACT: 2,0'),
      activate: ok(gpp.activate(1)),
      colonAddresses: ok(gpp.colonAddresses),
      readAddresses: ok(gpp.readAddresses(1), '+CGPADDR: 1,"10.0.0.1","2001:db8::1"'),
      readNameServers: ok(
        gpp.readNameServers(1),
        '+CGCONTRDP: 1,5,"iot.example","10.0.0.1","10.0.0.2","192.0.2.53"',
      ),
      readSignal: ok(gpp.readSignal, '+CSQ: 20,99'),
    },
  },
  {
    name: 'sequans',
    module: sequans,
    framing: () => framing(false),
    urcs: [ring, hangup],
    exchanges: {
      readCard: ok(sequans.readCard, `+SQNCCID: ${card}`),
      reset: ok(sequans.reset),
      readConfig: ok(sequans.readConfig('+SQNSCFG'), ...SIX.map(id => `+SQNSCFG: ${id},1,300,90,600,50`)),
      writeConfig: ok(sequans.writeConfig('+SQNSCFG', 1, sequans.socketConfig(1))),
      dialUdp: ok(sequans.dialUdp(1, PEER, 0, sequans.ANY_REMOTE)),
      dialTcp: ok(sequans.dialTcp(1, PEER)),
      listenTcp: ok(sequans.listenTcp(1, 4, 2020)),
      listenUdp: ok(sequans.listenUdp(1, 4, 2020)),
      accept: ok(sequans.accept(1)),
      close: ok(sequans.close(1)),
      send: [sequans.send(1, HELLO, { hex: false }), PROMPT, line('OK')],
      'send in hex': [sequans.send(1, HELLO, { hex: true }), PROMPT, line('OK')],
      receive: [sequans.receive(1, false), line('+SQNSRECV: 1,5'), 'hello\r\n', line('OK')],
      'receive nothing': ok(sequans.receive(1, false), '+SQNSRECV: 1,0'),
      readCounters: ok(sequans.readCounters(1), '+SQNSI: 1,5,6,7,8'),
      readStatus: ok(sequans.readStatus(''), ...SIX.map(id => `+SQNSS: ${id},0`)),
      lookup: ok(
        sequans.lookup('example.com', 4),
        '+SQNDNSLKUP: "example.com","192.0.2.1"',
        '+SQNDNSLKUP: "example.com","192.0.2.2"',
      ),
    },
  },
  {
    name: 'sequans in hex',
    module: {},
    framing: () => framing(true),
    urcs: [ring, hangup],
    exchanges: { 'receive in hex': ok(sequans.receive(1, true), '+SQNSRECV: 1,5', HEX) },
  },
  {
    name: 'quectel-qfwd',
    module: qfwd,
    framing: createFraming,
    urcs: [socketUrc],
    exchanges: {
      readCard: ok(qfwd.readCard, `+QCCID: ${card}`),
      reset: ok(qfwd.reset),
      openClient: ok(qfwd.openClient(opening, form)),
      openServer: ok(qfwd.openServer('+QFWDSEVER', opening, form)),
      readClients: ok(
        qfwd.readClients,
        ...SIX.map(id => `+QFWDCLIENT: ${id},"Active","udp","192.0.2.1",7,"10.0.0.1",5000,"usbat"`),
      ),
      readServers: ok(
        qfwd.readServers('+QFWDSEVER'),
        '+QFWDSEVER: 1,"tcp",2020,"usbat"',
        '+QFWDSEVER: 2,"udp",2021,"usbat"',
      ),
      readAccepted: ok(qfwd.readAccepted('+QFWDSTATE', 1), '+QFWDSTATE: 1,2,"192.0.2.1",50000'),
      close: ok(qfwd.close('+QFWDCLOSE', 1)),
      send: [qfwd.send(1, HELLO), PROMPT, line('+QFWDSEND: 1,5'), line('OK')],
      sendHex: [qfwd.sendHex(1, HELLO), PROMPT, line('+QFWDSEND: 1,5'), line('OK')],
      receive: [
        qfwd.receive('+QFWDRECV', 1, qfwd.MAX_BYTES),
        line('+QFWDRECV: 1,5'),
        'hello\r\n',
        line('OK'),
      ],
      'receive nothing': ok(qfwd.receive('+QFWDRECV', 1, qfwd.MAX_BYTES), '+QFWDRECV: 1,0'),
      readBuffers: ok(qfwd.readBuffers(1), '+QFWDACK: 1,0,10240,10240,5,10235,10240'),
      readUrcPort: ok(qfwd.readUrcPort(1), '+QFWDCFG: "urc",1,"usbat"'),
      writeUrcPort: ok(qfwd.writeUrcPort(1, 'usbat')),
      isKnown: ok(qfwd.isKnown('+QFWDSTATE'), '+QFWDSTATE: (0-16)'),
    },
  },
];
