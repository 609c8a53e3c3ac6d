import { z } from 'zod'

/**
 * The names that appear in addresses, headers and model strings. Every rule is one regular expression, so that validation,
 * OpenAPI and the error text cannot drift apart.
 */

/** Slug of a prompt. */
export const promptIdPattern = /^[a-z0-9][a-z0-9_.-]{0,127}$/
/** A further id that resolves like the slug; ids of other systems have capitals too. */
export const aliasPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/
/** A label can be mistaken neither for a version number (`3`, `v3`) nor for `latest`. */
export const labelPattern = /^(?!latest$)(?!v[0-9]+$)[a-z][a-z0-9_-]{0,63}$/
/** semver.org 2.0.0: `MAJOR.MINOR.PATCH`, with optional `-prerelease` and `+build`; bounded so that no part loses precision. */
export const semverPattern =
  /^(?:0|[1-9][0-9]{0,14})\.(?:0|[1-9][0-9]{0,14})\.(?:0|[1-9][0-9]{0,14})(?:-(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

export const semverMaxLength = 128

/** The rules as clauses that follow the name of the field. */
export const promptIdRule =
  'must be 1 to 128 lower-case letters, digits, `_`, `.` or `-`, beginning with a letter or digit, such as `support-reply`'
export const aliasRule =
  'must be 1 to 128 letters, digits, `_`, `.` or `-`, beginning with a letter or digit, such as `pmpt_6893f1`'
/** Of whatever a request names a prompt by: a slug or an alias. */
export const promptNameRule =
  'must be 1 to 128 letters, digits, `_`, `.` or `-`, beginning with a letter or digit, such as `support-reply`'
export const labelRule =
  'must be 1 to 64 lower-case letters, digits, `_` or `-`, beginning with a letter, and neither `latest` nor `v` with a number, such as `production`'
export const semverRule = `must be a semantic version MAJOR.MINOR.PATCH of at most ${semverMaxLength} characters, such as \`1.2.0\` or \`2.0.0-beta.1\``

export const isPromptId = (text: string): boolean => promptIdPattern.test(text)
export const isAlias = (text: string): boolean => aliasPattern.test(text)
export const isLabel = (text: string): boolean => labelPattern.test(text)
export const isSemver = (text: string): boolean => text.length <= semverMaxLength && semverPattern.test(text)

export const slugSchema = z
  .string(promptIdRule)
  .regex(promptIdPattern, promptIdRule)
  .meta({ description: 'Slug of a prompt.', examples: ['support-reply'] })

export const aliasSchema = z
  .string(aliasRule)
  .regex(aliasPattern, aliasRule)
  .meta({
    description: 'A further id that resolves like the slug, such as the id a prompt had elsewhere.',
    examples: ['pmpt_6893f1'],
  })

export const labelSchema = z
  .string(labelRule)
  .regex(labelPattern, labelRule)
  .meta({ description: 'A movable name for one version; `production` is the default.', examples: ['production'] })

export const semverSchema = z
  .string(semverRule)
  .max(semverMaxLength, semverRule)
  .regex(semverPattern, semverRule)
  .meta({ description: 'Semantic version, unique within its prompt.', examples: ['1.2.0'] })

const modelRule = 'must name a model such as `openai/gpt-4o-mini`, with 1 to 256 characters'

/** Where only a model can answer: what in this name says that it is none, as a clause; null: nothing. */
export function notAModel(name: string): string | null {
  if (/^(?:prompt[:/]|@prompt\/)/i.test(name)) return 'must name a model, not another prompt'
  if (/^chain[:/]/i.test(name)) return 'must name a model, not a chain: a chain asks prompts, and never the other way'
  return null
}

/** Refuses the name of a prompt or a chain. */
export function requireModel(name: string, issues: z.RefinementCtx): void {
  const message = notAModel(name)
  if (message !== null) issues.addIssue({ code: 'custom', message })
}

/** A model to ask; never a prompt or a chain. */
export const modelNameSchema = z.string().min(1, modelRule).max(256, modelRule).superRefine(requireModel)

const roleRule =
  'must be 1 to 64 lower-case letters, digits, `_` or `-`, beginning with a letter, such as `release-manager`'

export const roleSchema = z
  .string(roleRule)
  .regex(/^[a-z][a-z0-9_-]{0,63}$/, roleRule)
  .meta({ description: 'A word for what the holder of a key may do.', examples: ['release-manager'] })

export interface Semver {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** Dot-separated identifiers; empty: a release. */
  readonly prerelease: readonly string[]
  /** Says nothing about order. */
  readonly build: string | null
}

/** null when the text is no semantic version. */
export function parseSemver(text: string): Semver | null {
  if (!isSemver(text)) return null
  const plus = text.indexOf('+')
  const withoutBuild = plus === -1 ? text : text.slice(0, plus)
  const dash = withoutBuild.indexOf('-')
  const core = (dash === -1 ? withoutBuild : withoutBuild.slice(0, dash)).split('.').map(Number)
  return {
    major: core[0] ?? 0,
    minor: core[1] ?? 0,
    patch: core[2] ?? 0,
    prerelease: dash === -1 ? [] : withoutBuild.slice(dash + 1).split('.'),
    build: plus === -1 ? null : text.slice(plus + 1),
  }
}

/** Negative, 0 or positive, by the precedence of semver.org (build metadata does not count). */
export function compareSemver(left: Semver, right: Semver): number {
  return (
    left.major - right.major ||
    left.minor - right.minor ||
    left.patch - right.patch ||
    comparePrerelease(left.prerelease, right.prerelease)
  )
}

function comparePrerelease(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return right.length - left.length
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const order = compareIdentifier(left[index] ?? '', right[index] ?? '')
    if (order !== 0) return order
  }
  return left.length - right.length
}

/** Numbers come before words; numbers by value, words by code unit. */
function compareIdentifier(left: string, right: string): number {
  const leftIsNumber = /^[0-9]+$/.test(left)
  const rightIsNumber = /^[0-9]+$/.test(right)
  if (leftIsNumber && rightIsNumber) return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0)
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1 : 1
  return left < right ? -1 : left > right ? 1 : 0
}
