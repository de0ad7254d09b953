/** A UDP service on loopback for the tests: answers with what `reply` makes of each datagram. */
import { createSocket } from 'node:dgram';
import { onTestFinished } from 'vitest';

export function openEcho(
  family: 4 | 6 = 4,
  reply: (data: Buffer) => Buffer = data => data,
): Promise<{ readonly port: number; readonly heard: Buffer[]; send(data: string, port: number): void }> {
  const address = family === 4 ? '127.0.0.1' : '::1';
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
  const heard: Buffer[] = [];
  socket.on('message', (data, from) => {
    heard.push(data);
    socket.send(reply(data), from.port, from.address);
  });
  onTestFinished(() => new Promise<void>(resolve => socket.close(() => resolve())));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.bind(0, address, () =>
      resolve({
        port: socket.address().port,
        heard,
        send: (data, port) => socket.send(data, port, address),
      }),
    );
  });
}
