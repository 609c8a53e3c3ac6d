import { setImmediate } from 'node:timers/promises'
import type { z } from 'zod'
import type { guardrailBodySchema } from '../../src/contract/guardrail-body.ts'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Operation } from '../../src/core/operation.ts'
import type { ExchangeRecord } from '../../src/core/record.ts'
import type { Usage } from '../../src/core/usage.ts'
import type { RemoteServices } from '../../src/guardrails/remote.ts'
import { withOutputCheck } from '../../src/pipeline/check-output.ts'
import { ExchangeRefused, runExchange } from '../../src/pipeline/run-exchange.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { answerHeaders } from '../../src/routes/answer-headers.ts'
import { type BenchOptions, CollectingSink, askedOf, chatBench, snapshotOf } from '../support/chat-bench.ts'
import { type ScriptedCall, completion, scriptedProvider, textChunk } from '../support/scripted-provider.ts'

export type Guardrails = Readonly<Record<string, z.input<typeof guardrailBodySchema>>>

export const hello = { model: 'acme/small', messages: [{ role: 'user', content: 'Hello' }] }

/** A request with this text of a user. */
export const saying = (content: string) => ({ ...hello, messages: [{ role: 'user', content }] })

export const secretWord = { type: 'keywords', settings: { words: ['swordfish'] } } as const

/** Nobody waits as long as this in a test: who is asked and does not answer is heard of in another way, or never. */
export const webhook = { type: 'webhook', settings: { url: 'http://127.0.0.1:9/', timeout_ms: 60_000 } } as const

export const usage: Usage = {
  inputTokens: 30,
  outputTokens: 20,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  reasoningOutputTokens: 0,
}

/** What a webhook is asked. */
export interface Question {
  readonly guardrail: string
  readonly text: string
  readonly context: string
  readonly stage: string
}

export interface Verdict {
  readonly verdict: 'pass' | 'flag' | 'redact' | 'block'
  readonly findings?: readonly { readonly kind: string; readonly start: number; readonly end: number }[]
}

export type Judge = (question: Question) => Verdict | Promise<Verdict>

export const pass: Verdict = { verdict: 'pass' }
export const block: Verdict = { verdict: 'block' }
export const never = (): Promise<Verdict> => new Promise(() => undefined)

export interface GuardedOptions extends Omit<BenchOptions, 'snapshot' | 'guardServices'> {
  /** Answers for every webhook; each is passed when left out. */
  readonly judge?: Judge
  readonly prompts?: Readonly<Record<string, VersionBody>>
  /** Answers are held against what their version says of them, inside of the guardrails. */
  readonly checksOutput?: boolean
}

export interface GuardedAsk {
  readonly cancellation?: Cancellation
  /** Chat when left out. */
  readonly operation?: Operation
  readonly path?: string
}

/** A chunk of a stream with this choice. */
export const choiceChunk = (delta: JsonObject, more: JsonObject = {}): JsonObject => ({
  ...textChunk(''),
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
})

export const lastChunk = choiceChunk({}, { finish_reason: 'stop' })

/** Answers with these pieces, streamed when a stream is asked for. */
export function answers(...pieces: readonly string[]) {
  return (call: ScriptedCall): void => {
    call.head()
    if (call.call.stream) {
      for (const piece of pieces) call.chunk(textChunk(piece))
      call.chunk(lastChunk)
    } else call.chunk(completion(pieces.join('')))
    call.end()
  }
}

/** The pipeline with these guardrails around a provider that answers by this script. */
export function guardedChat(
  guardrails: Guardrails,
  script: (call: ScriptedCall) => void = answers('Hi'),
  { judge = () => pass, prompts = {}, checksOutput = false, ...options }: GuardedOptions = {},
) {
  const asked: Question[] = []
  const callWebhook: RemoteServices['callWebhook'] = async ({ body }) => {
    const question = JSON.parse(body) as Question
    asked.push(question)
    return { status: 200, text: JSON.stringify(await judge(question)) }
  }
  const acme = scriptedProvider('acme', script)
  const { chat } = acme.endpoints
  const everything = { ...acme, endpoints: { chat, responses: chat, audio: chat } }
  const versions = Object.fromEntries(Object.entries(prompts).map(([slug, version]) => [slug, [version]]))
  const snapshot = snapshotOf(versions, guardrails)
  const made = chatBench([everything], { ...options, snapshot, guardServices: { callWebhook } })
  const checking = { maxHeldBytes: 1 << 20, keptChars: 1 << 20, observe: () => undefined }
  const dependencies = checksOutput
    ? { ...made.dependencies, dispatch: made.guarded(withOutputCheck(made.unguarded, checking)) }
    : made.dependencies

  async function ask(body: JsonObject, { cancellation = new Cancellation(), ...over }: GuardedAsk = {}) {
    const opened = await runExchange(dependencies, { ...askedOf(body, snapshot), ...over }, cancellation)
    const sink = new CollectingSink()
    opened.answer.start(sink)
    await sink.over
    const { opening } = opened.answer
    return { opening, headers: answerHeaders(opened.answered), sink, all: sink.texts.join('\n') }
  }

  return {
    acme,
    /** What the webhooks were asked, in that order. */
    asked,
    records: made.records,
    ask,
    refused: (body: JsonObject, more?: GuardedAsk): Promise<Fault> =>
      ask(body, more).then(
        () => Promise.reject(new Error('It was not refused.')),
        (error: unknown) => {
          if (error instanceof ExchangeRefused) return error.fault
          throw error
        },
      ),
  }
}

interface Choice {
  readonly message?: { readonly content?: unknown }
  readonly delta?: { readonly content?: unknown }
  readonly finish_reason?: string | null
}

/** What a client of chat reads, whole or streamed. */
export function said({ texts }: CollectingSink): { readonly text: string; readonly finish: string | null } {
  const choices = texts.flatMap((text) => (JSON.parse(text) as { choices: Choice[] }).choices)
  const text = choices.map(({ message, delta }) => textIn((message ?? delta)?.content)).join('')
  return { text, finish: choices.findLast(({ finish_reason }) => finish_reason)?.finish_reason ?? null }
}

function textIn(content: unknown): string {
  if (Array.isArray(content)) return content.map(({ text }: { text: string }) => text).join('')
  return typeof content === 'string' ? content : ''
}

/** The one record of an exchange. */
export function only(records: readonly ExchangeRecord[]): ExchangeRecord {
  const [record] = records
  if (record === undefined || records.length > 1) throw new Error(`There are ${records.length} records and not one.`)
  return record
}

/** What each guardrail is recorded to have said: `words/input: block`. */
export function verdicts(records: readonly ExchangeRecord[]): readonly string[] {
  return (only(records).guardrailResults ?? []).map(
    ({ guardrail, stage, verdict }) => `${guardrail}/${stage}: ${verdict}`,
  )
}

export const hungUp = (): Fault => new Fault('client_closed', 'The client has gone.')

/** Lets everything go on that waits for nothing but its turn; promises that were rejected unheard are known by then. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await setImmediate()
}

/** What was rejected in this process with nobody listening, while `work` was done. */
export async function unheardDuring(work: () => Promise<void>): Promise<readonly unknown[]> {
  const unheard: unknown[] = []
  const hear = (reason: unknown): void => void unheard.push(reason)
  process.on('unhandledRejection', hear)
  try {
    await work()
    await turns()
  } finally {
    process.off('unhandledRejection', hear)
  }
  return unheard
}
