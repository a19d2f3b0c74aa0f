/** The services of a simulated history: each with its size, its team, its practices and its configuration. The first is of Northbank's size. */
import { createHash } from 'node:crypto';
import { addDays, daysBetween, weekday } from '@waymark/kernel';
import type { ConfigurationFiles, ServiceContent } from '@waymark/rules';
import type { Period } from '../made-up/case';
import { Chance } from '../made-up/chance';
import { FAMILY_NAMES, GIVEN_NAMES, type PracticeCode } from '../made-up/names';
import { ARRIVALS, BUSIER_DAYS, unbooked, type Post, type Shape } from '../made-up/shape';

/** Spread of the sizes of networks, as the deviation of their logarithm; the clinics of one county spread twice as wide (the booking model of a published study). */
const SIZE_SPREAD = 0.4;
const SIZES = { least: 0.4, most: 3 } as const;
/** Clinic sessions a week of a service of Northbank's size, when nobody is on leave: about nine over a year. */
const SESSIONS = 10;
const SESSIONS_A_POST = 5;
/** January to December, and Monday to Friday: local guesses, each about 1 on average. */
const MONTHS = [1.08, 1.03, 1.04, 0.97, 1.0, 1.0, 0.97, 0.88, 1.05, 1.06, 1.04, 0.86];
const WEEKDAYS = [1.2, 1.05, 1.0, 0.95, 0.8];
/** Thirty days of leave a year beside the bank holidays: the week of the year in which the first of the team goes, and for how many weeks. */
const LEAVE = [
  { week: 6, weeks: 1 },
  { week: 13, weeks: 1 },
  { week: 28, weeks: 2 },
  { week: 42, weeks: 1 },
  { week: 50, weeks: 1 },
];
/** The others go after each other; in a bigger team every fourth goes with the first. */
const TURNS = 4;
const CLINICS = [
  ['quayside', 'Quayside Surgery'],
  ['elm-road', 'Elm Road Medical Centre'],
  ['st-brannocks', 'St Brannock’s Practice'],
  ['lower-marsh', 'Lower Marsh Health Centre'],
  ['university', 'University Health Centre'],
] as const;

export interface SimulatedService {
  readonly shape: Shape;
  readonly chance: Chance;
}

/** `template`: the service that all are configured like. The same seed makes the same services, however many there are. */
export function simulatedServices(count: number, seed: number, life: Period, template: string): SimulatedService[] {
  return Array.from({ length: count }, (_, index) => {
    const service = index === 0 ? template : `pcn${index + 1}`;
    const chance = new Chance(createHash('sha256').update(`${seed}/${index}`).digest().readUInt32BE());
    return { chance, shape: shapeOf(service, index, life, chance) };
  });
}

/** What each of them publishes: the template's, under its own name; the rules as if they had been in force from the first day. */
export function configurationOf(services: readonly SimulatedService[], life: Period, files: ConfigurationFiles): ConfigurationFiles {
  const [template] = files.services;
  if (!template) throw new Error('There is no service to simulate');
  const rules = files.ruleSet.rules.map((rule) => ({ ...rule, from: rule.from < life.from ? rule.from : life.from }));
  return { ruleSet: { ...files.ruleSet, rules }, services: services.map(({ shape }, index) => renamed(template, shape, index)) };
}

function renamed(template: ServiceContent, { service: id, practice }: Shape, index: number): ServiceContent {
  if (index === 0) return template;
  const { default: _, practices, ...service } = template.service;
  return {
    ...template,
    service: {
      ...service,
      id,
      name: `Made-up Occupational Therapy ${index + 1}`,
      network: `Made-up Primary Care Network ${index + 1}`,
      ods: `U${String(90_000 + index)}`,
      ...(practices ? { practices: practices.map((each) => ({ ...each, ods: practice(each.ods as PracticeCode) })) } : {}),
    },
  };
}

