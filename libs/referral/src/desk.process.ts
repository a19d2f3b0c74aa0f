/** Everything that is asked about a referral that is there, but for its appointments and its care: each command with what its decider needs. */
import type { Clock, CommandLoop, EventStore, Ran } from '@waymark/event-store';
import { isRejection, issueOf, reject, rejectAll, streamName, type Issue, type Outcome, type Rejection } from '@waymark/kernel';
import type { ActiveConfiguration, Configuration } from '@waymark/rules';
import type { Bookings } from './booking.process';
import { checkFacts, unknownCodes } from './check-referral';
import { referralContext, triageContext } from './context';
import { factSourcesOf, storedFacts } from './given-facts';
import { placeOf } from './place';
import { barredNow } from './practitioners';
import { isGiven, type Information } from './receipt';
import { referral, type Referral, type ReferralAsk } from './referral';
import type { AddInformation, EnterInError, RecordDeath, Withdraw } from './referral.commands';
import { triage, type Triage, type TriageAsk } from './triage';
import { triageBearing, type Accept, type Claim, type Decline, type Redirect, type ReturnWithAdvice } from './triage.commands';

export interface DeskOptions {
  readonly loop: CommandLoop;
  readonly store: EventStore;
  readonly configuration: Pick<Configuration, 'current'>;
  readonly bookings: Pick<Bookings, 'releaseSlots'>;
  readonly clock: Clock;
}

export class Desk {
  constructor(private readonly options: DeskOptions) {}

  claim(command: Claim): Promise<Outcome<Ran<Triage>>> {
    return this.onTriage({ kind: 'claim', body: command }, command.referralId, issueOf(command));
  }

  accept(command: Accept): Promise<Outcome<Ran<Triage>>> {
    return this.onTriage({ kind: 'accept', body: command }, command.referralId, issueOf(command));
  }

  returnWithAdvice(command: ReturnWithAdvice): Promise<Outcome<Ran<Triage>>> {
    return this.onTriage({ kind: 'return-with-advice', body: command }, command.referralId, issueOf(command));
  }

  redirect(command: Redirect): Promise<Outcome<Ran<Triage>>> {
    return this.onTriage({ kind: 'redirect', body: command }, command.referralId, issueOf(command));
  }

  decline(command: Decline): Promise<Outcome<Ran<Triage>>> {
    return this.onTriage({ kind: 'decline', body: command }, command.referralId, issueOf(command));
  }

  /** Open to everyone: things may have got worse. */
  async addInformation(command: AddInformation): Promise<Outcome<Ran<Referral>>> {
    const how = issueOf(command);
    const active = await this.options.configuration.current(how.service);
    const mistaken = checkInformation(command, active, this.options.clock().toISOString());
    if (mistaken) return mistaken;
    const { referralId, occurredAt } = command;
    const ask: ReferralAsk = {
      kind: 'add-information',
      information: informationOf(command, how),
      ...(occurredAt === undefined ? {} : { occurredAt }),
    };
    return this.onReferral(ask, referralId, how, active);
  }

  withdraw(command: Withdraw): Promise<Outcome<Ran<Referral>>> {
    return this.closing({ kind: 'withdraw', body: command }, command.referralId, issueOf(command));
  }

  enterInError(command: EnterInError): Promise<Outcome<Ran<Referral>>> {
    return this.closing({ kind: 'enter-in-error', body: command }, command.referralId, issueOf(command));
  }

  recordDeath(command: RecordDeath): Promise<Outcome<Ran<Referral>>> {
    return this.closing({ kind: 'record-death', body: command }, command.referralId, issueOf(command));
  }

  private async onTriage(ask: TriageAsk, referralId: string, how: Issue): Promise<Outcome<Ran<Triage>>> {
    if (how.actor.kind !== 'practitioner') return actorNeeded();
    const { loop, store, configuration } = this.options;
    return loop.run({
      stream: streamName('referral', how.service, referralId),
      decider: triage,
      command: ask,
      issue: how,
      ...(ask.kind === 'claim' ? {} : { dependsOn: triageBearing.dependsOn }),
      context: async (now, history) => {
        const active = await configuration.current(how.service);
        const at = placeOf(history);
        // Accepting names the group that somebody's scope has to cover; the other decisions are about the suggested one.
        const about = ask.kind === 'accept' && at ? { ...at, stratum: ask.body.stratum } : at;
        const permitted = ask.kind === 'claim' ? undefined : await barredNow(store, how, about, now);
        return triageContext(active, how, now, permitted);
      },
    });
  }

  /** What ends a referral also frees the slots that it held; a death does so even where the referral had ended before. */
  private async closing(ask: ReferralAsk, referralId: string, how: Issue): Promise<Outcome<Ran<Referral>>> {
    if (how.actor.kind === 'public') return actorNeeded();
    const ran = await this.onReferral(ask, referralId, how, await this.options.configuration.current(how.service));
    if (!isRejection(ran)) await this.options.bookings.releaseSlots(referralId, ran.history, how);
    return ran;
  }

  private onReferral(ask: ReferralAsk, referralId: string, how: Issue, active: ActiveConfiguration): Promise<Outcome<Ran<Referral>>> {
    return this.options.loop.run({
      stream: streamName('referral', how.service, referralId),
      decider: referral,
      command: ask,
      issue: how,
      context: (now) => referralContext(active, how, now),
    });
  }
}

function checkInformation(
  { from, facts, redFlags, text, note }: AddInformation,
  active: ActiveConfiguration,
  now: string,
): Rejection | undefined {
  const checked = { now, catalogue: active.facts, codes: active.codes };
  const informant = checked.codes.has('informants', from);
  const [first, ...others] = [
    ...(informant ? [] : [{ code: 'unknown-code', path: '/from', message: 'Use a code of the list informants; /api/v1/codes has it' }]),
    ...checkFacts(facts ?? {}, checked),
    ...unknownCodes('red-flags', redFlags, '/redFlags', checked, 'unknown-fact'),
  ];
  if (first) return rejectAll([first, ...others]);
  const said = isGiven(text) || isGiven(note) || (redFlags?.length ?? 0) > 0 || Object.keys(facts ?? {}).length > 0;
  return said ? undefined : reject('information-needed', 'Say what is new: a text, a fact or a red flag', '/text');
}

function informationOf({ from, text, facts, redFlags, note }: AddInformation, { channel }: Issue): Information {
  const factSources = factSourcesOf(facts ?? {});
  const words = { ...(isGiven(text) ? { text } : {}), ...(Object.keys(factSources).length > 0 ? { factSources } : {}) };
  return {
    from,
    channel,
    facts: storedFacts(facts ?? {}),
    redFlags: [...new Set(redFlags ?? [])],
    ...(Object.keys(words).length > 0 ? { words } : {}),
    ...(note === undefined ? {} : { note }),
  };
}

function actorNeeded(): Rejection {
  return reject('actor-needed', 'Name the practitioner who acts: the header Waymark-Actor, or --as on the command line');
}
