/** Bytes both ways between a client and a connection of the modem, with the ends and failures of each told to the other. */
import type { Socket } from 'node:net';

/**
 * @param ending gets the connection while its client has said all: an answer may still come, or the client has gone,
 * and nobody can tell
 */
export function tunnel(client: Socket, remote: Socket, ending: Set<Socket>): void {
  client.pipe(remote).pipe(client);
  client.once('end', () => ending.add(remote));
  remote.once('close', () => ending.delete(remote));
  client.on('error', () => remote.destroy());
  client.on('close', () => remote.destroySoon());
  remote.on('error', () => {});
  remote.on('close', () => {
    // An orderly end would make the client believe that it has got everything.
    if (remote.readableEnded) client.destroySoon();
    else client.resetAndDestroy();
  });
}
