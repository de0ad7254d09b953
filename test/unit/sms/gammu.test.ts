/** gammu reads what we send, and counts parts as we do (packages python3 and python3-gammu). */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { splitText } from '../../../src/sms/codec/parts.ts';
import { formatSubmit } from '../../../src/sms/codec/submit.ts';
import { createRandom } from '../../../src/util/random.ts';
import { randomText } from './texts.ts';

const COUNT = 300;
const SEED = 72;

/** Per case: the number of parts that gammu makes, and the texts that it reads in ours. */
const SCRIPT = `
import gammu, json, sys
def ask(case):
    entry = {'ID': 'ConcatenatedTextLong', 'Buffer': case['text']}
    parts = gammu.EncodeSMS({'Class': -1, 'Unicode': case['unicode'], 'Entries': [entry]})
    # Behind the NUL are remains: gammu counts septets, also where two of them are one character.
    texts = [gammu.DecodePDU(bytes.fromhex(pdu), True)['Text'].split('\\0')[0] for pdu in case['pdus']]
    return {'parts': len(parts), 'texts': texts}
json.dump([ask(case) for case in json.load(sys.stdin)], sys.stdout)
`;

interface Answer {
  readonly parts: number;
  readonly texts: readonly string[];
}

/** Debian's modules are for Debian's own. */
const PYTHON = '/usr/bin/python3';

function ask(cases: readonly unknown[]): Answer[] {
  const input = JSON.stringify(cases);
  return JSON.parse(execFileSync(PYTHON, ['-c', SCRIPT], { input, encoding: 'utf8', timeout: 60_000 }));
}

function hasGammu(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import gammu'], { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

test(`${COUNT} texts, seed ${SEED}`, ({ skip }) => {
  // In CI it must be there: then the test fails without it.
  if (!process.env.ATSOCK_NO_SKIP && !hasGammu())
    skip('needs the Python module gammu (apt install python3-gammu)');
  const random = createRandom(SEED);
  // A NUL ends a text in C, and what is no character ends Python.
  const texts = Array.from({ length: COUNT }, () => randomText(random).replace(/[\0\p{Surrogate}]/gu, 'я'));
  const cases = texts.map(text => ({
    text,
    unicode: splitText(text).alphabet === 'ucs2',
    pdus: formatSubmit({ to: '+12345', text, reference: 7 }).map(({ pdu }) => pdu),
  }));
  ask(cases).forEach((answer, at) => {
    const { text = '', pdus = [] } = cases[at] ?? {};
    expect({ text, ...answer }).toEqual({ text, parts: pdus.length, texts: splitText(text).texts });
  });
});
