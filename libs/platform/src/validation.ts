import { ProblemField } from '@ncr/contracts';
import { ValidationError, ValidationPipe } from '@nestjs/common';
import { Problem } from './problem';

/** Checks bodies, queries and parameters against their class; an unknown field is an error (AC-05, SR-13). */
export function strictValidation(): ValidationPipe {
  return new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    transform: true,
    exceptionFactory: (errors) => {
      const fields = errors.flatMap((error) => fieldsOf(error, ''));
      return new Problem(400, 'validation-failed', fields.map(({ message }) => message).join('; '), { fields });
    },
  });
}

const words: Readonly<Record<string, string>> = { whitelistValidation: 'unknown' };

function fieldsOf(error: ValidationError, prefix: string): ProblemField[] {
  const name = /^\d+$/.test(error.property) ? `[${error.property}]` : error.property;
  const field = prefix === '' || name.startsWith('[') ? `${prefix}${name}` : `${prefix}.${name}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
    field,
    rule: words[rule] ?? rule,
    message,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => fieldsOf(child, field))];
}
