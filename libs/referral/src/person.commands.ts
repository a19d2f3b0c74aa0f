/** The people in a referral: whom it is about, how to reach them safely, and who sent it. */
import { isDay } from '@waymark/kernel';
import { IsBoolean, IsIn, ValidateBy } from 'class-validator';
import { each, Many, Name, Optional, Part, Parts, Required, Text } from './fields';

const isBirthDate = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Object.keys(value).join() === 'about' && Number.isInteger((value as { about: unknown }).about)
    : isDay(value) || (typeof value === 'string' && /^\d{4}$/.test(value));

export class Telecom {
  @Required()
  @IsIn(['phone', 'sms', 'email'])
  system!: 'phone' | 'sms' | 'email';

  @Required()
  @Name()
  value!: string;
}

export class Identifier {
  @Required()
  @Text()
  system!: string;

  @Required()
  @Text()
  value!: string;
}

export class PersonName {
  @Optional()
  @Name()
  family?: string;

  @Optional()
  @Many(Name(each))
  given?: string[];

  @Optional()
  @Name()
  preferred?: string;
}

export class Address {
  @Optional()
  @Many(Name(each))
  line?: string[];

  @Optional()
  @Name()
  postalCode?: string;
}

export class Organisation {
  @Optional()
  @Name()
  ods?: string;

  @Optional()
  @Name()
  name?: string;
}

export class SafeContact {
  @Optional()
  @IsBoolean()
  voicemail?: boolean;

  @Optional()
  @IsBoolean()
  sayWhoWeAre?: boolean;

  @Optional()
  @Parts(() => Telecom)
  telecom?: Telecom[];

  @Optional()
  @Text()
  note?: string;
}

const FORMATS = ['large-print', 'easy-read', 'braille', 'audio', 'bsl', 'text-relay', 'lipreading', 'email-only'];

export class Person {
  @Optional()
  @Part(() => PersonName)
  name?: PersonName;

  /** A full date, a year, or an age that somebody gave. */
  @Optional()
  @ValidateBy({
    name: 'isBirthDate',
    validator: { validate: isBirthDate, defaultMessage: () => 'birthDate must be a day (YYYY-MM-DD), a year (YYYY), or {"about": age}' },
  })
  birthDate?: string | { about: number };

  @Optional()
  @Name()
  nhsNumber?: string;

  @Optional()
  @IsIn(['female', 'male', 'other', 'unknown'])
  gender?: 'female' | 'male' | 'other' | 'unknown';

  @Optional()
  @Part(() => Address)
  address?: Address;

  @Optional()
  @Parts(() => Telecom)
  telecom?: Telecom[];

  @Optional()
  @Part(() => Organisation)
  gpPractice?: Organisation;

  @Optional()
  @Name()
  language?: string;

  @Optional()
  @IsBoolean()
  interpreter?: boolean;

  @Optional()
  @Many(IsIn(FORMATS, each))
  formats?: string[];

  @Optional()
  @Many(Text(each))
  adjustments?: string[];

  @Optional()
  @Part(() => SafeContact)
  safeContact?: SafeContact;

  /** Nobody may learn where they are: address, practice and telephone numbers are not kept. */
  @Optional()
  @IsBoolean()
  restricted?: boolean;
}

export class Referrer {
  @Optional()
  @Name()
  name?: string;

  @Optional()
  @Name()
  relationship?: string;

  @Optional()
  @Name()
  role?: string;

  @Optional()
  @Parts(() => Telecom)
  telecom?: Telecom[];

  @Optional()
  @Part(() => Identifier)
  identifier?: Identifier;

  @Optional()
  @Part(() => Organisation)
  organization?: Organisation;
}
