/** What is published in the log: a service's configuration and its rule set, whole, with its hash and the reason. Once published, the log is what counts. */
import { defineEvents, type Decider, type EventOf } from '@waymark/kernel';
import { z } from 'zod';
import { directoryEntrySchema, listsSchema, referralCodesSchema } from './codes';
import { contentHash, ruleSetContentSchema, type RuleSetContent } from './rule-set';
import { serviceSchema } from './service';

export const bankHolidaysSchema = z.record(
  z.string(),
  z.strictObject({
    division: z.string(),
    events: z.array(z.strictObject({ title: z.string(), date: z.iso.date(), notes: z.string(), bunting: z.boolean() })).min(1),
  }),
);

/** Everything about one service but its rules and their facts. */
export const serviceContentSchema = z.strictObject({
  service: serviceSchema,
  lists: listsSchema,
  directory: z.array(directoryEntrySchema),
  referralCodes: referralCodesSchema,
  /** Of its nation alone. */
  bankHolidays: bankHolidaysSchema,
});
export type ServiceContent = z.output<typeof serviceContentSchema>;

export const configurationEvents = defineEvents({
  ServiceConfigured: z.strictObject({ contentHash: z.string(), content: serviceContentSchema, reason: z.string() }),
  RuleSetPublished: z.strictObject({ contentHash: z.string(), content: ruleSetContentSchema, reason: z.string() }),
});
export type ConfigurationEvent = EventOf<typeof configurationEvents>;
type Named<Type extends ConfigurationEvent['type']> = Extract<ConfigurationEvent, { type: Type }>;

/** What stands in the log now. */
export interface Published<Content> {
  readonly contentHash?: string;
  readonly content?: Content;
}

export interface Publish<Content> {
  readonly content: Content;
  readonly reason: string;
}

/** `service-<id>`: published again only when something changed. */
export const serviceStream: Decider<
  Published<ServiceContent>,
  Publish<ServiceContent>,
  Named<'ServiceConfigured'>,
  Named<'ServiceConfigured'>,
  undefined
> = {
  name: 'service configuration',
  folds: { ServiceConfigured: true },
  initial: {},
  evolve: (_, { data: { contentHash, content } }) => ({ contentHash, content }),
  decide: ({ content, reason }, published) => {
    const hash = contentHash(content);
    return hash === published.contentHash ? [] : [{ type: 'ServiceConfigured', data: { contentHash: hash, content, reason } }];
  },
};

/** `ruleset-<id>`: likewise. */
export const ruleSetStream: Decider<
  Published<RuleSetContent>,
  Publish<RuleSetContent>,
  Named<'RuleSetPublished'>,
  Named<'RuleSetPublished'>,
  undefined
> = {
  name: 'rule set',
  folds: { RuleSetPublished: true },
  initial: {},
  evolve: (_, { data: { contentHash, content } }) => ({ contentHash, content }),
  decide: ({ content, reason }, published) => {
    const hash = contentHash(content);
    return hash === published.contentHash ? [] : [{ type: 'RuleSetPublished', data: { contentHash: hash, content, reason } }];
  },
};
