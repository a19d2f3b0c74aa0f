/** One service as it is configured: who it is, its hours, its contacts, and its settings from which date. */
import { NATIONS, readHours } from '@waymark/kernel';
import { z } from 'zod';
import { stratumSchema } from './suggestion';

const words = z.string().min(1);
const telephone = z.string().regex(/^[+\d][\d ]{2,}$/, 'a telephone number');
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time, HH:MM');
const days = z.number().int().nonnegative();
const years = z.number().int().positive();
const minutes = z.number().int().positive();

const hoursSchema = z.record(z.string(), z.string()).superRefine((hours, context) => {
  const week = readHours(hours);
  const wrong = (message: string, fix: string) => context.addIssue({ code: 'custom', message, params: { fix } });
  if (!week) wrong('hours that cannot be read', 'write days and times, such as mon-fri: "09:00-17:00"');
  else if ([1, 2, 3, 4, 5].some((day) => !week.has(day))) wrong('a day from Monday to Friday has no hours', 'give hours for each of them');
});

/** How long data is kept after a referral has ended, and how long an approved erasure can be cancelled. */
const retentionFiguresSchema = z.strictObject({
  adultYears: years,
  /** Birthdays; the later one for whoever was 17 at the end. */
  childUntilAge: years,
  childLastYearUntilAge: years,
  mentalHealthYears: years,
  afterDeathYears: years,
  /** Never agreed, or said no before anybody was seen. */
  declinedYears: years,
  daysToCancelErasure: days,
});
export type RetentionFigures = z.output<typeof retentionFiguresSchema>;

/** Of a service whose settings were published before they named any (rules-and-defaults 1.20). */
const USUAL_RETENTION: RetentionFigures = {
  adultYears: 8,
  childUntilAge: 25,
  childLastYearUntilAge: 26,
  mentalHealthYears: 20,
  afterDeathYears: 10,
  declinedYears: 2,
  daysToCancelErasure: 14,
};

/** The figures of a service; all of them are local defaults unless their source says otherwise (rules-and-defaults 1). */
/** When somebody is told that nothing has happened (rules-and-defaults 1.14); crisis, read and triage have their own targets. */
const watchSchema = z.strictObject({
  /** After whoever was told first, the lead. */
  leadWorkingDays: days,
  /** Accepted, and nothing booked. */
  bookingWorkingDays: days,
  /** Nothing booked, and the first contact due in so many. */
  contactWithinWorkingDays: days,
  /** In treatment, calendar days without a contact. */
  contactDays: days,
  /** After an appointment of which nothing was recorded. */
  attendanceWorkingDays: days,
  /** Day of the clock, after `earlyWarningDay`. */
  lateWarningDay: days,
});

export const settingsSchema = z.strictObject({
  consultations: z.strictObject({ maximum: z.number().int().positive(), minutes }),
  bookingHorizonDays: days,
  /** Contacts a week and whole-time equivalent: a reference line, never a target. */
  weeklyContacts: z.number().positive(),
  /** Working days to the decision of triage, and by priority to the first contact; crisis is never ours. */
  targetWorkingDays: z.strictObject({ triage: days, crisis: days, urgent: days, soon: days, routine: days }),
  /** A person reads it within. */
  read: z.strictObject({ crisisDutyMinutes: minutes, urgentServiceMinutes: minutes, otherWorkingDays: days }),
  /** Triage of crisis is an accepted hand-over; of urgent the same day, or the next when it came late. */
  triage: z.strictObject({ crisisDutyMinutes: minutes, urgentSameDayUntil: time, urgentNextDayBy: time }),
  dayZeroBefore: time,
  /** Calendar days from receipt to the start of treatment; the day after it breaches. */
  treatmentDays: days,
  earlyWarningDay: days,
  /** A redirect is chased after so many working days. */
  acceptanceWorkingDays: z.strictObject({ urgent: days, other: days }),
  /** A clinician speaks with a person whose agreement is open. */
  agreementWorkingDays: days,
  /** A slot is held for so long while a booking is made. */
  holdMinutes: minutes,
  /** A referral that somebody is reading is theirs for so long. */
  claimMinutes: minutes,
  retention: retentionFiguresSchema.optional(),
  /** Absent in what was published before there were watchers. */
  watch: watchSchema.optional(),
});
type Published = z.output<typeof settingsSchema>;
export type Settings = Published & { readonly watch: z.output<typeof watchSchema> };

