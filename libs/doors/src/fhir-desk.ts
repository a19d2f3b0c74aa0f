/** Referrals that came as FHIR, given back as they came but for ids, references and what a restriction removes. */
import type { EventStore } from '@waymark/event-store';
import { restorePatient, restoreServiceRequest, type Original } from '@waymark/fhir';
import { derivedId, isErased, reject, streamName, type Outcome, type RecordedEvent, type Rejection } from '@waymark/kernel';
import type { People } from '@waymark/people';
import type { ReferralEvent } from '@waymark/referral';
import type { Configuration } from '@waymark/rules';
import { readStream } from './streams';

type Received = RecordedEvent<Extract<ReferralEvent, { type: 'ReferralReceived' }>>;
export type FhirJson = Readonly<Record<string, unknown>>;

export class FhirDesk {
  constructor(
    private readonly store: EventStore,
    private readonly people: People,
    private readonly configuration: Configuration,
  ) {}

  async serviceRequest(id: string): Promise<Outcome<FhirJson>> {
    const original = await this.original(id);
    return original ? restoreServiceRequest(original, { serviceRequest: id, patient: id }) : notHere();
  }

  /** The person of a referral has the referral's id here: what one referral said of somebody is not another's to tell. */
  async patient(id: string): Promise<Outcome<FhirJson>> {
    const original = await this.original(id);
    return (original && restorePatient(original, id)) ?? notHere();
  }

  async byIdentifier(system: string, value: string): Promise<FhirJson | undefined> {
    for (const service of this.configuration.services()) {
      const id = derivedId('referral', service, system, value);
      const original = await this.original(id);
      if (original) return restoreServiceRequest(original, { serviceRequest: id, patient: id });
    }
    return undefined;
  }

  private async original(id: string): Promise<Original | undefined> {
    if (!/^[0-9a-f-]{36}$/.test(id)) return undefined;
    for (const service of this.configuration.services()) {
      const [receipt] = (await readStream(this.store, streamName('referral', service, id), 1)) as Received[];
      if (!receipt) continue;
      const { original } = this.people.open(receipt).data;
      return original === undefined || isErased(original) ? undefined : (original as unknown as Original);
    }
    return undefined;
  }
}

function notHere(): Rejection {
  return reject('not-found', 'No referral with this id came as FHIR');
}
