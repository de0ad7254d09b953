/** A sharing daemon in small: it knows ATI and the prompt of AT+CMGS, and remembers what it heard. */
import { ClientStream } from '../../src/telnet/client-stream.ts';
import type { To } from './sockets.ts';
import { openServer } from './streams.ts';

const CTRL_Z = '\x1a';
const ESC = '\x1b';

export interface LineServer {
  readonly to: To;
  /** Command lines, those that are empty left out. */
  readonly lines: string[];
  /** What was sent at a prompt, with the Ctrl-Z or ESC that ended it, or without. */
  readonly messages: string[];
}

export async function openLineServer(): Promise<LineServer & { nextToLeave(): Promise<void> }> {
  const lines: string[] = [];
  const messages: string[] = [];
  let left = (): void => {};
  const to = await openServer(socket => {
    const client = new ClientStream(socket, { greeting: 'a modem, shared\r\n' });
    /** What has come of a line, or of a message. */
    let typed = '';
    let atPrompt = false;
    let afterCr = false;
    const prompt = (open: boolean, answer: string): void => {
      client.write(answer);
      atPrompt = open;
      client.expects = open ? 'text' : 'line';
      typed = '';
    };
    const hearLine = (line: string): void => {
      typed = '';
      if (line === '') return;
      lines.push(line);
      if (line.startsWith('AT+CMGS=')) prompt(true, '\r\n> ');
      else client.write(line === 'ATI' ? '\r\natsock line server\r\n\r\nOK\r\n' : '\r\nERROR\r\n');
    };
    const hearPayload = (character: string): void => {
      typed += character;
      if (character === '\r') client.write('\r\n> ');
      if (character !== CTRL_Z && character !== ESC) return;
      messages.push(typed);
      prompt(false, character === ESC ? '\r\nOK\r\n' : '\r\n+CMGS: 1\r\n\r\nOK\r\n');
    };
    const hear = (character: string): void => {
      // Of a CR LF the line has ended with the CR.
      const ended = afterCr && character === '\n';
      afterCr = character === '\r';
      if (ended) return;
      if (atPrompt) hearPayload(character);
      else if ('\r\n'.includes(character)) hearLine(typed);
      else typed += character;
    };
    client.setEncoding('latin1');
    client.on('data', (text: string) => [...text].forEach(hear));
    client.on('end', () => client.end());
    client.on('error', () => {});
    client.on('close', () => {
      if (atPrompt) messages.push(typed);
      left();
    });
  });
  const nextToLeave = (): Promise<void> =>
    new Promise(resolve => {
      left = resolve;
    });
  return { to, lines, messages, nextToLeave };
}
