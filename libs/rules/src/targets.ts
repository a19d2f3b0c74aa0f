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
  /** With nothing booked by then, the first contact is in danger. */
  readonly booking?: string;
  /** Whether the person agrees is settled. From the receipt alone. */
  readonly agreement?: string;
  /** London dates of the clock's early and late warning. From the receipt alone. */
  readonly warnings?: readonly string[];
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
  const day = (days: number) => addDays(londonDate(from), days);
  const treatment = {
    treatment: day(settings.treatmentDays),
    agreement: workingDays(settings.agreementWorkingDays),
    warnings: [day(settings.earlyWarningDay), day(settings.watch.lateWarningDay)],
  };
  const booking = bookingBefore(contact.firstContact, now, active);
  switch (priority) {
    case 'crisis':
      return { read: inDutyHours(settings.read.crisisDutyMinutes), triage: inDutyHours(settings.triage.crisisDutyMinutes), ...treatment };
    case 'urgent':
      return {
        read: calendar.addMinutesInHours(from, settings.read.urgentServiceMinutes),
        triage: urgentTriage(from, active, settings.triage),
        ...contact,
        ...booking,
        ...treatment,
      };
    case 'soon':
    case 'routine':
      return {
        read: workingDays(settings.read.otherWorkingDays),
        triage: workingDays(settings.targetWorkingDays.triage),
        ...contact,
        ...booking,
        ...treatment,
      };
  }
}

function bookingBefore(firstContact: string, now: string, { calendar, settingsOn }: ActiveConfiguration): Pick<Targets, 'booking'> {
  const { contactWithinWorkingDays } = settingsOn(londonDate(now)).watch;
  return { booking: calendar.endOfService(calendar.addWorkingDays(londonDate(firstContact), -contactWithinWorkingDays)) };
}

/** An accepted referral is booked by then: so many working days after it was accepted, or before its first contact is due. */
export function bookingDue(acceptedAt: string, contactDue: string, active: ActiveConfiguration): string {
  const { watch, dayZeroBefore } = active.settingsOn(londonDate(acceptedAt));
  const accepted = active.calendar.targetAfter(acceptedAt, watch.bookingWorkingDays, dayZeroBefore);
  const { booking } = bookingBefore(contactDue, acceptedAt, active);
  return booking !== undefined && booking < accepted ? booking : accepted;
}

/** The dates after a raise at `raisedAt`: nothing that was promised before moves later, and what has already passed is promised anew. */
export function raisedTargets(promised: Targets, priority: Priority, raisedAt: string, active: ActiveConfiguration): Targets {
  const anew = targetsFor(priority, raisedAt, raisedAt, active);
  const sooner = (before: string, after: string) => (before > raisedAt && before < after ? before : after);
  const contacts = [promised.firstContact, anew.firstContact].filter((date) => date !== undefined).sort();
  return {
    read: sooner(promised.read, anew.read),
    triage: sooner(promised.triage, anew.triage),
    ...(anew.firstContact === undefined || contacts[0] === undefined
      ? {}
      : { firstContact: contacts[0], ...bookingBefore(contacts[0], raisedAt, active) }),
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
