import type { Cancellation } from '../core/cancellation.ts'
import { type JsonObject, isJsonObject, ownMember, parsedJson } from '../core/json.ts'
import { isNestedDeeper } from '../core/nesting.ts'
import { createSlices } from '../core/slices.ts'
import { type Rule, failsClosed } from '../guardrails/rule.ts'
import type { AnswerChunk, AnswerSink } from '../providers/provider.ts'
import type { AnswerPlace } from '../wire-texts/answer-place.ts'
import { type StreamReader, streamReader } from '../wire-texts/answer-stream.ts'
import { blockAnswer } from '../wire-texts/blocked-answer.ts'
import { mapAnswerTexts } from '../wire-texts/whole-answer.ts'
import type { Answer, Answered, Asked } from './exchange.ts'
import { type GuardBook, outputBlocked } from './guard-book.ts'
import { type ChannelOptions, guardJson, guardWhole, openChannel, openJsonChannel } from './guard-channel.ts'
import type { GuardContext, GuardedText } from './guard-text.ts'
import { RewritingSink } from './rewriting-sink.ts'
import { WithheldAnswer } from './withheld-answer.ts'

export interface OutputGuarding {
  /** Of the stage `output`, in their order. May be empty, when something of the request is still looked at. */
  readonly rules: readonly Rule[]
  readonly context: GuardContext
  /** Bytes of an answer in one piece, and characters of one text of a stream, that may be held back. */
  readonly mostHeld: number
}

/**
 * Puts the guardrails between an answer and whoever reads it. One that is streamed flows on, as far as they let it; one in
 * one piece is looked at before it is given, so that its headers can say what was found.
 */
export async function guardAnswer(answered: Answered, guarding: OutputGuarding): Promise<Answered> {
  const { rules, context } = guarding
  const { opening } = answered.answer
  const { report } = context.book
  report.looks(rules, 'output')
  if (opening.raw !== undefined) {
    report.skipped(rules, 'output', 'the answer is no text')
    return answered
  }
  if (!opening.stream) return guardWholeAnswer(answered, guarding)
  const { operation, path } = answered.planned.asked
  const reader = streamReader(operation)
  if (reader === null) {
    if (operation !== 'images' && path !== '/audio/speech') return unreadable(answered, guarding)
    report.skipped(rules, 'output', 'the answer is no text')
    return answered
  }
  return { ...answered, answer: guardedStream(answered, reader, guarding) }
}

/** An answer nobody looks at; it ends when all who still look at the request have spoken. */
export async function endingAfter(answered: Answered, book: GuardBook): Promise<Answered> {
  const { answer } = answered
  if (book.whenAnswered() === null) return answered
  if (!answer.opening.stream) {
    await book.whenAnswered()
    return answered
  }
  const start = (sink: AnswerSink): void =>
    answer.start({
      head: (head, flow) => sink.head(head, flow),
      chunk: (chunk) => sink.chunk(chunk),
      flush: () => sink.flush(),
      fail: (fault) => sink.fail(fault),
      end: () => {
        const open = book.whenAnswered()
        if (open === null) sink.end()
        else void open.then(() => sink.end())
      },
    })
  return { ...answered, answer: { opening: answer.opening, flow: answer.flow, start } }
}

/** A kind of stream that nobody here can read: each rule says so, and one that fails closed lets nothing of it through. */
function unreadable(answered: Answered, { rules, context }: OutputGuarding): Answered {
  const { report } = context.book
  if (rules.length === 0) return answered
  const problem = 'a stream of this kind cannot be read'
  for (const rule of rules) report.failed(rule, 'output', problem)
  const closed = rules.find(failsClosed)
  if (closed === undefined) return answered
  report.blocked(closed)
  const fault = outputBlocked(closed)
  context.cancellation.cancel(fault)
  throw fault
}

