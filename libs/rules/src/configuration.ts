/** The configuration that is in force: true in the log, edited as files. Published by itself only into a log that holds nothing else. */
import type { EventStore } from '@waymark/event-store';
import {
  derivedId,
  eventIdOf,
  fold,
  isRejection,
  streamName,
  upcasting,
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

type Stream<Content, Event extends DomainEvent> = Decider<Published<Content>, Publish<Content>, Event, Event, undefined>;

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
    if (await holdsConfigurationAlone(store))
      await configuration.append('The configuration files, published at the first start', 'where-nothing-is');
    for (const { service } of configuration.files.services) await configuration.configured(service.id);
    configuration.found = configuration.differences();
    return configuration;
  }

  /** Where the files said something else, at the start, than what is published, in words. What is published counts. */
  get warnings(): readonly string[] {
    return this.found;
  }

  /** What the service works with now. Throws for a service that is not configured: ask `services` or `configured` first. */
  async current(service = this.defaultService()): Promise<ActiveConfiguration> {
    const active = service === undefined ? undefined : await this.configured(service);
    if (!active) throw new Error('No such service is configured');
    return active;
  }

  /** What the service works with now, `undefined` when nothing is published for it. */
  async configured(service: string): Promise<ActiveConfiguration | undefined> {
    if (!/^[a-z0-9]{2,12}$/.test(service)) return undefined;
    const before = this.known.get(service) ?? NOTHING;
    const [configured, ruleSet] = await Promise.all([
      this.readOn(streamName('service', service), serviceStream, before.service),
      this.readOn(streamName('ruleset', service), ruleSetStream, before.ruleSet),
    ]);
    if (configured === before.service && ruleSet === before.ruleSet) return before.active;
    const active = this.activate(configured.published.content, ruleSet.published.content);
    this.known.set(service, { service: configured, ruleSet, ...(active ? { active } : {}) });
    return active;
  }

  /** What the service worked with once the event at `position` was in the log; `undefined` = before it was configured. */
  async at(service: string, position: string | undefined): Promise<ActiveConfiguration | undefined> {
    const upTo = async <Content, Event extends DomainEvent>(
      stream: string,
      decider: Stream<Content, Event>,
    ): Promise<Published<Content>> => {
      const events = await this.store.read(stream);
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

  /** Publishes what the files say, for every service in them; nothing where nothing changed. Returns the streams that grew. */
  publish(reason: string): Promise<readonly string[]> {
    return this.append(reason, 'where-something-changed');
  }

  private async append(reason: string, where: Where): Promise<readonly string[]> {
    const grown: string[] = [];
    for (const content of this.files.services) {
      const { id } = content.service;
      const rules = { stream: streamName('ruleset', id), content: this.files.ruleSet };
      const service = { stream: streamName('service', id), content };
      // Rules first: a service that is configured then has rules from its first moment.
      if (await this.publishTo(id, rules.stream, ruleSetStream, { content: rules.content, reason }, where)) grown.push(rules.stream);
      if (await this.publishTo(id, service.stream, serviceStream, { content: service.content, reason }, where)) grown.push(service.stream);
    }
    return grown;
  }

  private async publishTo<Content, Event extends DomainEvent>(
    service: string,
    stream: string,
    decider: Stream<Content, Event>,
    publish: Publish<Content>,
    where: Where,
  ): Promise<boolean> {
    for (;;) {
      const { revision, published } = await this.readOn(stream, decider, { revision: -1, published: {} });
      if (where === 'where-nothing-is' && revision >= 0) return false;
      const decision = decider.decide(publish, published, undefined);
      if (isRejection(decision) || decision.length === 0) return false;
      const commandId = derivedId('publish', stream, String(revision), contentHash(publish.content));
      const { outcome } = await this.store.append(
        stream,
        revision < 0 ? 'none' : revision,
        decision.map((event, index) => this.newEvent(event, service, stream, commandId, index)),
      );
      if (outcome === 'appended') return true;
      if (outcome === 'repeated') return false;
    }
  }

  private newEvent({ type, data }: DomainEvent, service: string, stream: string, commandId: string, index: number): NewEvent {
    return {
      id: eventIdOf(commandId, stream, index),
      type,
      schemaVersion: configurationEvents[type as keyof typeof configurationEvents].schemaVersion,
      occurredAt: this.clock().toISOString(),
      data,
      meta: { service, actor: 'system', role: 'system', commandId, correlationId: commandId },
    };
  }

  private async readOn<Content, Event extends DomainEvent>(
    stream: string,
    decider: Stream<Content, Event>,
    before: Read<Content>,
  ): Promise<Read<Content>> {
    const events = await this.store.read(stream, before.revision + 1);
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

  private differences(): string[] {
    return this.files.services.flatMap((content) => {
      const { id } = content.service;
      const known = this.known.get(id);
      if (!known?.active) return [`services/${id}.yaml is not published; the service does not exist until it is`];
      const differs = [];
      if (known.service.published.contentHash !== contentHash(content))
        differs.push(`The files about ${id} differ from what is published; what is published counts`);
      if (known.ruleSet.published.contentHash !== contentHash(this.files.ruleSet))
        differs.push(`The rules or facts differ from those published for ${id}; those published count`);
      return differs;
    });
  }
}

/** Empty, or left by a start that did not get further than publishing. */
async function holdsConfigurationAlone(store: EventStore): Promise<boolean> {
  for await (const { type } of store.readAll()) if (!Object.hasOwn(configurationEvents, type)) return false;
  return true;
}
