import { z } from 'zod'
import { Fault } from '../core/fault.ts'
import { timestampOf } from '../core/ids.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { faultFromIssues } from './admin/explain-issues.ts'
import { metricNameSchema } from './experiment-body.ts'
import { isMeasured } from './experiment-metrics.ts'

/** Feedback on exchanges (contract 2.4), as clients and the admin API send it. Messages are clauses that follow the name of the field. */

/** Most statements of one request. */
export const mostStatements = 1000
const longestText = 2000
const longestSource = 64

const requestIdRule = 'must be a request id: the UUIDv7 of the answer’s `x-request-id`'
const valueRule = 'must be a number, true, false or a text'
const sourceRule = `must be 1 to ${longestSource} characters without line breaks, such as \`client\` or \`helpdesk\``
const unstorable = /\0|\p{Surrogate}/u
const unstorableRule = 'holds U+0000 or half a character (an unpaired surrogate); take it out'

/** Only Promptbox itself says these. */
function isReserved(source: string): boolean {
  const lower = source.toLowerCase()
  return lower === 'judge' || lower === 'promptbox' || lower.startsWith('promptbox:')
}

const requestIdSchema = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i, requestIdRule)
  .meta({ description: '`x-request-id` of the answer that it is about.' })

const nameSchema = metricNameSchema
  .refine(
    (name) => !isMeasured(name),
    'is measured by Promptbox itself and cannot be reported; choose a name of your own',
  )
  .meta({
    description:
      '`rating` (1 to 5), `thumbs` (true or false), `accuracy` and `confidence` (0 to 1), or a name of your own.',
    examples: ['rating', 'thumbs'],
  })

const statementShape = {
  request_id: requestIdSchema,
  name: nameSchema,
  value: z.union([z.number(), z.boolean(), z.string()], valueRule).meta({
    description: `Of your own names a number, true, false, or a text of at most ${longestText} characters.`,
  }),
  comment: z
    .string()
    .max(longestText, `must have at most ${longestText} characters`)
    .refine((text) => !unstorable.test(text), unstorableRule)
    .optional()
    .meta({ description: 'In words, for people to read.' }),
  source: z
    .string()
    .trim()
    .regex(/^[^\p{Cc}\p{Surrogate}]{1,64}$/u, sourceRule)
    .refine((source) => !isReserved(source), 'is reserved for Promptbox itself; choose another')
    .optional()
    .meta({ description: 'Who says it. One statement for each exchange, name and source; a later one replaces it.' }),
} as const

const statementSchema = z
  .strictObject(statementShape)
  .superRefine(({ name, value }, context) => {
    const problem = valueProblem(name, value)
    if (problem !== null) context.addIssue({ code: 'custom', path: ['value'], message: problem })
  })
  .meta({ id: 'FeedbackStatement' })

/** What somebody says of one exchange. */
export type FeedbackStatement = z.output<typeof statementSchema>

const required = ['request_id', 'name', 'value'] as const

export const feedbackBodySchema = z
  .strictObject({
    ...z.strictObject(statementShape).partial().shape,
    feedback: z
      .array(statementSchema)
      .min(1, 'must have at least one statement')
      .max(mostStatements, `must have at most ${mostStatements} statements; send the others in a further request`)
      .optional()
      .meta({
        description: `Up to ${mostStatements} statements, instead of a single one. Either all are taken or none.`,
      }),
  })
  .superRefine((body, context) => {
    const missing = required.filter((field) => body[field] === undefined)
    if (body.feedback !== undefined) {
      for (const field of Object.keys(statementShape) as readonly (keyof typeof statementShape)[]) {
        if (body[field] === undefined) continue
        const message = 'cannot stand beside `feedback`; put it into the statements there'
        context.addIssue({ code: 'custom', path: [field], message })
      }
      return
    }
    for (const field of missing) {
      const message = 'is missing; give `request_id`, `name` and `value`, or a list of statements as `feedback`'
      context.addIssue({ code: 'custom', path: [field], message })
    }
    if (body.name === undefined || body.value === undefined) return
    const problem = valueProblem(body.name, body.value)
    if (problem !== null) context.addIssue({ code: 'custom', path: ['value'], message: problem })
  })
  .meta({
    id: 'Feedback',
    description: 'One statement (`request_id`, `name` and `value` are required), or a list of them as `feedback`.',
  })
export type FeedbackBody = z.output<typeof feedbackBodySchema>

