/** Bytes both ways between a client and a connection of the modem, with the ends and failures of each told to the other. */
import type { Socket } from 'node:net';

export function tunnel(client: Socket, remote: Socket): void {
  client.pipe(remote).pipe(client);
  client.on('error', () => remote.destroy());
  client.on('close', () => remote.destroySoon());
  remote.on('error', () => {});
  remote.on('close', () => {
    // An orderly end would make the client believe that it has got everything.
    if (remote.readableEnded) client.destroySoon();
    else client.resetAndDestroy();
  });
}
