/** The file door: any file of FHIR, CSV or JSON to its items, each item carried out, and a line for each that says what became of it. */
import { randomUUID } from 'node:crypto';
import {
  derivedId,
  idOf,
  isRejection,
  londonDate,
  reject,
  streamName,
  type Issue,
  type Mistake,
  type Outcome,
  type Receipt,
} from '@waymark/kernel';
import type { Clock, EventStore } from '@waymark/event-store';
import { readFile, type Item, type ReadContext, type ReferralBody } from '@waymark/fhir';
import { reasonsOf } from '@waymark/problems';
import { AddInformation, EnterInError, placeOf, ReceiveReferral, Withdraw, type ReceptionAnswer } from '@waymark/referral';
import { suggest, triageFacts, type ActiveConfiguration, type Configuration } from '@waymark/rules';
import type { BodyClass } from './body';
import type { Dispatch, Sender } from './dispatch';
import { serviceNamed } from './services';

/** One line of `waymark intake --json`: contract section 4. */
export interface IntakeLine {
  readonly file: string;
  readonly item: string | null;
  readonly outcome: 'accepted' | 'linked' | 'not-this-service' | 'refused';
  readonly reference: string | null;
  readonly linkedTo: string | null;
  readonly replayed: boolean | null;
  readonly reasons: readonly Mistake[] | null;
}

export interface Handed {
  readonly service?: string;
  /** When it was received, if that was earlier. */
  readonly receivedAt?: string;
  readonly channel: 'cli' | 'fhir';
  readonly correlationId?: string;
}

/** An item, what became of it, and which referral it is about. */
export interface Dealt {
  readonly item: Item;
  readonly line: IntakeLine;
  readonly referralId?: string;
}

type Target = { readonly referralId: string; readonly reference: string };

export class Intake {
  constructor(
    private readonly dispatch: Dispatch,
    private readonly store: EventStore,
    private readonly configuration: Configuration,
    private readonly clock: Clock,
  ) {}

  /** The lines of one file, in its order. What cannot be read is refused before anything of the file is stored. */
  async *file(name: string, bytes: Uint8Array, handed: Handed): AsyncIterable<IntakeLine> {
    for await (const { line } of this.items(name, bytes, handed)) yield line;
  }

  async *items(name: string, bytes: Uint8Array, handed: Handed): AsyncIterable<Dealt> {
    const service = await serviceNamed(handed.service, this.configuration);
    if (isRejection(service)) {
      const item: Item = { item: null, kind: 'refused', reasons: reasonsOf(service), flags: [] };
      yield { item, line: lineOf(name, item, 'refused', { reasons: item.reasons }) };
      return;
    }
    const active = await this.configuration.current(service);
    for (const item of readFile(name, bytes, this.contextOf(active))) yield await this.dealWith(name, item, service, handed);
  }

  private async dealWith(file: string, item: Item, service: string, handed: Handed): Promise<Dealt> {
    switch (item.kind) {
      case 'refused':
        return { item, line: lineOf(file, item, 'refused', { reasons: item.reasons }) };
      case 'not-this-service':
        return { item, line: lineOf(file, item, 'not-this-service', { reasons: item.reasons }) };
      case 'referral':
      case 'information':
        return this.receive(file, item, service, handed);
      case 'withdraw':
        return this.close(file, item, service, handed, Withdraw, { by: 'person', reason: 'revoked-by-message' });
      case 'enter-in-error':
        return this.close(file, item, service, handed, EnterInError, { reason: 'marked-by-sender' });
    }
  }

  private async receive(file: string, item: Item, service: string, handed: Handed): Promise<Dealt> {
    const body = { ...item.referral, ...(handed.receivedAt === undefined ? {} : { receivedAt: handed.receivedAt }) };
    const fields = {
      ...(item.original ? { original: { ...item.original } } : {}),
      ...(item.flags.length > 0 ? { doorFlags: [...item.flags] } : {}),
    };
    const sent = await this.dispatch.send<ReceiveReferral, ReceptionAnswer>(
      ReceiveReferral,
      body,
      this.senderOf(item, service, handed, body),
      fields,
    );
    if (isRejection(sent)) return { item, line: lineOf(file, item, 'refused', { reasons: reasonsOf(asMessage(sent, item)) }) };
    const { outcome, reference, linkedTo = null, replayed, receipt } = sent;
    return {
      item,
      line: lineOf(file, item, outcome, { reference, linkedTo, replayed }),
      referralId: idOf(receipt.stream),
    };
  }

