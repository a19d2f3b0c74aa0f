/** The kinds of field that commands are made of, each with its limits. Refuses null: a field that is not given is left out. */
import { isDay } from '@waymark/kernel';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsObject,
  IsString,
  Matches,
  MaxLength,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  type ValidationOptions,
} from 'class-validator';

const ITEMS = 100;
const TEXT = 10_000;
const NAME = 200;
const CODE = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const INSTANT = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** ISO 8601 with its offset. */
export function isInstant(value: unknown): value is string {
  const [, day] = typeof value === 'string' ? (INSTANT.exec(value) ?? []) : [];
  return isDay(day) && !Number.isNaN(Date.parse(value as string));
}

function together(...decorators: readonly PropertyDecorator[]): PropertyDecorator {
  return (target, property) => decorators.forEach((decorate) => decorate(target, property));
}

export function Optional(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

export function Required(): PropertyDecorator {
  return IsDefined();
}

export function Text(each?: ValidationOptions): PropertyDecorator {
  return together(IsString(each), MaxLength(TEXT, each));
}

export function Name(each?: ValidationOptions): PropertyDecorator {
  return together(IsString(each), MaxLength(NAME, each));
}

/** Kebab-case. Whether there is such a code is for the service's lists to say. */
export function Code(each?: ValidationOptions): PropertyDecorator {
  return together(
    MaxLength(NAME, each),
    Matches(CODE, { message: '$property must be a code: lower-case letters, digits and hyphens', ...each }),
  );
}

export function Many(...items: readonly PropertyDecorator[]): PropertyDecorator {
  return together(IsArray(), ArrayMaxSize(ITEMS), ...items);
}

export const each: ValidationOptions = { each: true };

export function Part(part: () => new () => object): PropertyDecorator {
  return together(IsObject(), ValidateNested(), Type(part));
}

export function Parts(part: () => new () => object): PropertyDecorator {
  return together(Many(IsObject(each)), ValidateNested(each), Type(part));
}

export function Day(): PropertyDecorator {
  return ValidateBy({ name: 'isDay', validator: { validate: isDay, defaultMessage: () => '$property must be a day, YYYY-MM-DD' } });
}

export function Instant(): PropertyDecorator {
  return ValidateBy({
    name: 'isInstant',
    validator: {
      validate: isInstant,
      defaultMessage: () => '$property must be a date and time with its offset, such as 2026-11-20T09:12:00Z',
    },
  });
}

/** What every command about an existing referral may say. */
export class AboutReferral {
  /** When it happened; left out = now. */
  @Optional()
  @Instant()
  occurredAt?: string;

  /** A remark for the record. */
  @Optional()
  @Text()
  note?: string;

  /** Not in the body: set by the caller, who found the referral. Only declared, so that no instance has it by itself. */
  declare referralId: string;
}
