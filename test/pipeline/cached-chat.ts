import { createMemoryCache } from '../../src/cache/memory-cache.ts'
import { Cancellation } from '../../src/core/cancellation.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Observation } from '../../src/core/observation.ts'
import { type CacheDependencies, withCache } from '../../src/pipeline/cache.ts'
import { runExchange } from '../../src/pipeline/run-exchange.ts'
import type { Asked } from '../../src/pipeline/exchange.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import type { Snapshot } from '../../src/snapshot/snapshot.ts'
import { type AskOptions, CollectingSink, askedOf, chatBench, snapshotOf } from '../support/chat-bench.ts'
import { type ScriptedCall, completion, scriptedProvider, textChunk } from '../support/scripted-provider.ts'

export const greeting: VersionBody = {
  model: 'acme/small',
  fallback_models: ['spare/small'],
  messages: [{ role: 'user', content: 'Greet {{name}}.' }],
  cache_ttl_seconds: 60,
  retries: 0,
}

export const ada = { model: 'prompt:greeting', variables: { name: 'Ada' } }
export const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }

export function answerWhole(text: string, changes: JsonObject = {}) {
  return (call: ScriptedCall): void => {
    call.head()
    call.chunk({ ...completion(text), ...changes })
    call.end()
  }
}

export function answerStream(...texts: readonly string[]) {
  return (call: ScriptedCall): void => {
    call.head()
    texts.forEach((text, index) => {
      const chunk = textChunk(text, null)
      if (index > 0)
        delete ((chunk['choices'] as { delta: { role?: string } }[])[0] as { delta: { role?: string } }).delta.role
      call.chunk(chunk)
    })
    call.chunk({ ...textChunk('', 'stop'), choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    call.chunk({ ...textChunk(''), choices: [], usage }, usageOf(), !call.call.clientWantsUsage)
    call.end()
  }
}

function usageOf() {
  return {
    inputTokens: 3,
    outputTokens: 2,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    reasoningOutputTokens: 0,
  }
}

/** The answer the provider gives to every call, or none: then the test answers by hand. */
export function kitchen(
  answer?: (call: ScriptedCall, number: number) => void,
  changes: Partial<CacheDependencies> = {},
) {
  const acme = scriptedProvider('acme', answer)
  const spare = scriptedProvider('spare', answerWhole('spare'))
  const snapshot = snapshotOf({
    greeting: [greeting],
    parting: [{ ...greeting, parameters: { seed: 1 } }],
    plain: [{ ...greeting, cache_ttl_seconds: 0 }],
  })
  const bench = chatBench([acme, spare], { snapshot })
  const observations: Observation[] = []
  let now = 0
  const clock = { now: () => now, monotonic: () => now }
  const observe = (observation: Observation): void => void observations.push(observation)
  const cache = createMemoryCache({ maxBytes: 1 << 24, maxEntries: 1_000, maxEntryBytes: 1 << 20 }, clock, observe)
  const settings: CacheDependencies = {
    cache,
    clock,
    observe,
    waitMs: 60_000,
    maxEntryBytes: 1 << 16,
    guardrailPolicy: () => '',
    ...changes,
  }
  const dispatch = withCache(bench.dependencies.dispatch, settings)
  const open = (body: JsonObject, options: Options = {}) =>
    runExchange(
      { ...bench.dependencies, dispatch },
      asking(body, snapshot, options),
      options.cancellation ?? new Cancellation(),
    )
  const ask = async (body: JsonObject, options: Options = {}) => {
    const { answered, answer } = await open(body, options)
    const sink = new CollectingSink()
    answer.start(sink)
    await sink.over
    return { cache: answered.cache, answered, sink, body: JSON.parse(sink.texts.at(-1) ?? 'null') as JsonObject }
  }
  const lookups = () => observations.flatMap((each) => (each.type === 'cache-looked-up' ? [each.result] : []))
  const pass = (milliseconds: number): void => {
    now += milliseconds
  }
  return { acme, spare, bench, cache, open, ask, lookups, observations, pass }
}

export interface Options extends AskOptions {
  readonly key?: Partial<Asked['key']>
  readonly operation?: Asked['operation']
}

export function asking(body: JsonObject, snapshot: Snapshot, options: Options): Asked {
  const asked = askedOf(body, snapshot, options)
  return { ...asked, operation: options.operation ?? asked.operation, key: { ...asked.key, ...options.key } }
}

/** Everything that is under way inside the process gets its turn. */
export const settled = () => new Promise((resolve) => setImmediate(resolve))

export function textOf(sink: CollectingSink): string {
  return sink.texts
    .flatMap((text) => (JSON.parse(text) as { choices: { delta: { content?: string | null } }[] }).choices)
    .map(({ delta }) => delta.content ?? '')
    .join('')
}
