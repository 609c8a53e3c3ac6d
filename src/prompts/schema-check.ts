import type { JsonObject, JsonValue } from '../core/json.ts'
import { type Validate, compileSchema } from './schema-compiler.ts'
import { describeProblem, type VariableProblem } from './variable-problem.ts'

/** What is wrong with a value; empty: nothing. */
export type SchemaCheck = (value: JsonValue) => readonly VariableProblem[]

export interface SchemaCheckOptions {
  /** Writes the defaults of the schema into the value that is checked. */
  readonly fillsDefaults: boolean
}

/** Up to so many values all that is wrong is listed, beyond it the first. */
const maxThoroughValues = 2_000

/**
 * Checks values that strangers send against one schema, compiled at the first of them: quickly, and once more thoroughly
 * when something is wrong and the value is small enough to say all of it.
 */
export function schemaCheck(schema: JsonObject, options: SchemaCheckOptions): SchemaCheck {
  let quick: Validate | null = null
  let thorough: Validate | null = null

  function problemsOf(value: JsonValue, quickly: Validate): readonly VariableProblem[] {
    let failed = quickly
    if (countValues(value, maxThoroughValues) < maxThoroughValues) {
      thorough ??= compileSchema(schema, true, options.fillsDefaults)
      if (!thorough(value)) failed = thorough
    }
    const problems = (failed.errors ?? []).flatMap((error) => describeProblem(error, schema))
    // The errors hold on to the values, and the validator to the errors.
    quickly.errors = null
    failed.errors = null
    return problems.length > 0 ? problems : [{ path: [], text: 'must meet the schema of the prompt' }]
  }

  return function check(value) {
    quick ??= compileSchema(schema, false, options.fillsDefaults)
    try {
      return quick(value) ? noProblems : problemsOf(value, quick)
    } catch (error) {
      // A schema that refers to itself can follow a value deeper than the stack goes.
      if (!(error instanceof RangeError)) throw error
      return [{ path: [], text: 'must not be nested so deeply: the schema of the prompt cannot follow' }]
    }
  }
}

const noProblems: readonly VariableProblem[] = []

/** Counts up to `most` and no further. */
function countValues(value: JsonValue, most: number): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  for (const member of Object.values(value)) {
    if (count >= most) return most
    count += countValues(member, most - count)
  }
  return count
}
