/** The life of a made-up service, day by day: referrals come, are read, booked, seen and discharged, each by its command. */
import { randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { Dispatch, ServiceDesk, type BodyClass, type Sender } from '@waymark/doors';
import { addDays, isRejection, londonDate, londonInstant, type Outcome, type Receipt } from '@waymark/kernel';
import {
  Accept,
  Book,
  Decline,
  Discharge,
  ReceiveReferral,
  RecordAttendance,
  RecordMeasure,
  Redirect,
  ReturnWithAdvice,
  StartTreatment,
  Withdraw,
  type ReceptionAnswer,
} from '@waymark/referral';
import { Configuration, type Priority, type Stratum } from '@waymark/rules';
import { EVENT_STORE, type EventStore } from '@waymark/event-store';
import { Chance } from './chance';
import { somebody } from './people';
import type { SimulatedClock } from './simulated-clock';

export interface Lived {
  readonly referrals: number;
  readonly waiting: number;
  readonly inTreatment: number;
}

interface Clinician {
  readonly id: string;
  readonly clinic: string;
  readonly place: string;
  readonly start: string;
  readonly end: string;
  readonly weekdays: readonly number[];
  /** Sessions that are not held: three weeks of sickness. */
  readonly away?: { readonly from: string; readonly to: string };
}

interface Slot {
  readonly id: string;
  readonly start: string;
  readonly clinician: Clinician;
}

/** One referral, as far as this service has got with it. */
interface Case {
  readonly referralId: string;
  readonly stratum: Stratum;
  readonly child: boolean;
  state: 'triage' | 'waiting' | 'treatment' | 'ended';
  priority: Priority;
  due: string;
  clinician?: Clinician;
  /** Contacts planned in all, and had so far. */
  readonly planned: number;
  had: number;
  missed: number;
  booked?: { readonly appointment: string; readonly start: string };
  /** Not booked again before this day. */
  notBefore: string;
  readonly measured: boolean;
  /** Cannot be booked until something is settled that no command settles yet. */
  stuck: boolean;
}

const MEASURES = {
  frailty: { instrument: 'patient-specific', variant: 'goal-1', baseline: [6, 9], better: -1, size: [2, 5] },
  'mental-health': { instrument: 'wsas', variant: 'standard', baseline: [18, 34], better: -1, size: [8, 15] },
  work: { instrument: 'work-ability', variant: 'standard', baseline: [2, 5], better: 1, size: [2, 4] },
  wider: { instrument: 'patient-specific', variant: 'goal-1', baseline: [6, 9], better: -1, size: [2, 5] },
} as const;
const INTERVENTIONS: Readonly<Record<Stratum, string>> = {
  frailty: 'strength-and-endurance',
  'mental-health': 'routine-and-activity-plan',
  work: 'return-to-work-plan',
  wider: 'fatigue-and-pace',
};

export async function liveThrough(
  app: INestApplicationContext,
  clock: SimulatedClock,
  seed: number,
  tell: (line: string) => void,
): Promise<Lived> {
  const year = new ServiceYear(app, clock, new Chance(seed));
  await year.begin();
  const today = londonDate(new Date().toISOString());
  for (let date = londonDate(clock.now().toISOString()), days = 0; date <= today; date = addDays(date, 1), days++) {
    await year.day(date, daysUntil(date, today));
    if (days % 28 === 0) tell(`  ${date}`);
  }
  return year.lived();
}

function daysUntil(date: string, today: string): number {
  return Math.round((Date.parse(today) - Date.parse(date)) / 86_400_000);
}

class ServiceYear {
  private readonly dispatch: Dispatch;
  private readonly desk: ServiceDesk;
  private readonly store: EventStore;
  private readonly configuration: Configuration;
  private readonly team: Clinician[] = [];
  private readonly cases: Case[] = [];
  private slots: Slot[] = [];
  private opened = '';

  constructor(
    app: INestApplicationContext,
    private readonly clock: SimulatedClock,
    private readonly chance: Chance,
  ) {
    this.dispatch = app.get(Dispatch);
    this.desk = app.get(ServiceDesk);
    this.store = app.get<EventStore>(EVENT_STORE);
    this.configuration = app.get(Configuration);
  }

  async begin(): Promise<void> {
    const start = londonDate(this.clock.now().toISOString());
    const expires = addDays(start, 700);
    const add = async (name: string, number: string, level: string, ages?: { from: number; to: number }): Promise<string> => {
      const strata = ['frailty', 'mental-health', 'work', 'wider'];
      const body = {
        name,
        profession: 'Occupational therapist',
        registration: { body: 'HCPC', number, expires },
        level,
        scope: { strata, ...(ages ? { ages } : {}) },
      };
      return granted(await this.desk.register(this.dispatch, body, this.sender())).id;
    };
    this.team.push(
      {
        id: await add('Asha Rahman', 'OT90001', 'fcp', { from: 16, to: 120 }),
        clinic: 'quayside',
        place: 'Quayside Surgery, room 4',
        start: '09:00',
        end: '12:00',
        weekdays: [1, 2, 3, 4, 5],
      },
      {
        id: await add('Tom Okafor', 'OT90002', 'ap'),
        clinic: 'elm-road',
        place: 'Elm Road Medical Centre, room 2',
        start: '13:00',
        end: '16:00',
        weekdays: [1, 2, 3, 4],
        away: { from: addDays(start, 120), to: addDays(start, 141) },
      },
    );
    this.opened = start;
    await this.openSessionsUpTo(addDays(start, 27));
  }

  /** A day of the service, or of nobody being there. */
  async day(date: string, daysLeft: number): Promise<void> {
    const { calendar } = await this.configuration.current();
    await this.openSessionsUpTo(addDays(date, 27));
    if (!calendar.isWorkingDay(date)) return;
    for (const at of this.arrivalTimes(date, daysLeft)) {
      if (!this.clock.reach(at)) return;
      await this.receive(date);
    }
    await this.seen(date);
    if (!this.clock.reach(londonInstant(date, '16:15'))) return;
    for (const each of this.cases.filter(({ state, due }) => state === 'triage' && due <= date)) await this.decide(each, date);
    if (!this.clock.reach(londonInstant(date, '16:40'))) return;
    await this.book(date);
  }

  lived(): Lived {
    const count = (state: Case['state']) => this.cases.filter((each) => each.state === state).length;
    return { referrals: this.cases.length, waiting: count('waiting'), inTreatment: count('treatment') };
  }

  /** 2.7 a working day; in the last ten weeks 15 % more, so that the queue visibly grows. */
  private arrivalTimes(date: string, daysLeft: number): string[] {
    const count = this.chance.count(daysLeft < 70 ? 3.1 : 2.7);
    const minutes = Array.from({ length: count }, () => this.chance.between(9 * 60, 12 * 60 - 1)).sort((a, b) => a - b);
    return minutes.map((minute) =>
      londonInstant(date, `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`),
    );
  }

  private async receive(date: string): Promise<void> {
    const { stratum, body } = somebody(this.chance, date);
    const answer = granted(await this.dispatch.send<ReceiveReferral, ReceptionAnswer>(ReceiveReferral, body, this.sender()));
    if (answer.outcome === 'linked') return;
    const birthYear = Number(String((body['person'] as { birthDate: string }).birthDate).slice(0, 4));
    this.cases.push({
      referralId: answer.receipt.stream.split('-').slice(2).join('-'),
      stratum,
      child: Number(date.slice(0, 4)) - birthYear < 19,
      state: 'triage',
      priority: 'routine',
      due: this.chance.happens(0.5) ? date : addDays(date, this.chance.between(1, 2)),
      planned: this.chance.weighted({ 1: 10, 2: 15, 3: 20, 4: 24, 5: 21, 6: 10 } as unknown as Record<string, number>) as unknown as number,
      had: 0,
      missed: 0,
      notBefore: date,
      measured: this.chance.happens(0.7),
      stuck:
        answer.flags.includes('agreement-outstanding') || answer.flags.includes('safety-hold') || answer.flags.includes('safeguarding'),
    });
  }

  private async decide(each: Case, date: string): Promise<void> {
    const clinician = each.child ? this.team[1]! : this.chance.oneOf(this.team);
    const how = each.stuck ? 'accept' : this.chance.weighted({ accept: 76, advice: 8, redirect: 9, decline: 2, declines: 5 });
    switch (how) {
      case 'accept':
        return this.accept(each, clinician, date);
      case 'advice':
        await this.decision(
          each,
          ReturnWithAdvice,
          { reason: 'advice-is-enough', advice: 'Try the exercises in the leaflet for six weeks; send again if nothing changes.' },
          clinician,
        );
        break;
      case 'redirect':
        await this.decision(
          each,
          Redirect,
          { to: this.chance.oneOf(['talking-therapies', 'falls-service', 'adult-social-care']), reason: 'better-met-elsewhere' },
          clinician,
        );
        break;
      case 'decline':
        await this.decision(
          each,
          Decline,
          { reason: 'spoke-with-person', criterion: 'outside-area', alternative: 'occupational-therapy-where-they-live' },
          clinician,
        );
        break;
      case 'declines':
        await this.decision(each, Withdraw, { by: 'person', reason: 'person-changed-mind' }, clinician);
        break;
    }
    each.state = 'ended';
  }

  private async accept(each: Case, clinician: Clinician, date: string): Promise<void> {
    const suggestion = await this.suggestionFor(each);
    const disagrees = this.chance.happens(0.11);
    const priority =
      disagrees && suggestion.priority === 'routine' ? 'soon' : suggestion.priority === 'crisis' ? 'urgent' : suggestion.priority;
    const agreed = priority === suggestion.priority;
    const body = {
      stratum: suggestion.stratum,
      tier: suggestion.tier,
      priority,
      reason: agreed ? 'agree-with-suggestion' : priority === 'soon' ? 'more-urgent' : 'clinical-judgement',
    };
    const accepted = await this.tried(each, Accept, body, clinician);
    if (isRejection(accepted)) return;
    Object.assign(each, {
      state: 'waiting',
      priority,
      clinician,
      due: addDays(date, { crisis: 1, urgent: 5, soon: 14, routine: 42 }[priority as Priority]),
    });
  }

  private async suggestionFor({ referralId }: Case): Promise<{ stratum: Stratum; tier: string; priority: Priority }> {
    const events = await this.store.read(this.streamOf(referralId));
    return events.findLast(({ type }) => type === 'ReferralStratified')!.data as never;
  }

  /** The waiting list in its order, then everybody whose next contact is due, into the slots of their own clinician. */
  private async book(date: string): Promise<void> {
    const rank: Readonly<Record<Priority, number>> = { crisis: 0, urgent: 0, soon: 1, routine: 1 };
    const wanted = this.cases
      .filter((each) => (each.state === 'waiting' || each.state === 'treatment') && !each.booked && !each.stuck && each.notBefore <= date)
      .sort(
        (a, b) =>
          (a.state === b.state ? 0 : a.state === 'treatment' ? -1 : 1) || rank[a.priority] - rank[b.priority] || (a.due < b.due ? -1 : 1),
      );
    for (const each of wanted) {
      const earliest = addDays(date, each.state === 'treatment' ? 14 : 1);
      const slot = this.slots.find(
        ({ start, clinician }) => clinician === each.clinician && londonDate(start) >= earliest && londonDate(start) <= addDays(date, 27),
      );
      if (!slot) continue;
      const type = each.had === 0 ? 'first' : 'follow-up';
      const booked = await this.tried(each, Book, { slot: slot.id, type }, slot.clinician);
      if (isRejection(booked)) {
        each.notBefore = addDays(date, 7);
        continue;
      }
      this.slots = this.slots.filter((other) => other !== slot);
      const made = (await this.store.read(this.streamOf(each.referralId))).findLast((event) => event.type === 'AppointmentBooked')!;
      each.booked = { appointment: String(made.data['bookingId']), start: slot.start };
    }
  }

  private async seen(date: string): Promise<void> {
    const due = this.cases
      .filter(({ booked }) => booked && londonDate(booked.start) === date)
      .sort((a, b) => (a.booked!.start < b.booked!.start ? -1 : 1));
    for (const each of due) {
      const { appointment, start } = each.booked!;
      if (!this.clock.reach(new Date(Date.parse(start) + 35 * 60_000).toISOString())) continue;
      const missed = each.child ? 'was-not-brought' : 'did-not-attend';
      const outcome = this.chance.weighted({ attended: 84, 'attended-late': 6, [missed]: each.missed > 0 ? 1 : 8, 'late-not-seen': 1 });
      await this.tried(each, RecordAttendance, { appointment, outcome }, each.clinician!);
      delete each.booked;
      each.notBefore = date;
      if (outcome !== 'attended' && outcome !== 'attended-late') each.missed++;
      else await this.contact(each, appointment, date);
    }
  }

  private async contact(each: Case, appointment: string, date: string): Promise<void> {
    each.had++;
    each.notBefore = addDays(date, this.chance.between(8, 17));
    if (each.had === 1) {
      await this.tried(each, StartTreatment, { intervention: INTERVENTIONS[each.stratum], appointment }, each.clinician!);
      each.state = 'treatment';
      if (each.measured) await this.measure(each, 'baseline', date);
    }
    if (each.had >= each.planned) await this.discharge(each, date);
  }

  private async measure(each: Case, occasion: 'baseline' | 'final', date: string): Promise<void> {
    const { instrument, variant, baseline, better, size } = MEASURES[each.stratum];
    const start = this.baselines.get(each) ?? this.chance.between(baseline[0], baseline[1]);
    this.baselines.set(each, start);
    const direction = this.chance.weighted({ better: 71, same: 17, worse: 12 });
    const change = direction === 'same' ? 0 : (direction === 'better' ? 1 : -1) * better * this.chance.between(size[0], size[1]);
    const value = occasion === 'baseline' ? start : Math.max(0, Math.min(instrument === 'wsas' ? 40 : 10, start + change));
    await this.tried(each, RecordMeasure, { instrument, variant, value, on: date, completedBy: 'person', occasion }, each.clinician!);
  }
  private readonly baselines = new Map<Case, number>();

  private async discharge(each: Case, date: string): Promise<void> {
    if (each.measured && each.had > 1) await this.measure(each, 'final', date);
    const body = {
      reason: this.chance.weighted({ 'goals-met': 60, 'goals-partly-met': 25, 'self-managing': 15 }),
      destination: this.chance.weighted({ 'self-management': 60, 'gp-practice': 20, 'voluntary-sector': 20 }),
      summary: { did: 'Assessment, a plan that was carried out together, and a review.', gpToDo: 'Nothing.' },
    };
    const ended = await this.tried(each, Discharge, body, each.clinician!);
    if (isRejection(ended))
      await this.decision(
        each,
        Discharge,
        { ...body, noOutcomeReason: this.chance.oneOf(['not-asked', 'declined', 'missed-ending']) },
        each.clinician!,
      );
    each.state = 'ended';
  }

  private async openSessionsUpTo(last: string): Promise<void> {
    const { calendar } = await this.configuration.current();
    for (let date = this.opened; date <= last; date = addDays(date, 1)) {
      this.opened = addDays(date, 1);
      if (!calendar.isWorkingDay(date)) continue;
      const weekday = new Date(`${date}T12:00:00Z`).getUTCDay();
      for (const clinician of this.team) {
        const away = clinician.away !== undefined && clinician.away.from <= date && date <= clinician.away.to;
        if (away || !clinician.weekdays.includes(weekday)) continue;
        const { clinic, place, start, end, id } = clinician;
        const body = { place, date, start, end, practitioner: id, types: ['first', 'follow-up', 'telephone'] };
        const session = await this.desk.openSession(this.dispatch, clinic, body, this.sender(id));
        if (!isRejection(session)) this.slots.push(...session.slots.map((slot) => ({ id: slot.id, start: slot.start, clinician })));
      }
    }
    this.slots.sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  private async decision<C extends object>(each: Case, Body: BodyClass<C>, body: object, clinician: Clinician): Promise<void> {
    granted(await this.tried(each, Body, body, clinician));
  }

  private async tried<C extends object>(
    { referralId }: Case,
    Body: BodyClass<C>,
    body: object,
    clinician: Clinician,
  ): Promise<Outcome<Receipt>> {
    const seenRevision = (await this.store.read(this.streamOf(referralId))).length - 1;
    return this.dispatch.send<C, Receipt>(Body, body, { ...this.sender(clinician.id), seenRevision }, {
      referralId,
    } as unknown as Partial<C>);
  }

  private streamOf(referralId: string): string {
    return `referral-northbank-${referralId}`;
  }

  private sender(practitionerId?: string): Sender {
    return {
      otherwise: 'public',
      channel: practitionerId ? 'page' : 'api',
      correlationId: randomUUID(),
      ...(practitionerId ? { practitionerId } : {}),
    };
  }
}

function granted<Answer>(outcome: Outcome<Answer>): Answer {
  if (isRejection(outcome)) throw new Error(`The made-up service did something that is refused: ${outcome.code}: ${outcome.detail}`);
  return outcome;
}
