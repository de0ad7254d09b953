/** A simulated modem as a USB device in a fake `/sys`: reset by `authorized`, it comes back under the next name. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openPty, type SimModem, type SimPty } from '../../src/sim/index.ts';
import type { FakeSys } from './fake-sys.ts';

const LOOK_MS = 20;
const AUTHORIZED = 'sys/devices/pci0000:00/usb1/1-2/authorized';
const USB = { serial: 'A1' };

export class UsbModem {
  resets = 0;
  readonly #sys: FakeSys;
  readonly #sim: SimModem;
  #pty: SimPty | undefined;
  #number = 1;

  private constructor(sys: FakeSys, sim: SimModem) {
    this.#sys = sys;
    this.#sim = sim;
  }

  /** As `/dev/ttyUSB2`. */
  static async plugIn(sys: FakeSys, sim: SimModem): Promise<UsbModem> {
    const modem = new UsbModem(sys, sim);
    sys.file(AUTHORIZED, '1\n');
    await modem.#bind();
    let turn = Promise.resolve();
    const look = (): void => {
      turn = turn.then(() => modem.#follow());
    };
    const timer = setInterval(look, LOOK_MS);
    onTestFinished(async () => {
      clearInterval(timer);
      await turn;
      await modem.#pty?.close();
    });
    return modem;
  }

  get #name(): string {
    return `ttyUSB${this.#number}`;
  }

  async #follow(): Promise<void> {
    const isWanted = readFileSync(join(this.#sys.root, AUTHORIZED), 'utf8').startsWith('1');
    if (isWanted && !this.#pty) {
      this.#sim.replug('usb');
      this.resets++;
      await this.#bind();
    } else if (!isWanted && this.#pty) {
      this.#sys.unbind(this.#name, USB);
      await this.#pty.close();
      this.#pty = undefined;
    }
  }

  async #bind(): Promise<void> {
    this.#number++;
    this.#pty = await openPty(this.#sim);
    this.#sys.plugIn(this.#name, USB, this.#pty.path);
  }
}
