/**
 * Which log, and which database, lies on a server, and whether it is the whole log. The id of the log is the first event of a stream of
 * its own, made by whoever appends first; an import says there that it has begun, and that it has ended.
 */
import { randomUUID } from 'node:crypto';
import { LogUnusable } from '../event-store';
import { meaningOf } from './answers';
import { asked } from './asking';
import type { Connection } from './connection';
import { LOG_STREAM } from './stored-form';

const LOG_CREATED = 'LogCreated';
const IMPORT_BEGUN = 'ImportBegun';
const IMPORT_ENDED = 'ImportEnded';
/** More than any log has had imports. */
const WORDS = 1_000;
/** The server's own: the id of its first event is the same on all nodes, and another in every other database. */
const EPOCHS = '$epoch-information';

interface Found {
  readonly id: string;
  /** Where the log begins. */
  readonly beginning: bigint;
  /** `undefined` where the server does not show it. */
  readonly database: string | undefined;
  /** Of the last word about this log. */
  readonly revision: number;
  readonly isPart: boolean;
}

export class LogIdentity {
  private found: Found | undefined;
  private readonly drawn = randomUUID();
  private toldOfEpochs = false;

  constructor(
    private readonly connection: Connection,
    private readonly prefix: string,
    private readonly notice: (message: string, trouble: boolean) => void,
  ) {}

  /** Until the first append, the id that the log will get unless another process makes it first. */
  get id(): string {
    return this.found?.id ?? this.drawn;
  }

  get database(): string | undefined {
    return this.found?.database;
  }

  /** `undefined` as long as nobody has made the log. */
  async beginning(): Promise<bigint | undefined> {
    this.found ??= await this.look();
    return this.found?.beginning;
  }

  async make(appends: Connection): Promise<void> {
    if ((await this.beginning()) !== undefined) return;
    const event = { id: randomUUID(), type: LOG_CREATED, data: { id: this.drawn }, metadata: {} };
    try {
      await asked('the id of the log', appends, () => appends.append(this.prefix + LOG_STREAM, 'none', [event]));
    } catch (fault) {
      if (meaningOf(fault) !== 'conflict') throw fault;
    }
    await this.beginning();
  }

  /** An import did not end: what is there may be sound and is not the log. Looked up again only while it is so. */
  async isPart(): Promise<boolean> {
    await this.beginning();
    if (this.found?.isPart) this.found = await this.look();
    return this.found?.isPart === true;
  }

  /** For an import: from its first event until it is verified the log is a part of one. */
  async sayWhetherPart(isPart: boolean, appends: Connection): Promise<void> {
    await this.make(appends);
    const { found } = this;
    if (found === undefined || found.isPart === isPart) return;
    const event = { id: randomUUID(), type: isPart ? IMPORT_BEGUN : IMPORT_ENDED, data: {}, metadata: {} };
    try {
      await asked('the state of the log', appends, () => appends.append(this.prefix + LOG_STREAM, found.revision, [event]));
    } catch (fault) {
      if (meaningOf(fault) !== 'conflict') throw fault;
    }
    this.found = await this.look();
    if (this.found?.isPart !== isPart) throw new LogUnusable('Another process imports into the log, too; stop it, and import again');
  }

  /** Whether the server still holds the log that was found there. */
  async isThere(): Promise<boolean> {
    const { found } = this;
    if (found === undefined) return (await this.beginning()) !== undefined;
    const now = await this.look();
    return now?.id === found.id && now.database === found.database;
  }

  private async look(): Promise<Found | undefined> {
    const words = await asked('the id of the log', this.connection, () => this.connection.readStream(this.prefix + LOG_STREAM, 0, WORDS));
    const [created, last] = [words[0], words.at(-1)];
    if (!created || !last) return undefined;
    const { id } = Object(created.data) as { id?: unknown };
    if (typeof id !== 'string' || created.position === undefined)
      throw new LogUnusable(`${LOG_STREAM} on the server does not say which log it is`);
    return {
      ...{ id, beginning: created.position, database: await this.epoch() },
      ...{ revision: last.revision, isPart: last.type === IMPORT_BEGUN },
    };
  }

  private async epoch(): Promise<string | undefined> {
    try {
      return (await asked('its epochs', this.connection, () => this.connection.readStream(EPOCHS, 0, 1)))[0]?.id;
    } catch (fault) {
      if (!(fault instanceof LogUnusable)) throw fault;
      if (!this.toldOfEpochs) this.notice('The server does not show its epochs: the id of the log alone tells it from another', false);
      this.toldOfEpochs = true;
      return undefined;
    }
  }
}