function shapeOf(service: string, index: number, life: Period, chance: Chance): Shape {
  const size = index === 0 ? 1 : Math.min(SIZES.most, Math.max(SIZES.least, Math.exp(SIZE_SPREAD * chance.normal())));
  const growth = 1 + chance.between(2, 8) / 100;
  const daysLeft = (date: string): number => daysBetween(date, life.to);
  /** Against Northbank at the end of its life. */
  const demand = (date: string): number => size * growth ** (-daysLeft(date) / 365);
  /** The team grows once a year, by what demand will be in the middle of it. */
  const sessions = (date: string): number => {
    const year = Math.max(0, Math.floor(daysBetween(life.from, date) / 365));
    return Math.max(2, Math.round(SESSIONS * Math.min(size, demand(addDays(life.from, year * 365 + 182)))));
  };
  return {
    service,
    life,
    posts: postsOf(index, life, sessions, chance),
    arrivalsOn(date) {
      const season = MONTHS[Number(date.slice(5, 7)) - 1]! * (WEEKDAYS[weekday(date) - 1] ?? 0);
      const busier = daysLeft(date) < BUSIER_DAYS ? ARRIVALS.busier / ARRIVALS.usual : 1;
      return ARRIVALS.usual * demand(date) * season * busier;
    },
    mayStayUnbooked: (date) => demand(date) * unbooked(daysLeft(date)),
    practice: (code) => (index === 0 ? code : `S${String(index).padStart(4, '0')}${code.slice(-1)}`),
  };
}

function postsOf(index: number, life: Period, sessions: (date: string) => number, chance: Chance): [Post, Post, ...Post[]] {
  const postsOn = (date: string): number => Math.max(2, Math.ceil(sessions(date) / SESSIONS_A_POST));
  const years = Array.from({ length: Math.ceil(daysBetween(life.from, life.to) / 365) }, (_, year) => addDays(life.from, year * 365));
  const post = (nth: number): Post => {
    const [clinic, place] = CLINICS[nth % CLINICS.length]!;
    const onLeave = leave(nth, life);
    const again = nth < CLINICS.length ? '' : `-${Math.floor(nth / CLINICS.length) + 1}`;
    return {
      from: years.find((date) => postsOn(date) > nth) ?? life.to,
      name: `${chance.oneOf(GIVEN_NAMES[chance.oneOf(['female', 'male'] as const)])} ${chance.oneOf(FAMILY_NAMES)}`,
      registration: `OT${100_000 + index * 50 + nth}`,
      level: nth === 1 ? 'ap' : chance.oneOf(['ot', 'fcp'] as const),
      clinic: clinic + again,
      place: `${place}, room ${nth + 2}`,
      start: nth % 2 === 0 ? '09:00' : '13:00',
      seesChildren: nth % 2 === 1,
      weekdaysOn(date) {
        // Leave is known long before: no session is opened.
        if (onLeave.some(({ from, to }) => from <= date && date <= to)) return [];
        const posts = postsOn(date);
        const held = nth < posts ? Math.floor((sessions(date) + posts - 1 - nth) / posts) : 0;
        return Array.from({ length: held }, (_, i) => ((i + nth) % 5) + 1);
      },
      away: [...onLeave, ...absences(years, chance)],
    };
  };
  const most = Math.max(...years.map(postsOn));
  return [post(0), post(1), ...Array.from({ length: most - 2 }, (_, i) => post(i + 2))];
}

/** From Monday to Sunday, in every calendar year of the life. */
function leave(nth: number, { from, to }: Period): Period[] {
  const first = Number(from.slice(0, 4));
  const years = Array.from({ length: Number(to.slice(0, 4)) - first + 1 }, (_, n) => `${first + n}-01-01`);
  return years.flatMap((year) => {
    const monday = addDays(year, (8 - weekday(year)) % 7);
    return LEAVE.map(({ week, weeks }) => {
      const begins = addDays(monday, 7 * (week + (nth % TURNS) * weeks));
      return { from: begins, to: addDays(begins, 7 * weeks - 1) };
    });
  });
}

/** In some years three weeks of sickness, in every year a few days. */
function absences(years: readonly string[], chance: Chance): Period[] {
  return years.flatMap((year) => {
    const lasting = (days: number): Period => {
      const from = addDays(year, chance.between(0, 340));
      return { from, to: addDays(from, days - 1) };
    };
    return [...(chance.happens(0.4) ? [lasting(21)] : []), lasting(chance.between(1, 3))];
  });
}
