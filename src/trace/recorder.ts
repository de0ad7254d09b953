/** Records what a modem is used for: the AT dialogue, what sockets do above it, and what every command waited for. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type CommandReport, commandReports } from '../at/command-report.ts';
import { redact } from '../transport/redact.ts';
import { unquote } from '../util/quote.ts';
import type { CommandSpan, Lane, Recording, SocketSummary, Step } from './events.ts';

/** A page with more can be read neither by people nor by browsers. */
const MOST_STEPS = 5_000;
/** For the shares of time; a day of one command each second. */
const MOST_COMMANDS = 100_000;

/** Line ends that the dialogue format leaves out (architecture.md 7.1). */
const AROUND: Readonly<Record<string, number>> = { '>': '\r'.length, '<': '\r\n\r\n'.length };

/** On whose behalf commands run. */
export interface Errand {
  readonly socket: number;
  readonly waitsForNetwork: boolean;
}

export class TraceRecorder {
  readonly #began = new Date();
  readonly #start = performance.now();
  readonly #baud: number | undefined;
  readonly #steps: Step[] = [];
  readonly #commands: CommandSpan[] = [];
  readonly #sockets: SocketSummary[] = [];
  readonly #errands = new AsyncLocalStorage<Errand>();
  #leftOut = 0;

  /** @param baud bits per second, where the line has a speed */
  constructor(baud?: number) {
    this.#baud = baud;
    commandReports.subscribe(this.#command);
  }

  get now(): number {
    return performance.now() - this.#start;
  }

  /** One step of the dialogue format, secrets removed (`trace` of `openModem`). */
  line(text: string): void {
    const [, mark = '', quoted = ''] = /^(>>?|<<?) +(.*)$/s.exec(text) ?? [];
    if (mark === '') return;
    const bytes = unquote(quoted).length + (AROUND[mark] ?? 0);
    const [from, to]: [Lane, Lane] = mark.startsWith('>') ? ['library', 'modem'] : ['modem', 'library'];
    this.step(from, to, quoted, bytes, this.#errands.getStore()?.socket ?? 0);
  }

  step(from: Lane, to: Lane, text: string, bytes = 0, socket = 0): void {
    if (this.#steps.length >= MOST_STEPS) {
      this.#leftOut++;
      return;
    }
    const last = this.#steps.at(-1);
    // What came from the network is known by the line that says so, and came before it.
    const back = from === 'network' && last?.from === 'modem' ? 1 : 0;
    const at = back === 0 || !last ? this.now : last.at;
    this.#steps.splice(this.#steps.length - back, 0, { at, from, to, text, bytes, socket });
  }

  socket(title: string): SocketSummary {
    const summary = { id: this.#sockets.length + 1, title, sent: 0, received: 0, awaited: 0 };
    this.#sockets.push(summary);
    return summary;
  }

  /** Commands that run inside `work` are counted for its socket. */
  onErrand<T>(errand: Errand, work: () => Promise<T>): Promise<T> {
    return this.#errands.run(errand, work);
  }

  /** Ends the recording. */
  finish(): Recording {
    commandReports.unsubscribe(this.#command);
    return {
      began: this.#began,
      durationMs: this.now,
      steps: this.#steps,
      leftOut: this.#leftOut,
      commands: this.#commands,
      sockets: this.#sockets,
      baud: this.#baud,
    };
  }

  readonly #command = (message: unknown): void => {
    const { line, queuedAt, writtenAt, endedAt } = message as CommandReport;
    if (this.#commands.length >= MOST_COMMANDS) return;
    const { socket = 0, waitsForNetwork = false } = this.#errands.getStore() ?? {};
    this.#commands.push({
      line: redact(`AT${line}`),
      socket,
      waitsForNetwork,
      queuedAt: queuedAt - this.#start,
      writtenAt: writtenAt - this.#start,
      endedAt: endedAt - this.#start,
    });
  };
}
