/** The parser of dialogue files: marks, variables, headers, and errors that name file and line. */
import { describe, expect, it } from 'vitest';
import { type Dialogue, DialogueError, parseDialogue, type Step } from './parser.ts';
import { describePattern } from './pattern.ts';

const HEADER = 'title   A title\nsource  manual 3.4, #109   # manual | capture | invented\nmodem   sequans\n';

function parse(steps: string, header = HEADER): Dialogue {
  return parseDialogue(`${header}\n${steps}`, 'a.at');
}

function show(step: Step | undefined): string {
  return step?.kind === 'bytes'
    ? `${step.from} ${describePattern(step.pattern, new Map())}`
    : JSON.stringify(step);
}

describe('steps', () => {
  it.each([
    ['>  AT+SQNSI=1  ', 'host AT+SQNSI=1\\r'],
    ['>> \\x01\\x20', 'host \\x01\\x20'],
    ['<  OK', 'modem \\r\\nOK\\r\\n'],
    ['<< \\r\\n>\\x20', 'modem \\r\\n>\\x20'],
    ['<  \\x7ba}', 'modem \\r\\n\\x7ba}\\r\\n'],
    ['<  +A: # not a comment', 'modem \\r\\n+A: # not a comment\\r\\n'],
    ['>  AT{a:1},{a}', 'host AT{a},{a}\\r'],
  ])('%j', (line, shown) => {
    expect(parse(line).steps.map(show)).toEqual([shown]);
  });

  it('knows what may be left out: a question, and its answer up to the result', () => {
    const { steps } = parse('> AT+X?\n< OK\n? AT+Y?\n< +Y: 1\n< OK\n< +URC: 1\n');
    expect(steps.map(step => step.kind === 'bytes' && step.optional === true)).toEqual([
      false,
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  it('knows what happens in the network', () => {
    const [call, event] = parse('> AT+L={listen:5001}\n@ first calls 127.0.0.1 {listen}').steps;
    expect([call?.kind, event?.kind]).toEqual(['bytes', 'network']);
  });

  it('counts lines, and knows pauses and the end of the line', () => {
    expect(parse('# comment\n~ 300\n\n!\n').steps).toEqual([
      { kind: 'pause', ms: 300, line: 6 },
      { kind: 'hang-up', line: 8 },
    ]);
  });

  it('keeps outcomes apart from comments', () => {
    expect(parse('> AT\n#= failed cme 4\n# = nothing').outcomes).toEqual(['failed cme 4']);
  });
});

describe('headers', () => {
  it('are read up to a comment, which is not the number of an issue', () => {
    const { title, source, modem, state, file } = parse('> AT');
    expect({ title, source, modem, state, file }).toEqual({
      title: 'A title',
      source: 'manual 3.4, #109',
      modem: 'sequans',
      state: 'ready',
      file: 'a.at',
    });
  });

  it('tell state and needs', () => {
    const { state, needs } = parse('> AT', `${HEADER}state fresh\nneeds generation=1 faults=a,b\n`);
    expect(state).toBe('fresh');
    expect([...needs]).toEqual([
      ['generation', '1'],
      ['faults', 'a,b'],
    ]);
  });
});

describe('errors', () => {
  it.each([
    ['%  AT', 5, /neither a header nor a step/],
    ['? AT\n> AT\n< OK', 5, /the optional question has no answer/],
    ['? AT\n< +CSQ: 1', 5, /the optional question has no answer/],
    ['> AT\ntitle late', 6, /"title" is not a step/],
    ['>', 5, /says nothing/],
    ['~ soon', 5, /whole number of milliseconds/],
    ['! now', 5, /nothing follows/],
    ['< {', 5, /\\x7b/],
    ['< {Name:1}', 5, /is not a variable/],
    ['< {name}', 5, /has no value/],
    ['< {name:1}\n< {name:2}', 6, /was \{name:1\} before/],
    ['<< {name:1}', 5, /must not end in a variable/],
    ['< \\y', 5, /unknown escape/],
    ['title again\n> AT', 5, /a second title/],
    ['# no steps', 1, /there are no steps/],
  ])('%j', (text, line, message) => {
    expect(() => parse(text)).toThrow(DialogueError);
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(new RegExp(`^a\\.at:${line}: `));
  });

  it.each([
    ['title a\nmodem b\n', /header source is missing/],
    ['title a\nmodem b\nsource\n', /header source is missing/],
    [`${HEADER}state asleep\n`, /state is ready or fresh/],
    [`${HEADER}needs speed\n`, /write name=value/],
  ])('%j', (header, message) => {
    expect(() => parse('> AT', header)).toThrow(message);
  });
});
