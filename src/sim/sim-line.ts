/** One line to a simulated modem: echo, line editing, prompts, unsolicited lines, pace. */
import type { Duplex } from 'node:stream';
import { type ByteFlow, createPacedFlow, createTurnFlow } from './byte-clock.ts';
import { commandBody } from './command-line.ts';
import type { CommandSet, LineSettings } from './command-set.ts';
import { formatLine, formatResult } from './refusal.ts';
import { type Executive, RunningCommand } from './running-command.ts';
import type { Mouth, SayingKind } from './saying.ts';
import type { Switches, SwitchName } from './sim-switches.ts';

/** What a line needs of its modem. */
export interface LineOwner {
  readonly baud: number | undefined;
  readonly latency: number;
  readonly switches: Switches;
  readonly line: LineSettings;
  readonly commands: CommandSet;
  readonly errorMode: number;
  readonly mouth: Mouth | undefined;
  /** Off, it neither hears nor answers. */
  readonly powered: boolean;
  /** A harmless unsolicited line for the switches that want one. */
  gapUrc(): string;
  heard(commandLine: string): void;
  passed(direction: 'fromHost' | 'toHost', bytes: number): void;
  hungUp(line: SimLine): void;
}

const LF = 10;
const SLASH = 47;
/** A/ repeats the last command line, without a terminator (V.250 5.2.4). */
const REPEAT = /^[^ -~]*[Aa]\/$/;
/** A body that is an ERROR: nothing of a line that is too long is executed (at-generic.md 1.1). */
const NO_COMMAND = '?';
/** No source knows a limit of the modem itself (sequans.md 1.3); it must have one. */
const LONGEST_LINE = 4096;
/** With nobody reading, unsolicited lines beyond this are lost, as on a UART. */
const BACKLOG = 1 << 20;

export class SimLine implements Executive {
  readonly prompt: string;
  readonly #owner: LineOwner;
  readonly #stream: Duplex;
  readonly #incoming: ByteFlow | undefined;
  readonly #outgoing: ByteFlow;
  /** Heard, but not looked at yet: a command is running. */
  #input: Buffer = Buffer.alloc(0);
  #typed = '';
  #lastBody = '';
  #running: RunningCommand | undefined;
  /** Command lines heard so far. */
  #commands = 0;
  /** Unsolicited lines that wait for the end of a payload (at-generic.md 4). */
  #held: string[] = [];
  #open = true;

