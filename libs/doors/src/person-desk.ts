/** What an operator does about one person as a whole: preview and request of an erasure, its approval, its day, and legal holds. */
import type { Views } from '@waymark/access';
import type { Clock, EventStore } from '@waymark/event-store';
import { derivedId, isRejection, reject, type Outcome, type Receipt } from '@waymark/kernel';
import {
  ApproveErasure,
  CancelErasure,
  CarryOutErasure,
  eraseAgain,
  PlaceLegalHold,
  ReleaseLegalHold,
  RequestErasure,
  type People,
} from '@waymark/people';
import type { ReadSide } from '@waymark/projections';
import { dueErasures, endedPeople, erasures, findErasure, references, type KnownErasure, type ReferenceRow } from '@waymark/read-models';
import { accessEvents, type AccessEvent, type ErasurePreview, type Erasures } from '@waymark/referral';
import type { Configuration } from '@waymark/rules';
import type { BodyClass } from './body';
import type { Dispatch, Sender } from './dispatch';
import { serviceNamed } from './services';
import { shownTo, type Viewer } from './viewer';

/** The answer to `person erase`: contract section 6. */
export interface ErasureAnswer {
  /** `null`: nothing was recorded. */
  readonly request: string | null;
  readonly preview: ErasurePreview;
  readonly mayErase: boolean;
  /** Why not; empty when it may be. */
  readonly because: readonly string[];
  /** The data is gone: only on data that the demo made. */
  readonly erased: boolean;
}

export interface ErasureAsked {
  readonly reason: string;
  /** Record it; otherwise the answer is a preview. */
  readonly yes: boolean;
  /** At once, on data that the demo made: the caller has looked whether it is. */
  readonly demo: boolean;
}

/** What a step of an erasure or a hold led to. */
export interface PersonAnswer {
  readonly events: readonly { readonly id: string; readonly type: string }[];
  readonly position: string;
}

export interface CarriedOut {
  readonly request: string;
  /** `cancelled`: it was no longer allowed when its day came. */
  readonly outcome: 'erased' | 'cancelled';
}

/** One person's data, for that person: nothing is withheld in it, and `marks` say where somebody has to look first. */
export interface PersonExport {
  readonly service: string;
  readonly exportedAt: string;
  readonly references: readonly string[];
  readonly events: readonly AccessEvent[];
}

/** Somebody whose class has ended: a person decides, nothing goes by itself. */
export interface DueForReview {
  readonly references: readonly string[];
  readonly class: string;
  readonly endsOn: string;
  readonly legalHold: boolean;
}

