/** The part of the package `serialport` that we use, and how it is loaded. */
import { codedError, codeOf } from './open-error.ts';

export interface SerialSettings {
  readonly path: string;
  readonly baudRate: number;
  readonly rtscts: boolean;
  readonly lock: boolean;
}

/** An open port, as the bindings of `serialport` give it (their BindingPortInterface). */
export interface SerialPortBinding {
  /** Resolves with at least one byte; rejects when the port is closed or gone. */
  read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number }>;
  /** Resolves when the system has taken all bytes. */
  write(buffer: Buffer): Promise<void>;
  update(options: { baudRate: number }): Promise<void>;
  set(options: { brk: boolean; cts: boolean; dsr: boolean; dtr: boolean; rts: boolean }): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface SerialBinding {
  open(settings: SerialSettings): Promise<SerialPortBinding>;
}

/** Loaded only when a port is opened: most programs reach their modem some other way, and it is native code. */
export async function loadSerialport(): Promise<typeof import('serialport')> {
  try {
    return await import('serialport');
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw codedError(
      codeOf(error) ?? 'ERR_MODULE_NOT_FOUND',
      `Serial ports need the package serialport, which cannot be loaded: ${reason}`,
      error,
    );
  }
}
