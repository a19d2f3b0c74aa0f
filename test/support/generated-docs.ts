/** The catalogues under docs/generated, made from the code itself: commands, events and who reads them, and the rules. */
import { join } from 'node:path';
import { clinicCommands, clinicDay } from '@waymark/clinics';
import type { EventDefinitions } from '@waymark/kernel';
import { erasure, erasureCommands, person } from '@waymark/people';
import { problems } from '@waymark/problems';
import { eventDefinitions, readModels, timers } from '@waymark/read-models';
import {
  appointments,
  attention,
  discharge,
  plan,
  receptionCommands,
  referral,
  referralCommands,
  reservations,
  triage,
  type ReferralCommand,
} from '@waymark/referral';
import { readConfiguration, ruleSetStream, serviceStream } from '@waymark/rules';
import { practitioner, practitionerCommands } from '@waymark/workforce';

type Listed = Pick<ReferralCommand, 'name' | 'anybody' | 'decision' | 'clinical' | 'events' | 'refusals'>;

export const commands: readonly Listed[] = [
  ...receptionCommands,
  ...referralCommands,
  ...practitionerCommands,
  ...clinicCommands,
  ...erasureCommands,
];
export const deciders = [
  referral,
  triage,
  appointments,
  plan,
  discharge,
  attention,
  person,
  erasure,
  clinicDay,
  practitioner,
  serviceStream,
  ruleSetStream,
];
const reactions = [reservations];
export const definitions: EventDefinitions = eventDefinitions;

/** Fold events and show none of them: the one tells requests apart, the other says what is due. */
const SHOWN_TO_NOBODY = ['requests', timers.name];

/** The read models that show an event of this type. */
export function readersOf(type: string): string[] {
  return readModels.filter(({ name, on }) => !SHOWN_TO_NOBODY.includes(name) && Object.hasOwn(on, type)).map(({ name }) => name);
}

/** What an event of this type leads to without anybody asking. */
export function automationOf(type: string): string[] {
  const reacting = reactions.filter(({ on }) => Object.hasOwn(on, type)).map(({ name }) => `reaction ${name}`);
  return Object.hasOwn(timers.on, type) ? [...reacting, 'timers'] : reacting;
}

/** File name to text. */
export function generatedDocs(): ReadonlyMap<string, string> {
  return new Map([
    ['commands.md', commandsPage()],
    ['events.md', eventsPage()],
    ['rules.md', rulesPage()],
    ['refusals.md', refusalsPage()],
  ]);
}

const made = 'Made from the code by `npm run docs`. Do not edit.';

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function commandsPage(): string {
  const rows = commands.map(({ name, anybody, decision, clinical, events, refusals }) => [
    `\`${name}\``,
    clinical ? 'a registered practitioner in scope' : anybody ? 'anybody' : 'a named practitioner',
    decision ? 'yes' : 'no',
    events.join(', '),
    [...new Set(events.flatMap(readersOf))].join(', '),
    refusals.map((code) => `\`${code}\``).join(', '),
  ]);
  const head = [
    'Command',
    'Who',
    'Carries the revision on the screen',
    'Events',
    'Read models that show it',
    'Refusals beside those of its fields',
  ];
  return `# Commands\n\n${made}\n\n${table(head, rows)}\n`;
}

function eventsPage(): string {
  const rows = Object.entries(definitions).map(([type, { schemaVersion, personal }]) => [
    `\`${type}\``,
    String(schemaVersion),
    [...personal.keys()].join(', ') || 'none',
    deciders
      .filter(({ folds }) => Object.hasOwn(folds, type))
      .map(({ name }) => name)
      .join(', ') || 'none',
    readersOf(type).join(', ') || 'none',
    automationOf(type).join(', ') || 'none',
  ]);
  const head = ['Event', 'Version', 'Sealed fields', 'Deciders that fold it', 'Read models that read it', 'Reactions and timers'];
  return `# Events\n\n${made}\n\n${table(head, rows)}\n`;
}

function rulesPage(): string {
  const { ruleSet } = readConfiguration(join(__dirname, '../../config'));
  const rows = ruleSet.rules.map(({ id, because, when, then, source, hazard }) => [
    id,
    because,
    `\`${when.replaceAll('|', '\\|').replaceAll('\n', ' ').trim()}\``,
    Object.entries(then)
      .map(([what, value]) => `${what} ${Array.isArray(value) ? value.join(', ') : String(value)}`)
      .join('; '),
    source,
    [hazard].flat().join(', '),
  ]);
  return `# Rules\n\n${made} A rule suggests; a named clinician decides.\n\n${table(['Rule', 'Because', 'When', 'Then', 'Source', 'Hazards'], rows)}\n`;
}

function refusalsPage(): string {
  const rows = Object.entries(problems).map(([code, { status, title, issue }]) => [`\`${code}\``, String(status), title, issue]);
  return `# Refusals\n\n${made}\n\n${table(['Code', 'HTTP status', 'Title', 'FHIR issue type'], rows)}\n`;
}