export class PersonDesk {
  constructor(
    private readonly dispatch: Dispatch,
    private readonly erasures: Erasures,
    private readonly store: EventStore,
    private readonly people: People,
    private readonly configuration: Configuration,
    private readonly readSide: ReadSide,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  async erase(referral: ReferenceRow, { reason, yes, demo }: ErasureAsked, sender: Sender): Promise<Outcome<ErasureAnswer>> {
    const preview = await this.erasures.preview(referral.service, referral.personId);
    if (isRejection(preview)) return preview;
    const because = demo ? preview.held : [...preview.kept, ...preview.held];
    const mayErase = because.length === 0;
    if (!yes || !mayErase) return { request: null, preview, mayErase, because, erased: false };
    const receipt = await this.send(RequestErasure, { reason }, referral, sender, demo ? { demo: true as const } : {});
    if (isRejection(receipt)) return receipt;
    const request = (await this.requestIn(receipt)) ?? null;
    return { request, preview, mayErase, because, erased: receipt.events.some(({ type }) => type === 'PersonErased') };
  }

  async approve(request: string, sender: Sender): Promise<Outcome<PersonAnswer & { executeAfter: string }>> {
    const known = await this.known(request);
    if (isRejection(known)) return known;
    const receipt = await this.send(ApproveErasure, { request }, known, sender);
    if (isRejection(receipt)) return receipt;
    const approved = (await this.store.read(receipt.stream)).findLast(
      ({ type, data }) => type === 'PersonErasureApproved' && data['requestId'] === request,
    );
    return { ...answerOf(receipt), executeAfter: String(approved?.data['executeAfter']) };
  }

  async cancel(request: string, reason: string, sender: Sender): Promise<Outcome<PersonAnswer>> {
    const known = await this.known(request);
    if (isRejection(known)) return known;
    return answered(await this.send(CancelErasure, { request, reason }, known, sender));
  }

  async placeHold(referral: ReferenceRow, reason: string, sender: Sender): Promise<Outcome<PersonAnswer>> {
    return answered(await this.send(PlaceLegalHold, { reason }, referral, sender));
  }

  async releaseHold(referral: ReferenceRow, reason: string, sender: Sender): Promise<Outcome<PersonAnswer>> {
    return answered(await this.send(ReleaseLegalHold, { reason }, referral, sender));
  }

  /** Every erasure whose day has come. Safe to call again, from anywhere: what was done is found done. */
  async carryOutDue(): Promise<CarriedOut[]> {
    const now = this.clock();
    // A process may have died between the event and the keys.
    await eraseAgain(this.people, this.store, now);
    await this.caughtUp();
    const done: CarriedOut[] = [];
    for (const { request, service, personId } of await dueErasures(this.readSide, now.toISOString())) {
      const sender: Sender = {
        service,
        otherwise: 'system',
        channel: 'cli',
        key: `carry-out-erasure/${request}`,
        correlationId: derivedId('carry-out-erasure', request),
      };
      const receipt = await this.send(CarryOutErasure, { request }, { service, personId }, sender);
      if (isRejection(receipt)) continue;
      const [event] = receipt.events;
      if (event) done.push({ request, outcome: event.type === 'PersonErased' ? 'erased' : 'cancelled' });
    }
    return done;
  }

  async export({ service, personId }: ReferenceRow, viewer: Viewer): Promise<Outcome<PersonExport>> {
    const { person, referrals } = await this.erasures.history(service, personId);
    const events = accessEvents([...referrals.flat(), ...person], personId, (event) => this.people.open(event));
    const known = referrals.flatMap(([receipt]) => (receipt ? [String(receipt.data['reference'])] : []));
    const answer = { service, exportedAt: this.clock().toISOString(), references: known, events };
    return shownTo(viewer, this.views, { service, references: known }, answer);
  }

  /** Longest ended first, at most `limit`. */
  async dueForReview(named: string | undefined, limit: number): Promise<Outcome<{ items: readonly DueForReview[] }>> {
    const service = await serviceNamed(named, this.configuration);
    if (isRejection(service)) return service;
    await this.caughtUp();
    const items: DueForReview[] = [];
    for (const { personId, references: known } of await endedPeople(this.readSide, service)) {
      if (items.length === limit) break;
      const due = await this.erasures.dueForReview(service, personId);
      if (due) items.push({ references: known, class: due.class, endsOn: due.endsOn, legalHold: due.legalHold });
    }
    return { items };
  }

  private send<C extends object>(
    Body: BodyClass<C>,
    body: object,
    { service, personId }: { readonly service: string; readonly personId: string },
    sender: Sender,
    fields: Partial<C> = {},
  ): Promise<Outcome<Receipt>> {
    return this.dispatch.send<C, Receipt>(Body, body, { ...sender, service }, { ...fields, personId } as unknown as Partial<C>);
  }

  private async known(request: string): Promise<Outcome<KnownErasure>> {
    await this.caughtUp();
    const known = await findErasure(this.readSide, request);
    return known ?? reject('unknown-request', 'No request has this id; `waymark person erase` printed it');
  }

  private async requestIn({ stream, events: [made] }: Receipt): Promise<string | undefined> {
    const event = (await this.store.read(stream)).find(({ id }) => id === made?.id);
    return event && String(event.data['requestId']);
  }

  private async caughtUp(): Promise<void> {
    const head = await this.store.head();
    if (head !== undefined) await this.readSide.waitFor(head, undefined, [erasures.name, references.name]);
  }
}

function answered(receipt: Outcome<Receipt>): Outcome<PersonAnswer> {
  return isRejection(receipt) ? receipt : answerOf(receipt);
}

function answerOf({ events, position }: Receipt): PersonAnswer {
  return { events, position };
}
