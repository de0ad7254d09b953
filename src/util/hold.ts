/** A hold keeps the process alive, as an open handle of Node does, until it is released. */

const LONGEST_TIMER_MS = 2 ** 31 - 1;
const nothing = (): void => {};

export interface Hold {
  /** Like `ref()` and `unref()` of a Node handle: both may be called any number of times. */
  ref(): void;
  unref(): void;
  hasRef(): boolean;
  release(): void;
}

/** Transports never keep the process alive; open sockets and commands in flight do, through one of these. */
export function createHold(): Hold {
  // A timer that practically never fires is the one handle of Node that needs no descriptor.
  const timer = setInterval(nothing, LONGEST_TIMER_MS);
  let released = false;
  return {
    ref: () => void (released || timer.ref()),
    unref: () => void timer.unref(),
    hasRef: () => !released && timer.hasRef(),
    release: () => {
      released = true;
      clearInterval(timer);
    },
  };
}
