/** A modem behind a telnet server, such as ser2net without RFC 2217: speed and wires stay as the server has them. */
import { relayed } from './relay-stream.ts';
import { createTcpTransport, type TcpTransportOptions } from './tcp.ts';
import { TelnetLine } from './telnet-line.ts';
import type { Transport } from './transport.ts';

export const createTelnetTransport = (options: Omit<TcpTransportOptions, 'scheme'>): Transport =>
  relayed(inner => new TelnetLine(inner))(createTcpTransport({ ...options, scheme: 'telnet' }));
