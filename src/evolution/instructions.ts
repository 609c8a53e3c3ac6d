import { judgeSettingsOf } from '../contract/test-case.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import { complaintsIn } from './complaints.ts'
import { declinedParts, expectation } from './earlier.ts'
import { type Evidence, type FailedCheck, figuresOf } from './evidence.ts'
import { asLiteral, isStorable, localesWarning, oneLine, percent, systemText, withSystemText } from './proposal.ts'
import type { Strategy } from './strategy.ts'

/** Answers up to this score are complaints when something was written with them, 0 to 1. */
const lowScore = 0.5
const mostLines = 6
/** One voice among many is no reason to change what everybody is served. */
const fewestComplaints = 2
/** Of exchanges with a score: below it every complaint counts. */
const manyScored = 20
/** Of the comments with low scores. */
const leastShare = 0.1

/** By type of a check of a test case. */
const checkLines: Readonly<Record<string, string>> = {
  contains: 'Name everything that the question asks about, in its own words.',
  not_contains: 'Leave out everything that was not asked for.',
  regex: 'Keep exactly to the form that is asked for.',
  equals: 'Answer with exactly what is asked for, without any words around it.',
  json_schema: 'Answer with JSON of exactly the form that is asked for.',
  max_length: 'Keep the answer short.',
}

interface Reason {
  readonly line: string
  readonly what: string
  readonly count: number
}

/** Explicit instructions against what went wrong: complaints of people, forms that were missed, checks that failed. */
export const instructions: Strategy = ({ body, evidence }) => {
  const text = systemText(body)
  const heard = hear(evidence)
  const declined = declinedParts(evidence)
  const reasons = [...formReasons(body, evidence), ...checkReasons(evidence), ...heard.reasons]
  const added = [...new Map(reasons.map((reason) => [reason.line, reason])).values()]
    .filter(({ line }) => !text.includes(line) && !declined.has(partOf(line)))
    .slice(0, mostLines)
  const unheard = heard.unheard === 0 ? [] : [unheardSentence(heard)]
  if (added.length === 0) return { why: [noneSentence(reasons), ...unheard].join(' ') }
  const { exchanges, mismatchShare } = figuresOf(evidence)
  const isForm = mismatchShare > 0 && added.some(({ what }) => what === formReason)
  return [
    {
      strategy: 'instructions',
      body: withSystemText(body, [text, listOf(added)].filter((part) => part !== '').join('\n\n')),
      rationale: `Says explicitly what went wrong in ${exchanges} exchanges and the test cases: ${added.map(({ what, count }) => `${what} (${count})`).join(', ')}.`,
      predicted:
        expectation(evidence, 'instructions') ?? (isForm ? formPrediction(mismatchShare) : complaintPrediction),
      writer: 'rules',
      parts: added.map(({ line }) => partOf(line)),
      warnings: [...unheard, ...localesWarning(body)],
    },
  ]
}

const partOf = (line: string): string => `line:${line}`

const noneSentence = (reasons: readonly Reason[]): string =>
  reasons.length === 0
    ? 'No answer missed its form, no check of a test case failed, and no complaint was made often enough.'
    : 'What went wrong is ruled out in the messages already, or was tried before and declined.'

const unheardSentence = ({ unheard, written }: Heard): string =>
  `Comments are understood in English only, by a list of complaints: of ${written} comments with low scores ${unheard} said nothing that is on it. Read them, or let a model be the writer.`

/** What is put right at most is known; how much of it will be is an assumption, and says so. */
function formPrediction(mismatchShare: number) {
  return {
    metric: 'output_valid_rate',
    effect: mismatchShare / 2 / (1 - mismatchShare || 1),
    basis: 'assumed' as const,
    why: `${percent(mismatchShare)} of the checked answers missed their form; it is assumed that half of them will not any more.`,
  }
}

const complaintPrediction = {
  metric: 'satisfaction',
  effect: null,
  basis: 'unknown' as const,
  why: 'What people complained about is ruled out.',
}

function listOf(reasons: readonly Reason[]): string {
  return ['Rules for the answer:', ...reasons.map(({ line }) => `- ${line}`)].join('\n')
}

const formReason = 'answers in another form'

function formReasons(body: VersionBody, evidence: Evidence): readonly Reason[] {
  const { mismatches } = figuresOf(evidence)
  const line = formLine(body)
  return mismatches === 0 || line === null ? [] : [{ line, what: formReason, count: mismatches }]
}

/** What the version asks of the form of answers, as an instruction; null: nothing. */
export function formLine({ output_schema: schema, output_format: format }: VersionBody): string | null {
  if (schema !== undefined && schema !== null) {
    const required = Array.isArray(schema['required']) ? schema['required'] : []
    const names = required.filter((name) => typeof name === 'string' && /^[\w.-]{1,64}$/.test(name)).slice(0, 30)
    const fields = names.length === 0 ? '' : ` with the fields ${names.map((name) => `"${String(name)}"`).join(', ')}`
    return `Answer with one JSON value${fields} and nothing around it: no explanation, no code fence.`
  }
  switch (format) {
    case 'json':
    case 'structured':
      return 'Answer with one JSON value and nothing around it: no explanation, no code fence.'
    case 'markdown':
      return 'Write the answer as Markdown.'
    case 'code':
      return 'Answer with code only, without explanations.'
    default:
      return null
  }
}

function checkReasons({ failedChecks }: Evidence): readonly Reason[] {
  const counts = new Map<string, Reason>()
  for (const failed of failedChecks) {
    const line = lineAgainst(failed)
    if (line === null) continue
    const count = (counts.get(line)?.count ?? 0) + 1
    counts.set(line, { line, what: `failed checks \`${failed.type}\``, count })
  }
  return [...counts.values()].sort((left, right) => right.count - left.count)
}

/** An author's own words say best what is wanted; what a check compares with is never given away to the model. */
function lineAgainst({ type, check }: FailedCheck): string | null {
  if (check?.type === 'llm_judge') {
    const criterion = oneLine(judgeSettingsOf(check.value).criterion)
    return isStorable(criterion) ? `What has to hold of the answer: ${asLiteral(criterion)}` : null
  }
  if (check?.type === 'max_length') return `Keep the answer under ${check.value} characters.`
  return Object.hasOwn(checkLines, type) ? (checkLines[type] ?? null) : null
}

interface Heard {
  readonly reasons: readonly Reason[]
  /** Comments with low scores. */
  readonly written: number
  /** Of those, how many told no complaint that is known. */
  readonly unheard: number
}

function hear({ exchanges }: Evidence): Heard {
  const poor = exchanges.filter(({ score }) => score !== null && score <= lowScore)
  const written = poor.flatMap(({ comments }) => comments.map((comment) => complaintsIn(comment)))
  const scored = figuresOf({ exchanges }).scored
  const least = Math.max(scored < manyScored ? 1 : fewestComplaints, written.length * leastShare)
  const counts = new Map<string, Reason>()
  for (const { line, what } of written.flat()) {
    counts.set(line, { line, what, count: (counts.get(line)?.count ?? 0) + 1 })
  }
  return {
    reasons: [...counts.values()].filter(({ count }) => count >= least).sort((left, right) => right.count - left.count),
    written: written.length,
    unheard: written.filter((found) => found.length === 0).length,
  }
}
