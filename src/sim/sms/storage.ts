/** A storage for short messages: the card, or the modem's own memory. It outlives restarts. */

/** In the order of `<stat>` (27.005 3.1). */
export const states = ['REC UNREAD', 'REC READ', 'STO UNSENT', 'STO SENT'] as const;
export type State = 0 | 1 | 2 | 3;

export interface Stored {
  state: State;
  /** The address of the service centre and the TPDU, as it goes over the line. */
  readonly pdu: Buffer;
}

export class Storage {
  readonly name: StorageName;
  readonly places: (Stored | undefined)[];

  constructor(name: StorageName, size: number) {
    this.name = name;
    this.places = Array.from({ length: size }, () => undefined);
  }

  get used(): number {
    return this.places.filter(Boolean).length;
  }

  /** The place where it is now; undefined: there is none. */
  add(state: State, pdu: Buffer): number | undefined {
    const place = this.places.indexOf(undefined);
    if (place < 0) return undefined;
    this.places[place] = { state, pdu };
    return place;
  }
}

export const storageNames = ['SM', 'ME'] as const;
export type StorageName = (typeof storageNames)[number];
