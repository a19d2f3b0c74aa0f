/** Referrals that came as FHIR, given back as they came but for ids, references and what a restriction removes. */
import type { Views } from '@waymark/access';
import type { EventStore } from '@waymark/event-store';
import { restorePatient, restoreServiceRequest, type Original } from '@waymark/fhir';
import { derivedId, isErased, isRejection, reject, streamName, type Outcome, type RecordedEvent, type Rejection } from '@waymark/kernel';
import type { People } from '@waymark/people';
import type { ReferralEvent } from '@waymark/referral';
import type { Configuration } from '@waymark/rules';
import { readStream } from './streams';
import { shownTo, type Viewer } from './viewer';

type Received = RecordedEvent<Extract<ReferralEvent, { type: 'ReferralReceived' }>>;
export type FhirJson = Readonly<Record<string, unknown>>;

interface Found {
  readonly service: string;
  readonly references: readonly [string];
  readonly original: Original;
}

export class FhirDesk {
  constructor(
    private readonly store: EventStore,
    private readonly people: People,
    private readonly configuration: Configuration,
    private readonly views: Views,
  ) {}

  async serviceRequest(id: string, viewer: Viewer): Promise<Outcome<FhirJson>> {
    const found = await this.original(id);
    if (!found) return notHere();
    return shownTo(viewer, this.views, found, restoreServiceRequest(found.original, { serviceRequest: id, patient: id }));
  }

  /** The person of a referral has the referral's id here: what one referral said of somebody is not another's to tell. */
  async patient(id: string, viewer: Viewer): Promise<Outcome<FhirJson>> {
    const found = await this.original(id);
    const patient = found && restorePatient(found.original, id);
    return patient ? shownTo(viewer, this.views, found, patient) : notHere();
  }

  /** None, or the one that it names. */
  async byIdentifier(system: string, value: string, viewer: Viewer): Promise<Outcome<readonly FhirJson[]>> {
    for (const service of this.configuration.services()) {
      const found = await this.serviceRequest(derivedId('referral', service, system, value), viewer);
      if (!isRejection(found)) return [found];
      if (found.code !== 'not-found') return found;
    }
    return [];
  }

  private async original(id: string): Promise<Found | undefined> {
    if (!/^[0-9a-f-]{36}$/.test(id)) return undefined;
    for (const service of this.configuration.services()) {
      const [receipt] = (await readStream(this.store, streamName('referral', service, id), 1)) as Received[];
      if (!receipt) continue;
      const { original, reference } = this.people.open(receipt).data;
      if (original === undefined || isErased(original)) return undefined;
      return { service, references: [reference], original: original as unknown as Original };
    }
    return undefined;
  }
}

function notHere(): Rejection {
  return reject('not-found', 'No referral with this id came as FHIR');
}
