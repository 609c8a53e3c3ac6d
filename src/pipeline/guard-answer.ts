import type { Cancellation } from '../core/cancellation.ts'
import { Fault } from '../core/fault.ts'
import { type Rule, failsClosed } from '../guardrails/rule.ts'
import type { AnswerSink } from '../providers/provider.ts'
import { type StreamReader, streamReader } from '../wire-texts/answer-stream.ts'
import { asksForJson } from './asks-for-json.ts'
import type { Answer, Answered } from './exchange.ts'
import { type GuardBook, outputBlocked } from './guard-book.ts'
import { type ChannelOptions, openChannel, openJsonChannel } from './guard-channel.ts'
import type { GuardContext } from './guard-text.ts'
import { guardRawText, guardWholeAnswer } from './guard-whole-answer.ts'
import { RewritingSink } from './rewriting-sink.ts'

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
 *
 * @throws Fault `guardrail_blocked` for an answer that has no form to end in when it is blocked.
 */
export async function guardAnswer(answered: Answered, guarding: OutputGuarding): Promise<Answered> {
  const { rules, context } = guarding
  const { opening } = answered.answer
  const { operation, path } = answered.planned.asked
  const { report } = context.book
  report.looks(rules, 'output')
  const isSound = path === '/audio/speech'
  if (opening.raw !== undefined && !isSound) return guardRawText(answered, guarding)
  if (opening.raw !== undefined || (opening.stream && (isSound || operation === 'images'))) {
    report.skipped(rules, 'output', 'the answer is no text')
    return endingAfter(answered, context)
  }
  if (!opening.stream) return guardWholeAnswer(answered, guarding)
  const reader = streamReader(operation)
  if (reader === null) return unreadable(answered, guarding)
  return { ...answered, answer: guardedStream(answered, reader, guarding) }
}

/** An answer nobody looks at; it ends when all who still look at the request have spoken. */
export async function endingAfter(answered: Answered, { book, cancellation }: GuardContext): Promise<Answered> {
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
        const open = lastWords(book, cancellation)
        if (open === null) return sink.end()
        open.then(
          () => sink.end(),
          (error: unknown) => sink.fail(Fault.from(error)),
        )
      },
    })
  return { ...answered, answer: { opening: answer.opening, flow: answer.flow, start } }
}

/** All who still look have spoken; null: nobody does. Rejects when the exchange was cancelled meanwhile: it has no good end. */
function lastWords(book: GuardBook, cancellation: Cancellation): Promise<void> | null {
  const open = book.whenAnswered()
  if (open === null) return null
  return open.then(() => {
    if (cancellation.fault !== null) throw cancellation.fault
  })
}

/** A kind of stream that nobody here can read: each rule says so, and one that fails closed lets nothing of it through. */
async function unreadable(answered: Answered, { rules, context }: OutputGuarding): Promise<Answered> {
  const { report } = context.book
  for (const rule of rules) report.failed(rule, 'output', 'a stream of this kind cannot be read')
  const closed = rules.find(failsClosed)
  if (closed === undefined) return endingAfter(answered, context)
  report.blocked(closed)
  const fault = outputBlocked(closed)
  context.cancellation.cancel(fault)
  throw fault
}

function guardedStream(answered: Answered, reader: StreamReader, { rules, context, mostHeld }: OutputGuarding): Answer {
  const { answer } = answered
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
      onBlocked: (unread) => {
        book.withheld += placeholderWords(unread)
        stop(book.report.blockedBy, cancellation)
      },
      onBroken: (fault) => cancellation.cancel(fault),
      onRead: () => book.report.looked(rules, 'output'),
      whenOver: () => lastWords(book, cancellation),
    })
  return {
    opening: answer.opening,
    flow: answer.flow,
    start: (sink) => {
      answer.start(open(sink))
    },
  }
}

/** As many tokens as so many characters of text may have, about: for counting what nobody has read. */
function placeholderWords(characters: number): string {
  return ' text'.repeat(Math.ceil(characters / 4))
}

/** The upstream has nothing more to say that anybody would hear. */
function stop(rule: Rule | null, cancellation: Cancellation): void {
  if (rule !== null) cancellation.cancel(outputBlocked(rule))
}