  constructor(owner: LineOwner, stream: Duplex) {
    this.#owner = owner;
    this.#stream = stream;
    const deliver = (bytes: Buffer): void => {
      owner.passed('toHost', bytes.length);
      stream.write(bytes);
    };
    const hear = (bytes: Buffer): void => this.#hear(bytes);
    const { baud, switches } = owner;
    this.#outgoing = baud === undefined ? createTurnFlow(deliver) : createPacedFlow(baud, deliver);
    this.#incoming = baud === undefined ? undefined : createPacedFlow(baud, hear);
    this.prompt = `${switches.has('prompt-without-crlf') ? '' : '\r\n'}>${switches.has('prompt-without-space') ? '' : ' '}`;
    stream.on('data', (bytes: Buffer) => (this.#incoming ? this.#incoming.push(bytes) : hear(bytes)));
    stream.on('error', () => {});
    stream.on('end', () => this.close());
    stream.on('close', () => this.close());
  }

  get settings(): LineSettings {
    return this.#owner.line;
  }

  get commands(): CommandSet {
    return this.#owner.commands;
  }

  get errorMode(): number {
    return this.#owner.errorMode;
  }

  get latency(): number {
    return this.#owner.latency;
  }

  say(text: string, kind: SayingKind): void {
    this.#push(Buffer.from(text, 'latin1'), kind);
  }

  gap(place: SwitchName): void {
    if (this.#owner.switches.has(place)) this.#sayUrc(this.#owner.gapUrc());
  }

  /**
   * An unsolicited line: at once, since replies are written line by line; only a payload is not interrupted. False: it
   * is lost.
   */
  urc(text: string): boolean {
    if (this.#outgoing.pending + this.#stream.writableLength > BACKLOG) return false;
    if (this.#running?.takesPayload) this.#held.push(text);
    else this.#sayUrc(text);
    return true;
  }

  /** Forgets the command that runs and everything half heard: the modem has restarted. */
  reset(): void {
    this.#running?.cancel();
    this.#running = undefined;
    this.#input = Buffer.alloc(0);
    this.#typed = '';
    this.#held = [];
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.reset();
    this.#incoming?.stop();
    this.#outgoing.stop();
    this.#stream.destroy();
    this.#owner.hungUp(this);
  }

  #push(bytes: Buffer, kind: SayingKind): void {
    const pass = (passed: Buffer): void => {
      if (this.#open && passed.length > 0) this.#outgoing.push(passed);
    };
    const { mouth } = this.#owner;
    const command = kind === 'urc' ? 0 : this.#commands;
    if (mouth) mouth({ kind, bytes, command }, pass);
    else pass(bytes);
  }

  #sayUrc(text: string): void {
    const { switches } = this.#owner;
    const line = formatLine(text, this.settings.verbose && !switches.has('urc-no-leading-crlf'));
    this.say(switches.has('urc-double-crlf') ? `\r\n${line}` : line, 'urc');
  }

  #hear(bytes: Buffer): void {
    this.#owner.passed('fromHost', bytes.length);
    if (!this.#owner.powered || this.#aborts()) return;
    this.#input = this.#input.length === 0 ? bytes : Buffer.concat([this.#input, bytes]);
    this.#pump();
  }

  /** What ends a command is not heard as anything else (V.250 5.6.1). */
  #aborts(): boolean {
    if (!this.#running || this.#running.takesPayload || !this.#owner.switches.has('abort-on-input'))
      return false;
    this.#running.cancel();
    this.#running = undefined;
    this.say(formatResult('ERROR', this.settings.verbose, this.errorMode), 'result');
    return true;
  }

  /** Looks at what was heard. While a command runs the rest waits, and a prompt takes it as payload. */
  #pump(): void {
    while (this.#input.length > 0) {
      if (this.#running?.takesPayload) this.#takePayload(this.#running);
      else if (this.#running) return;
      else this.#takeCommand();
    }
  }

  #takePayload(running: RunningCommand): void {
    const taken = running.feed(this.#input);
    const { switches } = this.#owner;
    if (switches.has('data-echo') || (this.settings.echo && switches.has('payload-echo')))
      this.#push(this.#input.subarray(0, taken), 'echo');
    this.#input = this.#input.subarray(taken);
    if (running.takesPayload) return;
    for (const text of this.#held.splice(0)) this.#sayUrc(text);
  }

  /** Up to the end of a command line. A LF ends one too; behind a CR it ends an empty one, which means nothing. */
  #takeCommand(): void {
    const { registers, echo } = this.settings;
    let taken = 0;
    let ended = false;
    while (taken < this.#input.length && !ended) {
      const char = this.#input[taken++] ?? 0;
      if (char === registers.get(3) || char === LF) {
        ended = true;
      } else if (char === registers.get(5)) {
        this.#typed = this.#typed.slice(0, -1);
      } else if (this.#typed.length <= LONGEST_LINE) {
        this.#typed += String.fromCharCode(char);
        ended = char === SLASH && REPEAT.test(this.#typed);
      }
    }
    if (echo) {
      this.gap('urc-before-echo');
      this.#push(this.#input.subarray(0, taken), 'echo');
    }
    this.#input = this.#input.subarray(taken);
    if (ended) this.#execute();
  }

  #execute(): void {
    const typed = this.#typed;
    this.#typed = '';
    const repeat = REPEAT.test(typed);
    const body = repeat ? this.#lastBody : commandBody(typed);
    if (body === undefined) return;
    const running = new RunningCommand(this);
    this.#running = running;
    this.#commands++;
    this.#owner.heard(repeat ? 'A/' : typed.slice(typed.length - body.length - 2));
    this.#lastBody = body;
    void running.run(typed.length > LONGEST_LINE ? NO_COMMAND : body).then(() => {
      if (this.#running !== running) return;
      this.#running = undefined;
      this.#pump();
    });
  }
}
