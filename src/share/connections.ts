/** The connections of one client: its commands get the modem's ids, and the replies its own numbers. */
import type { Call } from '../at/command-line.ts';
import { AtError, type Executor, type Reply } from '../at/index.ts';
import { parseParams } from '../at/params.ts';
import type { Naming, OwnedUrc } from '../dialects/sharing.ts';
import { lineCommand } from './commands.ts';
import { ClientIds } from './connection-ids.ts';
import { ownLines, renumber, renumberParams, renumberReply } from './renaming.ts';
import type { Run } from './shared-modem.ts';

/** "Memory full" (27.007 9.2.1), which the driver takes for EMFILE. */
const ALL_TAKEN = '20';

type Execute = (calls: readonly Call[]) => Promise<Reply>;

export class Connections {
  #run: Run | undefined;
  #ids: ClientIds | undefined;
  /** What the client has set for each of its numbers, since the id behind it changes. */
  readonly #settings = new Map<number, Map<string, Call>>();

  holds(id: number): boolean {
    return this.#ids?.number(id) !== undefined;
  }

  isHexToModem(run: Run, number: number): boolean {
    const id = this.#idsOf(run).real(number);
    return id !== undefined && run.ids.hexToModem.has(id);
  }

  /** The line for this client; undefined: the connection is another's. */
  rename(line: string, { id, place, brings }: OwnedUrc): string | undefined {
    const number = this.#ids?.number(id);
    if (!this.#ids || number === undefined) return undefined;
    const renamed = renumber(line, place, number);
    return brings ? renumber(renamed, brings.place, this.#ids.adopt(brings.id)) : renamed;
  }

  /** @throws AtError */
  async perform(run: Run, at: Executor, call: Call, execute: Execute): Promise<Reply> {
    const { sharing } = run;
    const ids = this.#idsOf(run);
    const list = sharing?.list(call);
    if (list) {
      const reply = await execute([call]);
      return { ...reply, info: ownLines(reply.info, list.absent, ids, run.ids.visible) };
    }
    const naming = sharing?.naming(call);
    return naming ? this.#performOn(run, at, call, naming, execute) : execute([call]);
  }

  /** The modem has none of them any more. */
  forget(): void {
    this.#run = undefined;
    this.#ids = undefined;
    this.#settings.clear();
  }

  /** Closes what is open and gives its ids back, after what is in flight: it may be opening one more. Never rejects. */
  async close(): Promise<void> {
    const run = this.#run;
    const ids = this.#ids;
    const sharing = run?.sharing;
    if (!run || !ids || !sharing) return;
    const closeAll = async (at: Executor): Promise<void> => {
      for (const id of ids.held) {
        const closed = await sharing.close(at, id).then(
          () => true,
          () => false,
        );
        if (closed) run.ids.give(id);
        // Lent again when the modem says that it is closed.
        else run.ids.orphan(id);
      }
    };
    // The line is gone, and all connections with it.
    await run.at.transaction(closeAll).catch(() => {});
  }

  #idsOf(run: Run): ClientIds {
    if (this.#run !== run || !this.#ids) {
      this.#run = run;
      this.#ids = new ClientIds(run.ids);
    }
    return this.#ids;
  }

  async #performOn(
    run: Run,
    at: Executor,
    call: Call,
    { place, does, replyPlaces }: Naming,
    execute: Execute,
  ): Promise<Reply> {
    const ids = this.#idsOf(run);
    const number = parseParams(call.text)[place];
    // A number in another spelling could be read as another one.
    if (typeof number !== 'number' || !run.ids.knows(number)) throw refused(call);
    let id = ids.real(number);
    if (id === undefined && does === 'close') return { result: 'OK', info: [], disturbed: false };
    if (id === undefined && does === 'use') throw refused(call);
    id ??= await this.#lend(run, at, ids, number, call);
    const real = { ...call, text: renumberParams(call.text, place, id) };
    const reply = await execute([real]);
    if (does === 'configure') this.#remember(run, number, id, call);
    if (does === 'close') ids.give(number);
    const isCaller = (other: number): boolean => run.ids.holder(other) === undefined;
    return { ...reply, info: renumberReply(reply.info, replyPlaces, ids, isCaller) };
  }

  /** An id of the modem for a number of the client, set as the client has set its number. */
  async #lend(run: Run, at: Executor, ids: ClientIds, number: number, call: Call): Promise<number> {
    let id = ids.lend(number);
    if (id === undefined && run.sharing) {
      run.ids.reclaim(await run.sharing.openIds(at));
      id = ids.lend(number);
    }
    if (id === undefined) throw new AtError('cme', { line: call.name }, ALL_TAKEN);
    run.ids.hexFromModem.delete(id);
    run.ids.hexToModem.delete(id);
    for (const setting of this.#settings.get(number)?.values() ?? []) {
      const { place = 0 } = run.sharing?.naming(setting) ?? {};
      const real = { ...setting, text: renumberParams(setting.text, place, id) };
      await at.execute(lineCommand([real], run.sharing, undefined));
      this.#note(run, id, setting);
    }
    return id;
  }

  #remember(run: Run, number: number, id: number, call: Call): void {
    const settings = this.#settings.get(number) ?? new Map<string, Call>();
    this.#settings.set(number, settings.set(call.name, call));
    this.#note(run, id, call);
  }

  #note(run: Run, id: number, call: Call): void {
    const encoding = run.sharing?.encoding(call);
    if (!encoding) return;
    mark(run.ids.hexFromModem, id, encoding.fromModem);
    mark(run.ids.hexToModem, id, encoding.toModem);
  }
}

const mark = (set: Set<number>, id: number, on: boolean): unknown => (on ? set.add(id) : set.delete(id));

const refused = ({ name }: Call): AtError => new AtError('error', { line: name }, 'ERROR');
