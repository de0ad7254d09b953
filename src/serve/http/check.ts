/** Values against their schemas: what is wrong is said field by field. */
import type { TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { Problem } from './problem.ts';

const MOST_ERRORS = 10;

/** @throws Problem */
export function check(schema: TSchema, value: unknown, what: string): void {
  if (Value.Check(schema, value)) return;
  const errors = [];
  for (const { path, message } of Value.Errors(schema, value)) {
    errors.push({ field: path.slice(1).replaceAll('/', '.'), message });
    if (errors.length === MOST_ERRORS) break;
  }
  throw new Problem(400, `the ${what} is not as it must be`, { errors });
}
