import type { VersionBody } from '../prompts/compiled-version.ts'
import { type Evidence, figuresOf } from './evidence.ts'
import { percent, systemText, withSystemText } from './proposal.ts'
import type { Strategy } from './strategy.ts'

/** Answers up to this score are complaints when something was written with them, 0 to 1. */
const lowScore = 0.5
const mostLines = 6

interface Complaint {
  /** Of what was written. */
  readonly pattern: RegExp
  readonly what: string
  readonly line: string
}

/** What people write is never put into a prompt, which would let anybody write prompts: only what kind of complaint it is counts. */
const complaints: readonly Complaint[] = [
  {
    pattern: /\b(?:too long|verbose|wordy|rambl\w*|shorter)\b/i,
    what: 'too long',
    line: 'Keep the answer short: say what was asked for, and nothing else.',
  },
  {
    pattern: /\b(?:too short|more detail\w*|incomplete|not enough|superficial)\b/i,
    what: 'too short',
    line: 'Answer every part of the question, with the details that are needed to act on it.',
  },
  {
    pattern: /\b(?:wrong|incorrect|false|made up|invent\w*|hallucinat\w*|not true|inaccurate)\b/i,
    what: 'wrong',
    line: 'State only what you know or were told. When something is missing or uncertain, say so instead of guessing.',
  },
  {
    pattern: /\b(?:rude|unfriendly|cold|impolite|tone|condescending)\b/i,
    what: 'unfriendly',
    line: 'Be polite and friendly, and take the concern of the user seriously.',
  },
  {
    pattern: /\b(?:did(?: not|n'?t) answer|off[- ]topic|irrelevant|not what i asked|missed the (?:point|question))\b/i,
    what: 'beside the question',
    line: 'Answer the very question that was asked, first and directly.',
  },
  {
    pattern: /\b(?:wrong language|in english|not my language|translate)\b/i,
    what: 'in the wrong language',
    line: "Answer in the language of the user's message.",
  },
  {
    pattern: /\b(?:confus\w*|unclear|jargon|hard to (?:read|understand)|complicated)\b/i,
    what: 'hard to understand',
    line: 'Use plain words and short sentences, and explain terms that need it.',
  },
  {
    pattern: /\b(?:repeat\w*|repetit\w*|same thing)\b/i,
    what: 'repetitive',
    line: 'Say each thing once.',
  },
]

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
  const reasons = [...formReasons(body, evidence), ...checkReasons(evidence), ...complaintReasons(evidence)]
  const added = [...new Map(reasons.map((reason) => [reason.line, reason])).values()]
    .filter(({ line }) => !text.includes(line))
    .slice(0, mostLines)
  if (added.length === 0) return []
  const { exchanges, mismatchShare } = figuresOf(evidence)
  const isForm = mismatchShare > 0 && added.some(({ what }) => what === formReason)
  return [
    {
      strategy: 'instructions',
      body: withSystemText(body, [text, listOf(added)].filter((part) => part !== '').join('\n\n')),
      rationale: `Says explicitly what went wrong in ${exchanges} exchanges and the test cases: ${added.map(({ what, count }) => `${what} (${count})`).join(', ')}.`,
      predicted: isForm
        ? {
            metric: 'output_valid_rate',
            effect: mismatchShare / 2 / (1 - mismatchShare || 1),
            why: `${percent(mismatchShare)} of the checked answers missed their form; half of them should not any more.`,
          }
        : { metric: 'satisfaction', effect: null, why: 'What people complained about is ruled out.' },
      writer: 'rules',
    },
  ]
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
  const counts = new Map<string, number>()
  for (const { type } of failedChecks) counts.set(type, (counts.get(type) ?? 0) + 1)
  return [...counts].flatMap(([type, count]) => {
    const line = Object.hasOwn(checkLines, type) ? checkLines[type] : undefined
    return line === undefined ? [] : [{ line, what: `failed checks \`${type}\``, count }]
  })
}

function complaintReasons({ exchanges }: Evidence): readonly Reason[] {
  const written = exchanges
    .filter(({ score }) => score !== null && score <= lowScore)
    .flatMap(({ comments }) => comments.map((comment) => comment.slice(0, 2_000)))
  return complaints
    .map(({ pattern, what, line }) => ({ line, what, count: written.filter((text) => pattern.test(text)).length }))
    .filter(({ count }) => count > 0)
    .sort((left, right) => right.count - left.count)
}
