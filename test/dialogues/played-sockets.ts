/** The sockets that a played Quectel modem has open, by what it and its host have said. */

export interface PlayedSockets {
  /** Id → what `AT+QFWDCLIENT?` says of it (quectel-qfwd.md 1.2). */
  readonly clients: ReadonlyMap<string, string>;
  /** Id → what `AT+QFWDSEVER?` says of it (1.1). */
  readonly servers: ReadonlyMap<string, string>;
}

const OPENS_CLIENT = /^AT\+QFWDCLIENT=\d+,(\d+),"\w+","(\w+)","([^"]+)",(\d+)/;
const OPENS_SERVER = /^AT\+QFWDSER?VER=(?:\d+,(\d+)|(\d+),"\w+"),"\w+","(\w+)",(\d+)/;
const OPENED = /^\+QFWDURC: "(client|server)\/open",(\d+),0\b/;
const CAME_IN = /^\+QFWDURC: "client\/incoming",(\d+),(\d+),("[^"]+",\d+),("[^"]+",\d+)/;
const CLOSED = /^(?:AT\+QFWDS?CLOSE=|\+QFWDURC: "client\/close",)(\d+)/;

/** No source tells the numbers of the local ports; these are as good as any. */
const LOCAL = '"100.64.0.2",40000';

export function playedSockets(talk: string): PlayedSockets {
  const clients = new Map<string, string>();
  const servers = new Map<string, string>();
  const asked = new Map<string, string>();
  for (const line of talk.split(/[\r\n]+/)) {
    const [, client, protocol, address, port] = OPENS_CLIENT.exec(line) ?? [];
    if (client) asked.set(client, `${client},"Active","${protocol}","${address}",${port},${LOCAL},"usbat"`);
    const [, inTable, inExample, kind, number] = OPENS_SERVER.exec(line) ?? [];
    const server = inTable ?? inExample;
    if (server) asked.set(server, `${server},"${kind}",${number},"usbat"`);
    const [, what, opened = ''] = OPENED.exec(line) ?? [];
    if (what) (what === 'client' ? clients : servers).set(opened, asked.get(opened) ?? '');
    const [, of = '', caller, remote, local] = CAME_IN.exec(line) ?? [];
    const protocolOfServer = /"\w+"/.exec(servers.get(of) ?? '')?.[0];
    if (caller) clients.set(caller, `${caller},"Income",${protocolOfServer},${remote},${local},"usbat"`);
    const [, closed = ''] = CLOSED.exec(line) ?? [];
    clients.delete(closed);
    servers.delete(closed);
  }
  return { clients, servers };
}
