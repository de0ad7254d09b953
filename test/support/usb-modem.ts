/** A simulated modem as a USB device in a fake `/sys`: reset by `authorized`, it comes back under the next name. */
import { existsSync, readFileSync } from 'node:fs';
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
  #turn: Promise<void> = Promise.resolve();

  private constructor(sys: FakeSys, sim: SimModem) {
    this.#sys = sys;
    this.#sim = sim;
  }

  /** As `/dev/ttyUSB2`. */
  static async plugIn(sys: FakeSys, sim: SimModem): Promise<UsbModem> {
    const modem = new UsbModem(sys, sim);
    sys.file(AUTHORIZED, '1\n');
    await modem.#bind();
    const look = (): void => {
      modem.#turn = modem.#turn.then(() => modem.#follow());
    };
    const timer = setInterval(look, LOOK_MS);
    onTestFinished(async () => {
      clearInterval(timer);
      await modem.#turn;
      await modem.#release();
    });
    return modem;
  }

  /** With everything that the kernel knew of it. */
  async unplug(): Promise<void> {
    await this.#turn;
    this.#sys.unplug(this.#name);
    await this.#release();
  }

  /** Again, under the next name. */
  async plugInAgain(): Promise<void> {
    await this.#bind();
    this.#sys.file(AUTHORIZED, '1\n');
  }

  get #name(): string {
    return `ttyUSB${this.#number}`;
  }

  async #follow(): Promise<void> {
    const file = join(this.#sys.root, AUTHORIZED);
    if (!existsSync(file)) return;
    const isWanted = readFileSync(file, 'utf8').startsWith('1');
    if (isWanted && !this.#pty) {
      this.#sim.replug('usb');
      this.resets++;
      await this.#bind();
    } else if (!isWanted && this.#pty) {
      this.#sys.unbind(this.#name, USB);
      await this.#release();
    }
  }

  async #release(): Promise<void> {
    await this.#pty?.close();
    this.#pty = undefined;
  }

  async #bind(): Promise<void> {
    this.#number++;
    this.#pty = await openPty(this.#sim);
    this.#sys.plugIn(this.#name, USB, this.#pty.path);
  }
}
