/** URCs in every gap of every answer, and such as are named like it (reliability.md F2, F3): each once, the answer whole. */
import { describe, expect, test } from 'vitest';
import { AtChannel } from '../../src/at/channel.ts';
import { action, type Command, read, set } from '../../src/at/command.ts';
import type { UrcRule } from '../../src/at/urc.ts';
import { isRegistrationReply, parseRegistration } from '../../src/threegpp/commands.ts';
import { createMemoryPair } from '../../src/transport/memory.ts';
import { type Exchange, FAMILIES, type Family } from './exchanges.ts';

const URCS = [
  '+CEREG: 5',
  '+CEREG: 2,"1A2B","01A2B3C4",7',
  '+CREG: 1',
  '+CGREG: 1',
  '+SQNSRING: 3',
  '+SQNSRING: 3,5',
  '+SQNSH: 3',
  '+QFWDURC: "client/read",103',
  '+QFWDURC: "client/close",103',
  '+CGEV: ME PDN DEACT 1',
  '+CTZV: 8',
  '^STRANGE: "of it"',
];

const registration: UrcRule<string> = {
  prefix: '+CEREG',
  parse: params => (isRegistrationReply(params) ? undefined : parseRegistration(params[0])),
};

/** What came of a command, and every line that was not its own. */
interface Outcome {
  readonly result?: unknown;
  readonly failed?: string;
  readonly unsolicited: readonly string[];
}

async function play(family: Family, command: Command<unknown>, said: readonly string[]): Promise<Outcome> {
  const [near, far] = createMemoryPair();
  far.on('error', () => {}).resume();
  const at = new AtChannel(near);
  at.framing = family.framing();
  const unsolicited: string[] = [];
  at.on('urc', ({ line }) => unsolicited.push(line));
  for (const rule of [registration, ...family.urcs]) at.onUrc(rule, () => {});
  const running = at.execute(command).then(
    result => ({ result }),
    error => ({ failed: error.kind }),
  );
  for (const piece of said) far.write(piece, 'latin1');
  const outcome = await running;
  await new Promise(resolve => setImmediate(resolve));
  await at.close();
  return { ...outcome, unsolicited };
}

const lineOf = (urc: string): string => `\r\n${urc}\r\n`;

/** The pieces of an answer, its echo first. */
const answer = ([{ line }, ...pieces]: Exchange): string[] => [`AT${line}\r`, ...pieces];

describe.each(FAMILIES)('$name', family => {
  test.each(Object.entries(family.exchanges))('%s: 12 URCs in every gap', async (_, exchange) => {
    const [command] = exchange;
    const pieces = answer(exchange);
    const undisturbed = await play(family, command, pieces);
    expect(undisturbed).not.toHaveProperty('failed');
    expect(undisturbed.unsolicited).toEqual([]);
    for (let gap = 0; gap <= pieces.length; gap++) {
      const splitsData = pieces[gap] === 'hello\r\n';
      for (const urc of URCS) {
        const heard = await play(family, command, [
          ...pieces.slice(0, gap),
          lineOf(urc),
          ...pieces.slice(gap),
        ]);
        const where = `${urc} before ${JSON.stringify(pieces[gap])}`;
        if (splitsData) expect(heard.failed, where).toBe('reply');
        else expect(heard, where).toEqual({ ...undisturbed, unsolicited: [urc] });
      }
    }
  });
});

const params = (name: string, accepts = true): Command<unknown> =>
  read(name, {
    ...(accepts && { accepts: isRegistrationReply }),
    parse: ({ info }): unknown => info.map(line => line.params),
  });

describe('a URC that is named like the answer, or nearly', () => {
  const [gpp, sequans, , quectel] = FAMILIES;
  const CASES: readonly [Family | undefined, Command<unknown>, reply: string, urc: string][] = [
    [gpp, params('+CREG'), '+CREG: 1,5', '+CREG: 2'],
    [gpp, params('+CREG'), '+CREG: 2,5,"1A2B","01A2B3C4",7', '+CREG: 5,"1A2B","01A2B3C4",7'],
    [gpp, params('+CEREG'), '+CEREG: 1,5', '+CEREG: 2'],
    [gpp, params('+CEREG'), '+CEREG: 2,5,"1A2B","01A2B3C4",7', '+CEREG: 5,"1A2B","01A2B3C4",7'],
    [gpp, params('+CGREG'), '+CGREG: 1,5', '+CGREG: 2'],
    [gpp, params('+COPS', false), '+COPS: 0,0,"net",7', '+COPSX: 0'],
    [gpp, params('+CSQ', false), '+CSQ: 20,99', '+CSQN: 20,99'],
    [gpp, params('+CPIN', false), '+CPIN: READY', '+CPINR: "SIM PIN",3'],
    [sequans, params('+SQNSS', false), '+SQNSS: 1,0', '+SQNSSHDN: 1'],
    [sequans, set('+SQNSH', [1]), '', '+SQNSH: 1'],
    [sequans, set('+SQNSI', [1]), '', '+SQNSRING: 1,5'],
    ...['RECV', 'ACK', 'SEND', 'CLIENT', 'SEVER', 'STATE', 'CLOSE'].map(
      name =>
        [
          quectel,
          params(`+QFWD${name}`, false),
          `+QFWD${name}: 1,0`,
          '+QFWDURC: "client/read",1',
        ] as const satisfies unknown[],
    ),
  ];

  test.each(CASES.map(row => [`${row[2]} and ${row[3]}`, row] as const))('%s', async (_, row) => {
    const [family, command, reply, urc] = row;
    if (!family) throw new Error('no such family');
    const lines = reply === '' ? [] : [lineOf(reply)];
    const { result } = await play(family, command, [...lines, lineOf('OK')]);
    for (const said of [
      [lineOf(urc), ...lines],
      [...lines, lineOf(urc)],
    ])
      expect(await play(family, command, [...said, lineOf('OK')])).toEqual({ result, unsolicited: [urc] });
  });

  test.each(['+CPIN', '+CSQ', '+COPS'])(
    '%s twice, where nothing tells which is the answer: one of the two, and the channel goes on',
    async name => {
      if (!gpp) throw new Error('no such family');
      const first = read(name, { parse: ({ info }): unknown => info[0]?.params[0] });
      for (const order of [
        [1, 2],
        [2, 1],
      ]) {
        const said = [...order.map(value => lineOf(`${name}: ${value}`)), lineOf('OK')];
        expect(await play(gpp, first, said)).toEqual({ result: order[0], unsolicited: [] });
      }
    },
  );

  test('the same line behind the OK is a URC', async () => {
    if (!gpp) throw new Error('no such family');
    const said = [lineOf('OK'), lineOf('+CFUN: 1')];
    expect((await play(gpp, action('+CFUN=1'), said)).unsolicited).toEqual(['+CFUN: 1']);
  });
});
