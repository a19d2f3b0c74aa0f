/** By when: the dates that a priority promises, counted from a moment (rules-and-defaults 1.2, 1.4 and 1.5). */
import { addDays, londonDate, londonInstant, londonTime } from '@waymark/kernel';
import type { ActiveConfiguration } from './active';
import type { Priority } from './suggestion';

export interface Targets {
  /** A person reads it. */
  readonly read: string;
  /** Triage is decided; of a crisis, the hand-over is accepted. */
  readonly triage: string;
  /** Absent for a crisis, whose first contact is not ours. */
  readonly firstContact?: string;
  /** London date: the last day on which the start of treatment does not breach. */
  readonly treatment: string;
}

/**
 * The dates of a priority counted from `from`: the receipt, or the moment at which the priority was raised. `now` says which settings are in
 * force. After a raise the first contact is the earlier of this and the one that was promised, and treatment still counts from receipt.
 */
export function targetsFor(priority: Priority, from: string, now: string, active: ActiveConfiguration): Targets {
  const { calendar, service } = active;
  const settings = active.settingsOn(londonDate(now));
  const workingDays = (days: number) => calendar.targetAfter(from, days, settings.dayZeroBefore);
  const inDutyHours = (minutes: number) => calendar.addMinutesInHours(from, minutes, service.dutyHours);
  const contact = { firstContact: workingDays(settings.targetWorkingDays[priority]) };
  const treatment = { treatment: addDays(londonDate(from), settings.treatmentDays) };
  switch (priority) {
    case 'crisis':
      return { read: inDutyHours(settings.read.crisisDutyMinutes), triage: inDutyHours(settings.triage.crisisDutyMinutes), ...treatment };
    case 'urgent':
      return {
        read: calendar.addMinutesInHours(from, settings.read.urgentServiceMinutes),
        triage: urgentTriage(from, active, settings.triage),
        ...contact,
        ...treatment,
      };
    case 'soon':
    case 'routine':
      return {
        read: workingDays(settings.read.otherWorkingDays),
        triage: workingDays(settings.targetWorkingDays.triage),
        ...contact,
        ...treatment,
      };
  }
}

/** The dates after a raise at `raisedAt`: nothing that was promised before moves later, and what has already passed is promised anew. */
export function raisedTargets(promised: Targets, priority: Priority, raisedAt: string, active: ActiveConfiguration): Targets {
  const anew = targetsFor(priority, raisedAt, raisedAt, active);
  const sooner = (before: string, after: string) => (before > raisedAt && before < after ? before : after);
  const contacts = [promised.firstContact, anew.firstContact].filter((date) => date !== undefined).sort();
  return {
    read: sooner(promised.read, anew.read),
    triage: sooner(promised.triage, anew.triage),
    ...(anew.firstContact === undefined || contacts[0] === undefined ? {} : { firstContact: contacts[0] }),
    treatment: promised.treatment,
  };
}

function urgentTriage(
  from: string,
  { calendar }: ActiveConfiguration,
  { urgentSameDayUntil, urgentNextDayBy }: { urgentSameDayUntil: string; urgentNextDayBy: string },
): string {
  const date = londonDate(from);
  const sameDay = calendar.isWorkingDay(date) && londonTime(from) <= urgentSameDayUntil;
  return sameDay ? calendar.endOfService(date) : londonInstant(calendar.nextWorkingDay(date), urgentNextDayBy);
}
