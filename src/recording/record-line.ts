import type { FeedbackRecord } from '../core/feedback.ts'
import { isJsonObject } from '../core/json.ts'
import type { ExchangeRecord, RecordedBodies } from '../core/record.ts'

/*
 * A record as one line of the spool: the row as JSON, then, each after a tab, the three bodies.
 *
 *   {"requestId":…,"bodies":{"truncated":false}} ⇥ {"model":…} ⇥ {"model":…} ⇥ {"id":…} ⏎
 *
 * Bodies are JSON text already, and the largest part of a record by far. Written as they are they cost a copy; written as
 * JSON strings every character of them would be looked at and every quote escaped, which was most of the price of a record
 * (and the worker would undo it again). A body that would be mistaken for something else (it holds a tab or a line feed, or
 * does not begin as an object) is written as a JSON string, which begins with a quote; one that is absent as `null`.
 *
 * Feedback is a line of its own kind, one statement each:
 *
 *   {"feedback":{"requestId":…,"name":…}} ⏎
 *
 * A process of before there was feedback finds no record in it, sets it aside and goes on with the next line.
 */

const tab = '\t'
const feedbackBegins = '{"feedback":'

/** One line without its line feed. Throws when the record cannot be JSON. */
export function encodeRecord(record: ExchangeRecord): string {
  const bodies = record.bodies
  if (bodies === null) return JSON.stringify(record)
  // A copy, not a replacer: that is asked for every member of the record, which costs more, and metadata may say `bodies` too.
  const row = JSON.stringify({ ...record, bodies: { truncated: bodies.truncated } })
  return row + tab + encodeBody(bodies.request) + tab + encodeBody(bodies.rendered) + tab + encodeBody(bodies.response)
}

/** One line without its line feed. */
export function encodeFeedback(feedback: FeedbackRecord): string {
  return `${feedbackBegins}${JSON.stringify(feedback)}}`
}

/** Whether a line is feedback, and no record. */
export function isFeedbackLine(line: string): boolean {
  return line.startsWith(feedbackBegins)
}

/** The feedback of a line. Throws when it is none; what its fields hold is not checked beyond what it is found by. */
export function decodeFeedback(line: string): FeedbackRecord {
  const { feedback } = JSON.parse(line) as { readonly feedback: unknown }
  const isWhole =
    isJsonObject(feedback) &&
    ['tenantId', 'requestId', 'name', 'source'].every((field) => typeof feedback[field] === 'string') &&
    typeof feedback['at'] === 'number'
  if (!isWhole) throw new SyntaxError('the line is no feedback')
  return feedback as unknown as FeedbackRecord
}

/** The record of a line. Throws when it is none; what its fields hold is not checked. */
export function decodeRecord(line: string): ExchangeRecord {
  const [row = '', request, rendered, response] = line.split(tab)
  const record = JSON.parse(row) as ExchangeRecord
  if (request === undefined) return record
  if (rendered === undefined || response === undefined)
    throw new SyntaxError('a body is missing at the end of the line')
  const bodies: RecordedBodies = {
    request: decodeBody(request) ?? '',
    rendered: decodeBody(rendered),
    response: decodeBody(response),
    truncated: record.bodies?.truncated ?? false,
  }
  return { ...record, bodies }
}

function encodeBody(body: string | null): string {
  if (body === null) return 'null'
  const isPlain = body.startsWith('{') && !body.includes('\n') && !body.includes(tab)
  return isPlain ? body : JSON.stringify(body)
}

function decodeBody(body: string): string | null {
  if (body.startsWith('{')) return body
  return JSON.parse(body) as string | null
}
