/** One id at a TCP door: each time it listens it takes one caller. */
import type { DoorMember, TcpDoor } from './tcp-door.ts';
import type { TcpLink } from './tcp-link.ts';

export class TcpListener implements DoorMember {
  readonly arrive: (link: TcpLink) => void;
  readonly #door: TcpDoor;

  constructor(door: TcpDoor, arrive: (link: TcpLink) => void) {
    this.#door = door;
    this.arrive = arrive;
  }

  get localPort(): number {
    return this.#door.options.port;
  }

  /** Takes the next caller: one that waits, or one to come. @throws Error if another id listens, or has the port */
  next(): Promise<void> {
    return this.#door.listen(this);
  }

  close(): void {
    this.#door.leave(this);
  }
}
