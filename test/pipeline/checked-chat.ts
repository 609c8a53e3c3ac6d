import { Cancellation } from '../../src/core/cancellation.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Operation } from '../../src/core/operation.ts'
import type { OutputCheck } from '../../src/core/record.ts'
import type { Usage } from '../../src/core/usage.ts'
import { withOutputCheck } from '../../src/pipeline/check-output.ts'
import { ExchangeRefused, runExchange } from '../../src/pipeline/run-exchange.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { type BenchOptions, CollectingSink, askedOf, chatBench, snapshotOf } from '../support/chat-bench.ts'
import { type ScriptedCall, completion, scriptedProvider, textChunk } from '../support/scripted-provider.ts'

export const policies = ['flag', 'retry', 'error'] as const

/** Every operation that takes prompts, with a request of the least it needs. */
export const operations = {
  chat: { path: '/chat/completions', body: {} },
  text_completion: { path: '/completions', body: { prompt: 'Go.' } },
  responses: { path: '/responses', body: { input: 'Go.' } },
  messages: { path: '/messages', body: { max_tokens: 100, messages: [{ role: 'user', content: 'Go.' }] } },
} as const satisfies Partial<Record<Operation, { readonly path: string; readonly body: JsonObject }>>
export type PromptOperation = keyof typeof operations

export const hit = '{"count": 3}'
export const miss = '{"count": "three"}'
export const usage: Usage = {
  inputTokens: 3,
  outputTokens: 2,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  reasoningOutputTokens: 0,
}

const counting: VersionBody = {
  model: 'acme/small',
  fallback_models: ['spare/small'],
  messages: [{ role: 'user', content: 'Count.' }],
  output_schema: { type: 'object', properties: { count: { type: 'number' } }, required: ['count'] },
  retries: 0,
}

/** Gives this text as a provider would: whole, or in pieces of three characters. */
export function say(text: string, reason = 'stop', message: JsonObject = {}): (call: ScriptedCall) => void {
  return (call) => {
    call.head()
    if (call.call.stream) {
      begin(call, text)
      call.chunk({ ...textChunk(''), choices: [{ index: 0, delta: message, finish_reason: reason }] })
      call.chunk({ ...textChunk(''), choices: [] }, usage, !call.call.clientWantsUsage)
    } else {
      const whole = completion(text)
      const choice = { index: 0, message: { role: 'assistant', content: text, ...message }, finish_reason: reason }
      call.chunk({ ...whole, choices: [choice] }, usage)
    }
    call.end()
  }
}

/** The first pieces of a stream. */
export function begin(call: ScriptedCall, text: string): void {
  for (let at = 0; at < text.length; at += 3) {
    const delta = { ...(at === 0 ? { role: 'assistant' } : {}), content: text.slice(at, at + 3) }
    call.chunk({ ...textChunk(''), choices: [{ index: 0, delta, finish_reason: null }] })
  }
}

/** The pipeline with the check in it, in front of a provider that gives these answers, one for each call, and a spare one. */
export function checkedKitchen(
  answers: readonly ((call: ScriptedCall) => void)[],
  version: Partial<VersionBody> = {},
  settings: BenchOptions & { readonly maxHeldBytes?: number } = {},
) {
  const acme = scriptedProvider('acme', (call, number) => answers[number]?.(call))
  const spare = scriptedProvider('spare', say(hit))
  const snapshot = snapshotOf({ counting: [{ ...counting, ...version }] })
  const price = { totalUsd: 3, inputUsd: 1, cacheReadUsd: 0, cacheWriteUsd: 0, outputUsd: 2, reasoningUsd: 0 }
  const bench = chatBench([acme, spare], { ...settings, snapshot })
  const dependencies = {
    ...bench.dependencies,
    dispatch: withOutputCheck(bench.dependencies.dispatch, {
      maxHeldBytes: settings.maxHeldBytes ?? 1 << 20,
      keptChars: 1 << 20,
      observe: bench.dependencies.ledger.observe,
    }),
    ledger: { ...bench.dependencies.ledger, price: () => ({ cost: price, source: 'test' }) },
  }

  function open(body: JsonObject = {}, operation: PromptOperation = 'chat', cancellation = new Cancellation()) {
    const { path, body: needed } = operations[operation]
    const asked = askedOf({ model: 'prompt:counting', ...needed, ...body }, snapshot)
    return runExchange(dependencies, { ...asked, operation, path }, cancellation)
  }

  /** What a client sees in the end; `fault`: it is refused, or broke off. */
  async function ask(body: JsonObject = {}, operation: PromptOperation = 'chat') {
    const sink = new CollectingSink()
    try {
      const { answered, answer } = await open(body, operation)
      answer.start(sink)
      await sink.over
      const result: OutputCheck | null = answered.checked?.result() ?? null
      return { seen: sink.texts.join('\n'), result, fault: sink.fault, sink, record: bench.records.at(-1) }
    } catch (error) {
      if (!(error instanceof ExchangeRefused)) throw error
      return { seen: '', result: null, fault: error.fault, sink, record: bench.records.at(-1) }
    }
  }
  return { acme, spare, bench, open, ask }
}

/** What a client can put together from what it was sent. */
export function saidIn(seen: string): string {
  const texts: string[] = []
  for (const line of seen.split('\n').filter((each) => each !== '')) collect(JSON.parse(line), texts)
  return texts.join('')
}

/** Deltas of a stream, or the texts of a whole answer, whatever the operation calls them. */
function collect(value: Record<string, unknown>, texts: string[]): void {
  const choices = (value['choices'] ?? []) as { delta?: Said; message?: Said; text?: string }[]
  for (const { delta, message, text } of choices) texts.push((delta ?? message)?.content ?? text ?? '')
  const delta = value['delta']
  if (typeof delta === 'string' && value['type'] === 'response.output_text.delta') texts.push(delta)
  if (typeof delta === 'object' && delta !== null && 'text' in delta) texts.push(String(delta.text))
  for (const part of (value['content'] ?? []) as { text: string }[]) texts.push(part.text)
  for (const item of (value['output'] ?? []) as { content: { text: string }[] }[])
    for (const part of item.content) texts.push(part.text)
}
interface Said {
  readonly content?: string | null
}
