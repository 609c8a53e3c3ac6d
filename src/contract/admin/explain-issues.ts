import type { z } from 'zod'
import { Fault } from '../../core/fault.ts'
import { knownFields } from './known-fields.ts'
import { nearestName } from './nearest-name.ts'

type Issue = z.core.$ZodIssue

interface Problem {
  /** Path of the field, `version.messages[0].role`; empty: the whole. */
  readonly field: string
  /** A clause that follows the field's name. */
  readonly text: string
  /** There is no such field. */
  readonly unknown: boolean
}

const mostListed = 20

/**
 * Turns all that zod found wrong into one Fault `invalid_request`: the first problem's field is `param`, every problem is
 * in the message with the rule it broke. Values are never repeated: they may be secrets.
 */
export function faultFromIssues(
  issues: readonly Issue[],
  schema: z.core.$ZodType,
  what: 'body' | 'query' | 'path',
): Fault {
  const problems = issues.flatMap((issue) => problemsOf(issue, schema, what))
  // A misspelt name comes first: that another field is missing is often only its echo.
  const [unknown, others] = [
    problems.filter((problem) => problem.unknown),
    problems.filter((problem) => !problem.unknown),
  ]
  return faultFrom([...unknown, ...others], what)
}

function faultFrom(problems: readonly Problem[], what: string): Fault {
  const listed = problems
    .slice(0, mostListed)
    .map(({ field, text }) => `${field === '' ? `The ${what}` : `\`${field}\``} ${text.replace(/\.$/, '')}`)
  if (problems.length > mostListed) listed.push(`and ${problems.length - mostListed} more`)
  const message = `${problems.length > 1 ? `${problems.length} problems: ` : ''}${listed.join('; ').replaceAll('?; ', '? ')}`
  const field = problems[0]?.field ?? ''
  return new Fault('invalid_request', message.endsWith('?') ? message : `${message}.`, {
    param: field === '' ? null : field,
  })
}

/** `['messages', 0, 'role']` to `messages[0].role`. */
export function fieldPath(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? shortened(String(step)) : `.${shortened(String(step))}`
  }
  return text
}

function problemsOf(issue: Issue, schema: z.core.$ZodType, what: 'body' | 'query' | 'path'): readonly Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownField(issue.path, key, knownFields(schema, issue.path), what))
  }
  if (issue.code === 'invalid_union') {
    const branch = closestBranch(issue.errors)
    if (branch !== null) {
      return branch.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, schema, what))
    }
  }
  return [{ field: fieldPath(issue.path), text: clauseOf(issue), unknown: false }]
}

function unknownField(path: readonly PropertyKey[], key: string, known: readonly string[], what: string): Problem {
  const noun = what === 'query' ? 'query parameter' : 'field'
  return {
    field: fieldPath([...path, key]),
    text: `is not a known ${noun}. ${hintFor(key, known, noun)}`,
    unknown: true,
  }
}

function hintFor(key: string, known: readonly string[], noun: string): string {
  const nearest = nearestName(key, known)
  if (nearest !== null) return `Did you mean \`${nearest}\`?`
  if (known.length === 0) return `No ${noun} is known here.`
  const parameters = known.includes('parameters')
    ? ' What the model is sent, such as `temperature`, belongs in `parameters`.'
    : ''
  return `Known here: ${known.map((name) => `\`${name}\``).join(', ')}.${parameters}`
}

/** Among the ways a union could have been met, the one that came furthest; null when none came beyond the first look. */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  let closest: readonly Issue[] | null = null
  for (const branch of branches) {
    const missedAtOnce = branch.some(
      (issue) => issue.path.length === 0 && issue.code !== 'unrecognized_keys' && issue.code !== 'custom',
    )
    if (missedAtOnce) continue
    if (closest === null || mistakesIn(branch) < mistakesIn(closest)) closest = branch
  }
  return closest
}

/** Of several unknown names zod makes one issue. */
function mistakesIn(branch: readonly Issue[]): number {
  return branch.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0)
}

function clauseOf(issue: Issue): string {
  const isShape = issue.code === 'invalid_type' || issue.code === 'invalid_union' || issue.code === 'invalid_value'
  if (isShape && issue.input === undefined) return issue.path.length === 0 ? 'is missing' : 'is missing; it is required'
  if (issue.code === 'invalid_type') {
    return `must be ${articleFor(issue.expected)}, not ${kindOf(issue.input)}`
  }
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid')) {
    return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map((value) => `\`${String(value)}\``).join(', ')}`
  }
  if (issue.code === 'invalid_key')
    return `has a name that is not allowed here: ${issue.issues.map(clauseOf).join(', ')}`
  const own = issue.message
  const isClause = /^[a-z]/.test(own)
  return isClause ? own : `is not right: ${own.charAt(0).toLowerCase()}${own.slice(1)}`
}

function articleFor(expected: string): string {
  const names: Record<string, string> = {
    record: 'an object',
    object: 'an object',
    array: 'a list',
    int: 'a whole number',
    null: 'null',
  }
  return names[expected] ?? `a ${expected}`
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a fraction'
  return `a ${typeof value}`
}

/** Names come from outside: a path must stay readable whatever they hold. */
function shortened(name: string): string {
  const printable = name.replace(/[\p{Cc}\p{Surrogate}`]/gu, '?')
  return printable.length > 80 ? `${printable.slice(0, 80)}…` : printable
}
