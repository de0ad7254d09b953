/** SIM-Modem-API's serial bridge as a server: one client in control, who must show that it lives (ecosystem.md 1C). */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { OCCUPIED, SERIAL_DOWN, TIMED_OUT } from '../transport/bridge-words.ts';
import type { Transport } from '../transport/transport.ts';
import { listenTcp, type TcpServer } from '../util/tcp-server.ts';
import { SentinelFilter } from './sentinel-filter.ts';

/** Any traffic counts as life, not only the heartbeat: the seed drops clients that are busy. */
const SILENCE_MS = 5_000;
/** So long a client may take to read why it is dismissed. */
const FAREWELL_MS = 2_000;

/** Each client gets a line of its own, opened when it comes and closed when it goes. */
export function listenBridge(
  line: Pick<Transport, 'open'>,
  place: { readonly host?: string; readonly port?: number } = {},
): Promise<TcpServer> {
  let controlling: Socket | undefined;
  const take = (client: Socket): void => {
    controlling = client;
    client.once('close', () => {
      controlling = undefined;
    });
    void connect(line, client);
  };
  return listenTcp(client => (controlling ? dismiss(client, OCCUPIED) : take(client)), place);
}

async function connect(line: Pick<Transport, 'open'>, client: Socket): Promise<void> {
  try {
    const modem = await line.open();
    if (client.destroyed) modem.destroy();
    else relay(modem, client);
  } catch {
    dismiss(client, SERIAL_DOWN);
  }
}

function relay(modem: Duplex, client: Socket): void {
  const part = (text: string): void => {
    modem.unpipe(client);
    dismiss(client, text);
  };
  const silence = setTimeout(() => {
    // What we do not read, since the modem takes nothing, says nothing about the client.
    if (client.isPaused()) silence.refresh();
    else part(TIMED_OUT);
  }, SILENCE_MS);
  modem.on('error', () => {});
  modem.once('close', () => part(SERIAL_DOWN));
  client.once('close', () => {
    clearTimeout(silence);
    modem.destroy();
  });
  client.on('data', () => silence.refresh());
  client.pipe(new SentinelFilter()).pipe(modem).pipe(client, { end: false });
}

/** It reads on: a connection that is closed over unread bytes is reset, and the text lost with it. */
function dismiss(client: Socket, text: string): void {
  if (client.destroyed || client.writableEnded) return;
  client.unpipe();
  client.resume().end(text);
  const late = setTimeout(() => client.destroy(), FAREWELL_MS).unref();
  client.once('close', () => clearTimeout(late));
}
