/** Treatment and its end: each command with what its decider needs to know, and at the end the slots that are free again. */
import type { CommandLoop, EventStore, Ran } from '@waymark/event-store';
import { isRejection, issueOf, londonDate, streamName, type Issue, type Outcome } from '@waymark/kernel';
import type { CodeLists, Configuration } from '@waymark/rules';
import { actorNeeded } from './about-referral';
import type { Bookings } from './booking.process';
import { discharge, type Episode } from './discharge';
import { dischargeBearing, type Discharge } from './discharge.commands';
import { placeOf } from './place';
import type { Place } from './standing';
import { plan, type Instrument, type PlanAsk } from './plan';
import type { RecordMeasure, StartTreatment } from './plan.commands';
import { barredNow } from './practitioners';

export interface CareOptions {
  readonly loop: CommandLoop;
  readonly store: EventStore;
  readonly configuration: Pick<Configuration, 'current'>;
  readonly bookings: Pick<Bookings, 'releaseSlots'>;
}

export class Care {
  constructor(private readonly options: CareOptions) {}

  startTreatment(command: StartTreatment): Promise<Outcome<Ran<Place | undefined>>> {
    return this.onPlan({ kind: 'start-treatment', body: command }, command.referralId, issueOf(command));
  }

  recordMeasure(command: RecordMeasure): Promise<Outcome<Ran<Place | undefined>>> {
    return this.onPlan({ kind: 'record-measure', body: command }, command.referralId, issueOf(command));
  }

  async discharge(command: Discharge): Promise<Outcome<Ran<Episode>>> {
    const { loop, store, configuration, bookings } = this.options;
    const how = issueOf(command);
    if (how.actor.kind !== 'practitioner') return actorNeeded();
    const ran = await loop.run({
      stream: streamName('referral', how.service, command.referralId),
      decider: discharge,
      command: { kind: 'discharge', body: command },
      issue: how,
      dependsOn: dischargeBearing.dependsOn,
      context: async (now, history) => {
        const { codes } = await configuration.current(how.service);
        return {
          now,
          practitionerId: how.actor.id,
          permitted: await barredNow(store, how, placeOf(history), now),
          instruments: instrumentsIn(codes),
          isCode: (list, code) => codes.has(list, code),
        };
      },
    });
    if (!isRejection(ran)) await bookings.releaseSlots(command.referralId, ran.history, how);
    return ran;
  }

  private async onPlan(ask: PlanAsk, referralId: string, how: Issue): Promise<Outcome<Ran<Place | undefined>>> {
    if (how.actor.kind !== 'practitioner') return actorNeeded();
    const { loop, store, configuration } = this.options;
    return loop.run({
      stream: streamName('referral', how.service, referralId),
      decider: plan,
      command: ask,
      issue: how,
      context: async (now, history) => {
        const { codes, settingsOn } = await configuration.current(how.service);
        return {
          now,
          practitionerId: how.actor.id,
          permitted: ask.kind === 'start-treatment' ? await barredNow(store, how, placeOf(history), now) : undefined,
          contactDays: settingsOn(londonDate(now)).watch.contactDays,
          instruments: instrumentsIn(codes),
          isIntervention: (code) => codes.has('interventions', code),
        };
      },
    });
  }
}

function instrumentsIn(codes: CodeLists): Instrument[] {
  return codes.list('instruments').flatMap(({ code, variants, min, max, better, counts }) => {
    if (!variants || min === undefined || max === undefined || better === undefined) return [];
    return [{ code, variants, min, max, better, ...(counts === undefined ? {} : { counts }) }];
  });
}