  /** A revocation closes a referral only where a message may; otherwise it becomes information for a person to act on. */
  private async close(
    file: string,
    item: Item,
    service: string,
    handed: Handed,
    Body: BodyClass<Withdraw | EnterInError>,
    body: object,
  ): Promise<Dealt> {
    const target = await this.target(item, service);
    if (isRejection(target)) return { item, line: lineOf(file, item, 'refused', { reasons: reasonsOf(target) }) };
    const fields = { referralId: target.referralId };
    const sender = this.senderOf(item, service, handed, body);
    let closed = await this.dispatch.send<Withdraw | EnterInError, Receipt>(Body, body, sender, fields);
    if (isRejection(closed) && closed.code !== 'idempotency-key-reused') {
      const information = {
        from: 'machine',
        text: 'The sender asks to close this referral. Nothing is closed by a message alone here: decide, and tell them.',
      };
      closed = await this.dispatch.send<AddInformation, Receipt>(
        AddInformation,
        information,
        { ...sender, key: `${sender.key}/asked` },
        fields,
      );
    }
    if (isRejection(closed)) return { item, line: lineOf(file, item, 'refused', { reasons: reasonsOf(asMessage(closed, item)) }) };
    const { reference } = target;
    return {
      item,
      line: lineOf(file, item, 'linked', { reference, linkedTo: reference, replayed: closed.replayed }),
      referralId: target.referralId,
    };
  }

  /** The referral that the sender's identifier names. */
  private async target({ identifier }: Item, service: string): Promise<Outcome<Target>> {
    if (identifier) {
      const referralId = derivedId('referral', service, identifier.system, identifier.value);
      const place = placeOf(await this.store.read(streamName('referral', service, referralId)));
      if (place) return { referralId, reference: place.reference };
    }
    return reject('unknown-referral', 'No referral with this identifier has been received', 'ServiceRequest.identifier');
  }

  /** A message is known by its id; anything else by what it says and what its sender calls it, so that the same file twice is taken once. */
  private senderOf(item: Item, service: string, handed: Handed, body: object): Sender {
    const content = derivedId('content', JSON.stringify([item.identifier, body, item.original]));
    const { messageId, entry = 0 } = item;
    return {
      service,
      ...(messageId === undefined
        ? { key: content, keyOfContent: true }
        : { key: `${messageId}/${entry}/${item.identifier?.system ?? ''}` }),
      otherwise: 'machine',
      channel: channelOf(item, handed),
      correlationId: handed.correlationId ?? randomUUID(),
    };
  }

  private contextOf(active: ActiveConfiguration): ReadContext {
    const now = this.clock().toISOString();
    const { ods, name } = active.service;
    return {
      referralCodes: active.referralCodes,
      facts: active.facts,
      service: { name, ...(ods === undefined ? {} : { ods }) },
      today: londonDate(now),
      anySafetyRuleFires: (referral) => {
        const { flags, fault } = suggest(factsOf(referral, active), active.ruleSet, now);
        return fault !== undefined || flags.some((flag) => SAFETY.has(flag));
      },
    };
  }
}

/** What the safety and safeguarding rules raise. Rules that could not be run reassure nobody either. */
const SAFETY: ReadonlySet<string> = new Set(['safety-hold', 'safety-conversation', 'safeguarding']);

function factsOf(referral: ReferralBody, active: ActiveConfiguration) {
  const facts = Object.fromEntries(
    Object.entries(referral.facts ?? {}).flatMap(([id, given]) => {
      const read = active.facts.read(id, given);
      return isRejection(read) ? [] : [[id, read.fact]];
    }),
  );
  const { requestedPriority } = referral;
  return triageFacts({ facts, ...(requestedPriority ? { requestedPriority } : {}) }, active.facts, active.codes);
}

function channelOf(item: Item, handed: Handed): Issue['channel'] {
  if (item.original) return 'fhir';
  return item.item?.startsWith('row ') ? 'csv' : handed.channel;
}

/** A message id that was used for other content is a duplicate in the words of the standard. */
function asMessage<R extends { readonly code: string }>(rejection: R, { messageId }: Item): R {
  return rejection.code === 'idempotency-key-reused' && messageId !== undefined
    ? { ...rejection, code: 'duplicate', path: 'Bundle.entry[0].resource.id' }
    : rejection;
}

function lineOf(file: string, { item }: Item, outcome: IntakeLine['outcome'], more: Partial<IntakeLine>): IntakeLine {
  return { file, item, outcome, reference: null, linkedTo: null, replayed: null, reasons: null, ...more };
}
