/** What somebody may ask of the register of practitioners. */
import { STRATA, type Stratum } from '@waymark/rules';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { LEVELS } from './practitioner';

const REGISTER_BODIES = ['HCPC'] as const;

export class Registration {
  @IsDefined()
  @IsIn(REGISTER_BODIES, { message: 'body must be HCPC' })
  body!: 'HCPC';

  /** As on the public register, for example OT and digits. */
  @IsDefined()
  @Matches(/^[A-Za-z]{1,4}\d{2,8}$/, { message: 'number must be letters then digits, as on the public register' })
  number!: string;

  /** Last day on which it is valid. */
  @IsDefined()
  @Matches(/^\d{4}-\d{2}-\d{2}$/, { message: 'expires must be a date, YYYY-MM-DD' })
  @IsISO8601({ strict: true }, { message: 'expires must be a date, YYYY-MM-DD' })
  expires!: string;
}

export class Ages {
  @IsDefined()
  @IsInt()
  @Min(0)
  @Max(130)
  from!: number;

  @IsDefined()
  @IsInt()
  @Min(0)
  @Max(130)
  to!: number;
}

export class Scope {
  @IsDefined()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(STRATA.length)
  @IsIn(STRATA, { each: true, message: `strata must be among ${STRATA.join(', ')}` })
  strata!: Stratum[];

  /** Whole years, inclusive. Left out = all ages. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => Ages)
  ages?: Ages;
}

/** Records a practitioner of the service. */
export class RegisterPractitioner {
  @IsOptional()
  @IsString()
  service?: string;

  @IsDefined()
  @IsString()
  @Matches(/\S/, { message: '$property must say something' })
  @MaxLength(200)
  name!: string;

  /** In the register's words, for example `occupational-therapist`. */
  @IsDefined()
  @IsString()
  @Matches(/\S/, { message: '$property must say something' })
  @MaxLength(200)
  profession!: string;

  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => Registration)
  registration!: Registration;

  @IsDefined()
  @IsIn(LEVELS, { message: `level must be one of ${LEVELS.join(', ')}` })
  level!: (typeof LEVELS)[number];

  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => Scope)
  scope!: Scope;
}

export const practitionerCommands = [
  {
    name: 'register-practitioner',
    command: RegisterPractitioner,
    decision: false,
    clinical: false,
    events: ['PractitionerRegistered'],
    refusals: ['invalid'],
  },
];