/** What counts for a service that has not published its own. */
const WATCH: Settings['watch'] = {
  leadWorkingDays: 1,
  bookingWorkingDays: 10,
  contactWithinWorkingDays: 5,
  contactDays: 28,
  attendanceWorkingDays: 1,
  lateWarningDay: 119,
};

const settingsFromSchema = settingsSchema.partial().extend({ from: z.iso.date(), source: words });

/** config/services/<id>.yaml. */
export const serviceSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9]{2,12}$/, 'a service code is 2 to 12 of a-z and 0-9'),
    /** Public: it appears in messages. */
    name: words,
    network: words.optional(),
    ods: z.string().regex(/^[A-Z0-9]{3,10}$/, 'an ODS code'),
    nation: z.enum(NATIONS),
    default: z.boolean().optional(),
    practices: z
      .array(
        z.strictObject({
          ods: z.string().regex(/^[A-Z0-9]{3,10}$/, 'an ODS code'),
          name: words,
          aliases: z.array(words).optional(),
          share: z.number().min(0).max(1).optional(),
        }),
      )
      .optional(),
    hours: hoursSchema,
    /** When somebody reads and answers alarms. */
    dutyHours: hoursSchema,
    /** Whether people and families may refer, by need group. */
    selfReferral: z.record(stratumSchema, z.boolean()),
    contact: z.strictObject({ telephone, words }),
    outOfHours: z.strictObject({ words }),
    /** A service does not start without them. */
    duty: z.strictObject({ contact: telephone, backUp: telephone, lead: telephone, safeguardingLead: telephone }),
    /** HCPC numbers of those who may approve that a person is erased. Nobody may where nobody is named. */
    informationGovernanceLeads: z
      .array(z.string().regex(/^[A-Z]{1,4}\d{2,8}$/, 'a number of the HCPC register, such as OT90001'))
      .optional(),
    crisisDestinations: z
      .array(z.strictObject({ id: words, name: words, telephone, hours: words, ages: words.optional() }))
      .min(1, 'a service does not start without a crisis destination'),
    /** Oldest first; each entry changes what it names from its date on. */
    settings: z.array(settingsFromSchema).min(1),
  })
  .superRefine(({ selfReferral, settings }, context) => {
    const wrong = (path: PropertyKey[], message: string, fix: string) =>
      context.addIssue({ code: 'custom', path, message, params: { fix } });
    if (selfReferral.wider === false) wrong(['selfReferral', 'wider'], 'wider cannot be switched off', 'write wider: true');
    for (const { path } of settingsSchema.safeParse(withoutDates(settings[0] ?? {})).error?.issues ?? []) {
      wrong(['settings', 0, ...path], `the first entry gives every setting, and ${path.join('.')} is missing`, 'add it');
    }
    settings.forEach(({ from }, index) => {
      const before = settings[index - 1];
      if (before && before.from >= from)
        wrong(['settings', index, 'from'], 'this entry does not follow the one before', 'put the entries in the order of their dates');
    });
  });
export type ServiceConfiguration = z.output<typeof serviceSchema>;

/** The settings in force on a London date; before the first entry, those of the first. */
export function settingsOn({ settings }: Pick<ServiceConfiguration, 'settings'>, date: string): Settings {
  const inForce = settings.filter(({ from }, index) => index === 0 || from <= date).map(withoutDates);
  return Object.assign({ watch: WATCH }, ...inForce) as Settings;
}

export function retentionFigures({ retention }: Pick<Settings, 'retention'>): RetentionFigures {
  return retention ?? USUAL_RETENTION;
}

function withoutDates(entry: Partial<z.output<typeof settingsFromSchema>>): Partial<Published> {
  const { from: _from, source: _source, ...settings } = entry;
  return settings;
}
