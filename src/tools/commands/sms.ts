/** `atsock sms send|list|watch|delete`: short messages. */
import { buffer } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import type { Modem } from '../../modem.ts';
import type { OutgoingSms, ReceivedSms } from '../../sms/messages.ts';
import { untilStopped } from '../interruption.ts';
import { withModem } from '../open.ts';
import {
  jsonOption,
  type ModemFlags,
  modemOption,
  type OutputFlags,
  traceOption,
  UsageError,
  whole,
} from '../options.ts';
import { complain, complainOf, print } from '../output.ts';
import { plainMessage, printJsonLine, printMessage } from '../sms-text.ts';

type Flags = ModemFlags & OutputFlags;

interface SendFlags extends Flags {
  readonly flash?: true;
  readonly report?: true;
  readonly validity?: number;
}

const MINUTE_MS = 60_000;
const MOST_MINUTES = 63 * 7 * 24 * 60;

export function addSms(program: Command, signal: AbortSignal): void {
  const sms = program
    .command('sms')
    .description('short messages: send, list, watch, delete')
    .helpCommand(false);
  const add = (name: string, description: string): Command =>
    sms
      .command(name)
      .description(description)
      .addOption(modemOption())
      .addOption(traceOption())
      .addOption(jsonOption());
  add('send', 'sends a text, however long, and says what the network called its parts')
    .argument('<to>', 'a number, international with its plus')
    .argument('[text]', '- or nothing: standard input', '-')
    .option('--flash', 'shown at once, and not stored')
    .option('--report', 'asks for delivery reports; "sms watch" shows them')
    .option('--validity <minutes>', 'how long the network tries', whole(1, MOST_MINUTES))
    .action(async (to: string, text: string, flags: SendFlags) => {
      const { flash, report, validity } = flags;
      const message = {
        to,
        text: text === '-' ? await readInput() : text,
        ...(flash && { flash }),
        ...(report && { report }),
        ...(validity !== undefined && { validity: validity * MINUTE_MS }),
      };
      return withModem(flags, signal, modem => send(modem, message, flags));
    });
  add('list', 'the messages on the card').action((flags: Flags) =>
    withModem(flags, signal, async modem => {
      for (const message of await modem.sms.list()) show(message, flags);
    }),
  );
  add('watch', 'prints messages and reports as they come, and what is on the card first; until Ctrl-C')
    .option('--delete', 'deletes each message from the card once it is printed')
    .action((flags: Flags & { readonly delete?: true }) =>
      untilStopped(
        withModem(flags, signal, modem => watch(modem, flags, signal)),
        signal,
      ),
    );
  add('delete', 'deletes a message from the card')
    .argument('<id>', 'the number that "sms list" shows first', readPlace)
    .action((id: number, flags: Flags) => withModem(flags, signal, ({ sms }) => sms.delete(id)));
}

async function readInput(): Promise<string> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await buffer(process.stdin));
    return text.replace(/\r?\n$/, '');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw cause;
    throw new UsageError('standard input is no text in UTF-8');
  }
}

function readPlace(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number that "sms list" shows.');
}

async function send(modem: Modem, message: OutgoingSms, { json }: OutputFlags): Promise<void> {
  const sent = await modem.sms.send(message).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ERR_INVALID_ARG_VALUE' ? new UsageError(error.message) : error;
  });
  if (json) return printJsonLine(sent);
  print(`sent in ${sent.parts === 1 ? '1 part' : `${sent.parts} parts`}: ${sent.references.join(', ')}`);
}

function show(message: ReceivedSms, { json }: OutputFlags): void {
  if (json) printJsonLine(plainMessage(message));
  else printMessage(message);
}

/** With `--json` one line each; a report is told from a message by its `reference`. */
function watch(
  { sms }: Modem,
  flags: Flags & { readonly delete?: true },
  signal: AbortSignal,
): Promise<void> {
  sms.on('report', report => {
    if (flags.json) printJsonLine(report);
    else print(`report ${report.reference}: ${report.state}`);
  });
  sms.on('unreadable', ({ place, error }) => complain(`message ${place}: ${error.message}`));
  sms.on('storage', ({ used, total }) => complain(`${used} of ${total} places on the card are taken`));
  sms.on('trouble', complainOf);
  if (flags.delete) sms.receive(async message => show(message, flags));
  else sms.on('message', message => show(message, flags));
  complain('waiting for messages until Ctrl-C');
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }));
}
