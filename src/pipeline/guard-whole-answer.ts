import { Fault } from '../core/fault.ts'
import { type JsonObject, type JsonValue, isJsonObject, ownMember, parsedJson } from '../core/json.ts'
import { isNestedDeeper } from '../core/nesting.ts'
import { type Rule, failsClosed } from '../guardrails/rule.ts'
import { rulesOfRole } from '../guardrails/rules-by-role.ts'
import type { AnswerChunk } from '../providers/provider.ts'
import type { AnswerPlace } from '../wire-texts/answer-place.ts'
import { blockAnswer } from '../wire-texts/blocked-answer.ts'
import { mapAnswerTexts } from '../wire-texts/whole-answer.ts'
import { asksForJson } from './asks-for-json.ts'
import { AnswerWithheld } from './checked-answer.ts'
import type { Answered } from './exchange.ts'
import type { OutputGuarding } from './guard-answer.ts'
import { outputBlocked } from './guard-book.ts'
import { guardJson, withheld } from './guard-channel.ts'
import { type GuardedText, guardWhole } from './guard-text.ts'
import { inTurns } from './in-turns.ts'
import { Tally } from './tally.ts'
import { WithheldAnswer } from './withheld-answer.ts'

/** Texts of one answer that are looked at at the same time. */
const textsAtOnce = 8

/** Of an answer that is recorded without having been given. */
const keptChars = 1 << 20

/**
 * An answer in one piece, as the guardrails leave it.
 *
 * @throws AnswerWithheld when the exchange is cancelled while somebody is asked about it: it was paid for.
 */
export async function guardWholeAnswer(answered: Answered, guarding: OutputGuarding): Promise<Answered> {
  const { context, mostHeld } = guarding
  const whole = new WithheldAnswer(answered.answer, mostHeld)
  const fault = await whole.over
  const { chunks } = whole
  if (fault !== null) {
    // It broke off, and nobody has looked at what is here of it.
    chunks.splice(0, chunks.length, ...chunks.flatMap(usageOnly))
    return { ...answered, answer: whole }
  }
  try {
    for (let index = 0; index < chunks.length; index += 1) {
      const chunk = chunks[index]
      if (chunk === undefined || chunk.internal || Object.keys(chunk.value).length === 0) continue
      const value = whole.isTooLarge
        ? unguardable(chunk.value, answered, guarding, 'the answer is longer than what may be held back')
        : await guardedValue(chunk.value, answered, guarding)
      if (value !== chunk.value) chunks[index] = { ...chunk, json: JSON.stringify(value), value }
    }
    await context.book.whenAnswered()
    // Whoever was to be told this has gone meanwhile.
    if (context.cancellation.fault !== null) throw context.cancellation.fault
  } catch (error) {
    const tally = new Tally({ keptChars })
    for (const chunk of chunks.flatMap(usageOnly)) tally.add(chunk, answered.answer.opening.stream)
    throw new AnswerWithheld(Fault.from(error), answered, tally)
  }
  return { ...answered, answer: whole }
}

/**
 * An answer that is text without any form (a transcription as text or subtitles).
 *
 * @throws AnswerWithheld when it is blocked: it has no form to say so in.
 */
export async function guardRawText(answered: Answered, guarding: OutputGuarding): Promise<Answered> {
  const { rules, context, mostHeld } = guarding
  const { opening, flow } = answered.answer
  const whole = new WithheldAnswer(answered.answer, mostHeld)
  const fault = await whole.over
  if (fault !== null) {
    whole.chunks.length = 0
    return { ...answered, answer: whole }
  }
  const text = Buffer.concat(whole.chunks.map(({ json }) => Buffer.from(json as Uint8Array))).toString('utf8')
  const where = { stage: 'output', role: 'assistant', place: 'text' } as const
  const guarded = whole.isTooLarge
    ? { text, blockedBy: failed(guarding, 'the answer is longer than what may be held back') }
    : await guardWhole(text, rulesOfRole(rules, 'anybody'), where, context)
  if (guarded.blockedBy !== null) {
    const blocked = outputBlocked(guarded.blockedBy)
    if (whole.isTooLarge) context.cancellation.cancel(blocked)
    throw new AnswerWithheld(blocked, answered, new Tally({ keptChars }))
  }
  context.book.report.looked(rules, 'output')
  await context.book.whenAnswered()
  if (whole.isTooLarge || guarded.text === text) return { ...answered, answer: whole }
  const bytes = Buffer.from(guarded.text)
  const raw = { contentType: opening.raw?.contentType ?? 'text/plain', contentLength: bytes.length }
  const head = { ...opening, raw }
  return {
    ...answered,
    answer: {
      opening: head,
      flow,
      start: (sink) => {
        sink.head(head, flow)
        sink.chunk({ json: bytes, value: {}, usage: null, internal: false })
        sink.flush()
        sink.end()
      },
    },
  }
}

