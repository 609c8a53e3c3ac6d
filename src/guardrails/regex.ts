import { z } from 'zod'
import { Fault } from '../core/fault.ts'
import type { LocalType } from './guardrail.ts'
import { type CompiledPattern, compilePattern, longestPattern } from './regex/compile-pattern.ts'
import { isBounded } from './regex/pattern-search.ts'
import { regexScanner } from './regex/regex-scanner.ts'

const mostPatterns = 50
/** Instructions of all patterns together. */
const mostInstructions = 8_000

const sourceRule = `must be a pattern of 1 to ${longestPattern} characters`
const source = z
  .string(sourceRule)
  .min(1, sourceRule)
  .max(longestPattern, sourceRule)
  .meta({ description: 'A pattern in the syntax of RE2.', examples: ['\\bPRJ-\\d{4,6}\\b'] })
const nameRule = 'must be 1 to 48 lower-case letters, digits or `_`, beginning with a letter, such as `project_number`'
const named = z.strictObject({
  pattern: source,
  name: z
    .string(nameRule)
    .regex(/^[a-z][a-z0-9_]{0,47}$/, nameRule)
    .optional()
    .meta({ description: 'Kind of what it finds. Left out: `pattern`.' }),
})
const listRule = `must be a list of 1 to ${mostPatterns} patterns, such as \`[{"pattern": "PRJ-\\\\d+", "name": "project"}]\``

const settings = z
  .strictObject({
    pattern: source.optional(),
    patterns: z
      .array(named, listRule)
      .min(1, listRule)
      .max(mostPatterns, listRule)
      .optional()
      .meta({ description: 'Several patterns, each with a name of its own.' }),
    flags: z
      .string('must be a text of the letters `i`, `m` and `s`')
      .regex(/^[ims]{0,3}$/, 'must be made of the letters `i`, `m` and `s`')
      .default('')
      .meta({
        description:
          'For all patterns: `i` upper and lower case do not differ, `m` `^` and `$` stand for the ends of a line, `s` `.` stands for a line break too.',
        examples: ['i'],
      }),
  })
  .superRefine((given, issues) => {
    if ((given.pattern === undefined) === (given.patterns === undefined))
      issues.addIssue({ code: 'custom', message: 'must have either `pattern` or `patterns`' })
  })
export type RegexSettings = z.infer<typeof settings>

/** Looks for patterns of one's own, in linear time. */
export const regex: LocalType<RegexSettings> = {
  type: 'regex',
  summary: 'Finds what patterns of your own describe.',
  isRemote: false,
  settings,
  hasSpans: true,
  roles: ['user', 'assistant'],
  create(settings) {
    const { flags } = settings
    const patterns =
      settings.pattern === undefined
        ? (settings.patterns ?? []).map(({ pattern, name }, index) => ({
            kind: name ?? 'pattern',
            pattern: compilePattern(pattern, flags, `settings.patterns[${index}].pattern`),
          }))
        : [{ kind: 'pattern', pattern: compilePattern(settings.pattern, flags, 'settings.pattern') }]
    requireAffordable(patterns.map((each) => each.pattern))
    const isEarly = patterns.every((each) => isBounded(each.pattern))
    return { reach: isEarly ? 'tokens' : 'windows', open: () => regexScanner(patterns) }
  },
}

function requireAffordable(patterns: readonly CompiledPattern[]): void {
  if (patterns.reduce((sum, { size }) => sum + size, 0) <= mostInstructions) return
  throw new Fault(
    'invalid_request',
    `The patterns together are too large: written out they have more than ${mostInstructions} steps. Repeat less, or put some of them into a second guardrail.`,
    { param: 'settings.patterns' },
  )
}