function guardedStream(answered: Answered, reader: StreamReader, { rules, context, mostHeld }: OutputGuarding): Answer {
  const { answer, planned } = answered
  const { book, cancellation } = context
  const json = asksForJson(answered)
  const open = (sink: AnswerSink): RewritingSink =>
    new RewritingSink(sink, {
      reader,
      open: ({ channel, field }) => {
        const where = { stage: 'output', role: 'assistant', place: channel } as const
        const options: ChannelOptions = { rules, where, context, mostHeld }
        return field === 'arguments' || (json && field === 'content') ? openJsonChannel(options) : openChannel(options)
      },
      isBlocked: () => book.report.blockedBy !== null,
      onBlocked: () => stop(book.report.blockedBy, cancellation),
      whenOver: () => book.whenAnswered(),
      repeats: planned.asked.operation === 'responses',
    })
  return {
    opening: answer.opening,
    flow: answer.flow,
    start: (sink) => {
      answer.start(open(sink))
    },
  }
}

/** The upstream has nothing more to say that anybody would hear. */
function stop(rule: Rule | null, cancellation: Cancellation): void {
  if (rule !== null) cancellation.cancel(outputBlocked(rule))
}

async function guardWholeAnswer(answered: Answered, guarding: OutputGuarding): Promise<Answered> {
  const { context, mostHeld } = guarding
  const whole = new WithheldAnswer(answered.answer, mostHeld)
  const fault = await whole.over
  const given = { ...answered, answer: whole }
  if (fault !== null) return given
  const { chunks } = whole
  for (let index = 0; index < chunks.length; index += 1) {
    const chunk = chunks[index]
    if (chunk === undefined || chunk.internal || Object.keys(chunk.value).length === 0) continue
    const { asked } = answered.planned
    const value = whole.isTooLarge
      ? unguardable(chunk.value, asked, guarding, 'the answer is longer than what may be held back')
      : await guardedValue(chunk.value, answered, guarding)
    if (value !== chunk.value) chunks[index] = { ...chunk, json: JSON.stringify(value), value } satisfies AnswerChunk
  }
  await context.book.whenAnswered()
  return given
}

/** An answer in one piece that cannot be looked at. */
function unguardable(value: JsonObject, asked: Asked, { rules, context }: OutputGuarding, problem: string): JsonObject {
  const { report } = context.book
  for (const rule of rules) report.failed(rule, 'output', problem)
  const closed = rules.find(failsClosed)
  if (closed === undefined) return value
  report.blocked(closed)
  return blockAnswer(asked.operation, value)
}

async function guardedValue(
  value: JsonObject,
  answered: Answered,
  { rules, context, mostHeld }: OutputGuarding,
): Promise<JsonObject> {
  const { asked } = answered.planned
  const { operation } = asked
  if (isNestedDeeper(value))
    return unguardable(value, asked, { rules, context, mostHeld }, 'the answer is nested too deeply')
  const json = asksForJson(answered)
  const slices = createSlices()
  const results = new Map<string, GuardedText>()
  const texts = new Map<string, { readonly text: string; readonly place: AnswerPlace }>()
  mapAnswerTexts(operation, value, (text, place) => {
    if (text !== '') texts.set(keyOf(text, place), { text, place })
    return text
  })
  for (const [key, { text, place }] of texts) {
    const where = { stage: 'output', role: 'assistant', place: place.channel } as const
    const result =
      json && place.field === 'content'
        ? guardJson(text, { rules, where, context, mostHeld })
        : guardWhole(text, rules, where, context)
    results.set(key, result instanceof Promise ? await result : result)
    if (slices.due()) await slices.rest()
  }
  if (context.book.report.blockedBy !== null) {
    for (const { text } of texts.values()) context.book.withheld += `${context.book.vault.conceal(text)}\n`
    return blockAnswer(operation, value)
  }
  return mapAnswerTexts(operation, value, (text, place) => results.get(keyOf(text, place))?.text ?? text)
}

function keyOf(text: string, { channel }: AnswerPlace): string {
  return `${channel}\0${text}`
}

const jsonForms: ReadonlySet<unknown> = new Set(['json_object', 'json_schema'])

/** The answer is to be JSON, which a placeholder must not break. Read from what was sent: a prompt may ask for it. */
export function asksForJson({ target }: Answered): boolean {
  const text = target.body()
  if (typeof text !== 'string' || !text.includes('"json_')) return false
  const body = parsedJson(text)
  if (!isJsonObject(body)) return false
  const format = ownMember(body, 'response_format')
  if (isJsonObject(format) && jsonForms.has(format['type'])) return true
  const said = ownMember(body, 'text')
  const inner = isJsonObject(said) ? said['format'] : undefined
  return isJsonObject(inner) && jsonForms.has(inner['type'])
}