/** What `POST /v1/feedback` says. */
export interface FeedbackReceipt {
  readonly object: 'feedback'
  /** Statements that were taken. */
  readonly received: number
}

/** So many statements are looked at together: to tell what is wrong with a thousand takes long, and nobody reads it. */
const sliceLength = 50

/** A body as it was sent. Fault `invalid_request` naming what is wrong with it; `param` is such as `feedback[3].value`. */
export function readFeedback(body: JsonObject): FeedbackBody {
  const list = body['feedback']
  // Before its statements are looked at: millions of wrong ones would take long to list.
  if (Array.isArray(list) && list.length > mostStatements) {
    throw new Fault(
      'invalid_request',
      `\`feedback\` must have at most ${mostStatements} statements, not ${list.length}; send the others in a further request.`,
      { param: 'feedback' },
    )
  }
  if (!Array.isArray(list) || list.length === 0) return readSlice(body, 0)
  const feedback: FeedbackStatement[] = []
  for (let from = 0; from < list.length; from += sliceLength) {
    const slice = { feedback: list.slice(from, from + sliceLength) as readonly JsonValue[] }
    feedback.push(...statementsOf(readSlice(from === 0 ? { ...body, ...slice } : slice, from)))
  }
  return { feedback }
}

/** @param from number of the first statement in the list as it was sent. */
function readSlice(body: JsonObject, from: number): FeedbackBody {
  const result = feedbackBodySchema.safeParse(body, { reportInput: true })
  if (result.success) return result.data
  const issues = result.error.issues.map((issue) => {
    const [field, index, ...rest] = issue.path
    return field === 'feedback' && typeof index === 'number'
      ? { ...issue, path: [field, index + from, ...rest] }
      : issue
  })
  throw faultFromIssues(issues, feedbackBodySchema, 'body')
}

/** The statements of a body; a single one is a list of one. */
export function statementsOf({
  feedback,
  request_id,
  name,
  value,
  comment,
  source,
}: FeedbackBody): readonly FeedbackStatement[] {
  if (feedback !== undefined) return feedback
  // The schema has refused a body without any of the three.
  if (request_id === undefined || name === undefined || value === undefined) return []
  return [
    {
      request_id,
      name,
      value,
      ...(comment === undefined ? {} : { comment }),
      ...(source === undefined ? {} : { source }),
    },
  ]
}

/** Path of a statement's field in the body as it was sent. */
export function fieldOfStatement(body: FeedbackBody, index: number, field: keyof FeedbackStatement): string {
  return body.feedback === undefined ? field : `feedback[${index}].${field}`
}

/** Clocks of other machines may go ahead of ours by so much. */
const aheadMs = 5 * 60_000
/** No request id of Promptbox is older. */
const firstMoment = Date.UTC(2020, 0, 1)

/** Fault `invalid_request` when a request id is of a time that no exchange can be of. @param now milliseconds since 1970. */
export function requirePossibleTimes(body: FeedbackBody, now: number): void {
  for (const [index, { request_id: id }] of statementsOf(body).entries()) {
    const time = timestampOf(id) ?? Number.NaN
    if (time >= firstMoment && time <= now + aheadMs) continue
    const field = fieldOfStatement(body, index, 'request_id')
    const when = time > now ? 'in the future' : 'before 2020'
    throw new Fault(
      'invalid_request',
      `\`${field}\` is of a moment ${when}, so no answer can have had it. Send the \`x-request-id\` of the answer.`,
      { param: field },
    )
  }
}

/** Why a name cannot have this value, a clause; null: it can. */
function valueProblem(name: string, value: number | boolean | string): string | null {
  switch (name) {
    case 'rating':
      return numberProblem(value, 1, 5, 'a rating')
    case 'accuracy':
    case 'confidence':
      return numberProblem(value, 0, 1, `\`${name}\``)
    case 'thumbs':
      return typeof value === 'boolean' ? null : 'must be true or false, because `thumbs` is up or down'
    default:
      return typeof value === 'string' ? textProblem(value) : null
  }
}

function numberProblem(value: number | boolean | string, least: number, most: number, what: string): string | null {
  if (typeof value === 'number' && value >= least && value <= most) return null
  return `must be a number from ${least} to ${most}, because it is ${what}`
}

function textProblem(text: string): string | null {
  if (text === '') return 'must not be an empty text'
  if (text.length > longestText) return `must be a text of at most ${longestText} characters`
  return unstorable.test(text) ? unstorableRule : null
}