/**
 * An answer that the client does not get for another reason, as it may be recorded: the guardrails have their say about it
 * all the same.
 */
export async function guardWithheld(error: AnswerWithheld, guarding: OutputGuarding): Promise<AnswerWithheld> {
  const { book } = guarding.context
  book.report.looks(guarding.rules, 'output')
  const value = parsedJson(error.tally.response() ?? 'null')
  const tally = new Tally({ keptChars })
  if (isJsonObject(value)) {
    const left = await guardedValue(value, error.answered, guarding)
    tally.add({ json: JSON.stringify(left), value: left, usage: error.tally.usage, internal: false }, false)
  }
  tally.usage = error.tally.usage
  return new AnswerWithheld(error.fault, error.answered, tally)
}

/** An answer in one piece that cannot be looked at. */
function unguardable(value: JsonObject, { planned }: Answered, guarding: OutputGuarding, problem: string): JsonObject {
  return failed(guarding, problem) === null ? value : blockAnswer(planned.asked.operation, value)
}

/** None of the rules could look. @returns the one that lets nothing through for that; null: all let it. */
function failed({ rules, context }: OutputGuarding, problem: string): Rule | null {
  const { report } = context.book
  for (const rule of rules) report.failed(rule, 'output', problem)
  const closed = rules.find(failsClosed) ?? null
  if (closed !== null) report.blocked(closed)
  return closed
}

async function guardedValue(value: JsonObject, answered: Answered, guarding: OutputGuarding): Promise<JsonObject> {
  const { rules, context } = guarding
  const { book } = context
  const { operation } = answered.planned.asked
  if (isNestedDeeper(value)) return unguardable(value, answered, guarding, 'the answer is nested too deeply')
  const json = asksForJson(answered)
  const results = new Map<string, GuardedText>()
  const texts = new Map<string, { readonly text: string; readonly place: AnswerPlace }>()
  mapAnswerTexts(operation, value, (text, place) => {
    if (text !== '') texts.set(keyOf(text, place), { text, place })
    return text
  })
  const isJson = (place: AnswerPlace): boolean => json && place.field === 'content'
  const tasksFor = (wanted: boolean) =>
    [...texts]
      .filter(([, { place }]) => isJson(place) === wanted)
      .map(([key, { text, place }]) => async () => {
        const where = { stage: 'output', role: 'assistant', place: place.channel } as const
        const guarded = wanted
          ? guardJson(text, { ...guarding, where })
          : guardWhole(text, rulesOfRole(rules, 'anybody'), where, context)
        results.set(key, await guarded)
      })
  const isOver = (): boolean => context.cancellation.cancelled
  await inTurns(tasksFor(false), textsAtOnce, isOver)
  // Several strings of each of these are looked at at the same time.
  await inTurns(tasksFor(true), 1, isOver)
  if (context.cancellation.fault !== null) throw context.cancellation.fault
  book.report.looked(rules, 'output')
  const left = mapAnswerTexts(operation, value, (text, place) => results.get(keyOf(text, place))?.text ?? text)
  if (book.report.blockedBy === null) return left
  for (const { text } of texts.values()) withheld(`${book.rewritten.get(text) ?? text}\n`, context)
  const blocked = new Set<number>()
  for (const [key, { place }] of texts) if (results.get(key)?.blockedBy !== null) blocked.add(place.choice)
  return choiceByChoice(left, blockAnswer(operation, value), blocked)
}

/** Of an answer of several choices those that are not blocked stay, as they do on a stream. */
function choiceByChoice(left: JsonObject, ended: JsonObject, blocked: ReadonlySet<number>): JsonObject {
  const [given, filtered] = [ownMember(left, 'choices'), ownMember(ended, 'choices')]
  if (!Array.isArray(given) || !Array.isArray(filtered)) return ended
  const choices = (given as readonly JsonValue[]).map((choice, position) => {
    const index = isJsonObject(choice) && typeof choice['index'] === 'number' ? choice['index'] : position
    return blocked.has(index) ? ((filtered as readonly JsonValue[])[position] ?? choice) : choice
  })
  return { ...left, choices }
}

function keyOf(text: string, { channel }: AnswerPlace): string {
  return `${channel}\0${text}`
}

/** What a chunk says of tokens, and nothing else of it. */
function usageOnly({ usage }: AnswerChunk): readonly AnswerChunk[] {
  return usage === null ? [] : [{ json: '', value: {}, usage, internal: true }]
}
