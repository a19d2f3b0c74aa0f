/** The configuration that is in force: true in the log, edited as files. Published by itself only into a log that holds nothing else. */
import type { EventStore } from '@waymark/event-store';
import {
  derivedId,
  eventIdOf,
  fold,
  isRejection,
  streamName,
  upcasting,
  type Actor,
  type Decider,
  type DomainEvent,
  type NewEvent,
} from '@waymark/kernel';
import { activeConfiguration, type ActiveConfiguration } from './active';
import { readConfiguration, type ConfigurationFiles } from './files';
import { configurationEvents, ruleSetStream, serviceStream, type Publish, type Published, type ServiceContent } from './published';
import { RuleSet, contentHash, type RuleSetContent } from './rule-set';

export interface ConfigurationOptions {
  /** The folder that holds facts.yaml, rules/, services/ and the rest. */
  readonly folder: string;
  readonly store: EventStore;
  readonly clock: () => Date;
}

/** One stream of configuration, as far as it has been read. */
interface Read<Content> {
  /** Of the last event; -1 before the first. */
  readonly revision: number;
  readonly published: Published<Content>;
}

interface Known {
  readonly service: Read<ServiceContent>;
  readonly ruleSet: Read<RuleSetContent>;
  readonly active?: ActiveConfiguration;
}

/** The first start, or one that died while it published, completes what is missing and changes nothing. */
type Where = 'where-nothing-is' | 'where-something-changed';

/** Who publishes, and why: both stand in the event. */
export interface Publisher {
  readonly actor: Pick<Actor, 'id' | 'role'>;
  readonly reason: string;
}

/** What was appended for one service. */
export interface Publication {
  readonly service: string;
  readonly what: What;
  /** Of the rules, the id that every suggestion names. */
  readonly contentHash: string;
  readonly position: string;
}
type What = 'service' | 'rules';

const AT_THE_FIRST_START: Publisher = {
  actor: { id: 'system', role: 'system' },
  reason: 'The configuration files, published at the first start',
};

type Stream<Content, Event extends DomainEvent> = Decider<Published<Content>, Publish<Content>, Event, Event, undefined>;

/** The log itself, or a copy that may be a little behind it and answers also while it does not. */
type ReadFrom = Pick<EventStore, 'read'>;

const NOTHING: Known = { service: { revision: -1, published: {} }, ruleSet: { revision: -1, published: {} } };
const upcast = upcasting(configurationEvents);

export class Configuration {
  private readonly known = new Map<string, Known>();
  private readonly ruleSets = new Map<string, RuleSet>();
  private found: readonly string[] = [];

  private constructor(
    private readonly store: EventStore,
    private readonly clock: () => Date,
    private readonly files: ConfigurationFiles,
  ) {}

  /** Reads and checks the files, publishes them into an empty log, and reads what is published. Throws ConfigurationMistakes. */
  static async open({ folder, store, clock }: ConfigurationOptions): Promise<Configuration> {
    return Configuration.from(readConfiguration(folder), { store, clock });
  }

  /** As `open`, for what files would say. */
  static async from(files: ConfigurationFiles, { store, clock }: Omit<ConfigurationOptions, 'folder'>): Promise<Configuration> {
    const configuration = new Configuration(store, clock, files);
    if (await holdsConfigurationAlone(store)) await configuration.append(AT_THE_FIRST_START, 'where-nothing-is');
    for (const { service } of configuration.files.services) await configuration.configured(service.id);
    configuration.found = configuration.differences();
    return configuration;
  }

  /** Where the files said something else, at the start, than what is published, in one line of words. What is published counts. */
  get warning(): string | undefined {
    if (this.found.length === 0) return undefined;
    return `The configuration files differ from what is published: ${this.found.join(', ')}. What is published counts; waymark config publish publishes the files`;
  }

  /** What the service works with now. Throws for a service that is not configured: ask `services` or `configured` first. */
  async current(service = this.defaultService(), log: ReadFrom = this.store): Promise<ActiveConfiguration> {
    const active = service === undefined ? undefined : await this.configured(service, log);
    if (!active) throw new Error('No such service is configured');
    return active;
  }

  /** What the service works with now, `undefined` when nothing is published for it. */
  async configured(service: string, log: ReadFrom = this.store): Promise<ActiveConfiguration | undefined> {
    if (!/^[a-z0-9]{2,12}$/.test(service)) return undefined;
    const before = this.known.get(service) ?? NOTHING;
    const [configured, ruleSet] = await Promise.all([
      this.readOn(log, streamName('service', service), serviceStream, before.service),
      this.readOn(log, streamName('ruleset', service), ruleSetStream, before.ruleSet),
    ]);
    if (configured === before.service && ruleSet === before.ruleSet) return before.active;
    const active = this.activate(configured.published.content, ruleSet.published.content);
    this.known.set(service, { service: configured, ruleSet, ...(active ? { active } : {}) });
    return active;
  }

