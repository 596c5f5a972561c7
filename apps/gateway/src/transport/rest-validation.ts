import { ValidationFailed, type Violation } from '@aet/contracts';
import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';

const violationsOf = (errors: readonly ValidationError[], prefix = ''): Violation[] =>
  errors.flatMap((error) => {
    const path = `${prefix}${error.property}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({ path, rule, message }));
    return [...own, ...violationsOf(error.children ?? [], `${path}.`)];
  });

function refuse(errors: readonly ValidationError[]): ValidationFailed {
  const violations = violationsOf(errors);
  return new ValidationFailed(`the request is not valid: ${violations.map((v) => v.message).join('; ')}`, violations);
}

const strict = {
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  exceptionFactory: refuse,
} as const;

/** For paths and queries, where everything arrives as text: turned into the types that the class declares. */
export const textPipe = new ValidationPipe({ ...strict, transformOptions: { enableImplicitConversion: true } });

/** For JSON bodies, which must have the right types already. */
export const bodyPipe = new ValidationPipe(strict);
