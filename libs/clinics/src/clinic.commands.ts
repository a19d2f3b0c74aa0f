/** What somebody may ask of a clinic's diary. */
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { SESSION_TYPES } from './clinic-day';

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Opens a session of one practitioner in one place, cut into slots. */
export class OpenClinicSession {
  @IsOptional()
  @IsString()
  service?: string;

  /** Where people come, in words that they can read. */
  @IsDefined()
  @IsString()
  @Matches(/\S/, { message: '$property must say something' })
  @MaxLength(200)
  place!: string;

  @IsDefined()
  @Matches(/^\d{4}-\d{2}-\d{2}$/, { message: 'date must be YYYY-MM-DD' })
  @IsISO8601({ strict: true }, { message: 'date must be YYYY-MM-DD' })
  date!: string;

  /** London time. */
  @IsDefined()
  @Matches(TIME, { message: 'start must be a time of that day, HH:MM' })
  start!: string;

  @IsDefined()
  @Matches(TIME, { message: 'end must be a time of that day, HH:MM' })
  end!: string;

  /** Left out = the length of a consultation in the service's settings. */
  @IsOptional()
  @IsInt()
  @Min(5)
  @Max(240)
  slotMinutes?: number;

  @IsDefined()
  @IsUUID()
  practitioner!: string;

  /** Which appointments may be booked in it. */
  @IsDefined()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(SESSION_TYPES.length)
  @IsIn(SESSION_TYPES, { each: true, message: `types must be among ${SESSION_TYPES.join(', ')}` })
  types!: (typeof SESSION_TYPES)[number][];

  /** Not in the body: the clinic's code, from the address. */
  clinic!: string;
}

export const clinicCommands = [
  {
    name: 'open-session',
    command: OpenClinicSession,
    decision: false,
    clinical: false,
    events: ['ClinicSessionOpened'],
    refusals: ['invalid', 'in-the-past', 'session-overlaps', 'unknown-practitioner'],
  },
];