  /** What the service worked with once the event at `position` was in the log; `undefined` = before it was configured. */
  async at(service: string, position: string | undefined, log: ReadFrom = this.store): Promise<ActiveConfiguration | undefined> {
    const upTo = async <Content, Event extends DomainEvent>(
      stream: string,
      decider: Stream<Content, Event>,
    ): Promise<Published<Content>> => {
      const events = await log.read(stream);
      return fold({ ...decider, initial: {} }, events.filter((event) => event.position <= (position ?? '')).map(upcast));
    };
    const configured = await upTo(streamName('service', service), serviceStream);
    const ruleSet = await upTo(streamName('ruleset', service), ruleSetStream);
    const now = this.known.get(service);
    // Most of what is asked about lies after the last change.
    const same =
      configured.contentHash === now?.service.published.contentHash && ruleSet.contentHash === now?.ruleSet.published.contentHash;
    return same ? now?.active : this.activate(configured.content, ruleSet.content);
  }

  /** Services that have been published, of those in the files or asked about. */
  services(): readonly string[] {
    return [...this.known].filter(([, { active }]) => active !== undefined).map(([service]) => service);
  }

  defaultService(): string | undefined {
    return this.services().find((service) => this.known.get(service)?.active?.service.default === true);
  }

  /** Publishes what the files say, for every service in them; nothing where nothing changed. */
  publish(by: Publisher): Promise<readonly Publication[]> {
    return this.append(by, 'where-something-changed');
  }

  private async append(by: Publisher, where: Where): Promise<readonly Publication[]> {
    const done: (Publication | undefined)[] = [];
    for (const content of this.files.services) {
      const { id } = content.service;
      // Rules first: a service that is configured then has rules from its first moment.
      done.push(await this.publishTo({ service: id, what: 'rules' }, ruleSetStream, this.files.ruleSet, by, where));
      done.push(await this.publishTo({ service: id, what: 'service' }, serviceStream, content, by, where));
    }
    return done.filter((publication) => publication !== undefined);
  }

  private async publishTo<Content, Event extends DomainEvent>(
    { service, what }: Pick<Publication, 'service' | 'what'>,
    decider: Stream<Content, Event>,
    content: Content,
    by: Publisher,
    where: Where,
  ): Promise<Publication | undefined> {
    const stream = streamName(what === 'rules' ? 'ruleset' : 'service', service);
    const hash = contentHash(content);
    for (;;) {
      const { revision, published } = await this.readOn(this.store, stream, decider, { revision: -1, published: {} });
      if (where === 'where-nothing-is' && revision >= 0) return undefined;
      const decision = decider.decide({ content, reason: by.reason }, published, undefined);
      if (isRejection(decision) || decision.length === 0) return undefined;
      const commandId = derivedId('publish', stream, String(revision), hash);
      const appended = await this.store.append(
        stream,
        revision < 0 ? 'none' : revision,
        decision.map((event, index) => this.newEvent(event, by, { service, stream, commandId, index })),
      );
      if (appended.outcome === 'conflict') continue;
      const [event] = appended.events;
      return appended.outcome === 'appended' && event ? { service, what, contentHash: hash, position: event.position } : undefined;
    }
  }

  private newEvent(
    { type, data }: DomainEvent,
    { actor }: Publisher,
    { service, stream, commandId, index }: { service: string; stream: string; commandId: string; index: number },
  ): NewEvent {
    return {
      id: eventIdOf(commandId, stream, index),
      type,
      schemaVersion: configurationEvents[type as keyof typeof configurationEvents].schemaVersion,
      occurredAt: this.clock().toISOString(),
      data,
      meta: { service, actor: actor.id, role: actor.role, commandId, correlationId: commandId },
    };
  }

  private async readOn<Content, Event extends DomainEvent>(
    log: ReadFrom,
    stream: string,
    decider: Stream<Content, Event>,
    before: Read<Content>,
  ): Promise<Read<Content>> {
    const events = await log.read(stream, before.revision + 1);
    const last = events.at(-1);
    if (!last) return before;
    return { revision: last.revision, published: fold({ ...decider, initial: before.published }, events.map(upcast)) };
  }

  private activate(service: ServiceContent | undefined, rules: RuleSetContent | undefined): ActiveConfiguration | undefined {
    if (!service || !rules) return undefined;
    const hash = contentHash(rules);
    const ruleSet = this.ruleSets.get(hash) ?? new RuleSet(rules);
    this.ruleSets.set(hash, ruleSet);
    return activeConfiguration(service, ruleSet);
  }

  /** Of each service, what its files say otherwise. */
  private differences(): string[] {
    return this.files.services.flatMap((content) => {
      const { id } = content.service;
      const known = this.known.get(id);
      if (!known?.active) return [`${id} (new: it does not exist until it is published)`];
      const differs: What[] = [];
      if (known.service.published.contentHash !== contentHash(content)) differs.push('service');
      if (known.ruleSet.published.contentHash !== contentHash(this.files.ruleSet)) differs.push('rules');
      return differs.length === 0 ? [] : [`${id} (${differs.join(', ')})`];
    });
  }
}

/** Empty, or left by a start that did not get further than publishing. */
async function holdsConfigurationAlone(store: EventStore): Promise<boolean> {
  for await (const { type } of store.readAll()) if (!Object.hasOwn(configurationEvents, type)) return false;
  return true;
}
