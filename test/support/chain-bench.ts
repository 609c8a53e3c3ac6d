import type { ChainBody } from '../../src/contract/chain-body.ts'
import { chainBodySchema } from '../../src/contract/chain-body.ts'
import { Cancellation } from '../../src/core/cancellation.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Usage } from '../../src/core/usage.ts'
import { createMemoryCache } from '../../src/cache/memory-cache.ts'
import { withCache } from '../../src/pipeline/cache.ts'
import { withOutputCheck } from '../../src/pipeline/check-output.ts'
import {
  type ExchangeDependencies,
  ExchangeRefused,
  type OpenExchange,
  runExchange,
} from '../../src/pipeline/run-exchange.ts'
import type { Pricer } from '../../src/pipeline/settle.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { ChainEntry } from '../../src/snapshot/chain-entry.ts'
import { type Snapshot, promptKey } from '../../src/snapshot/snapshot.ts'
import {
  type AskOptions,
  type BenchOptions,
  type ChatBench,
  CollectingSink,
  askedOf,
  chatBench,
  snapshotOf,
} from './chat-bench.ts'
import {
  type ScriptedCall,
  type ScriptedProvider,
  completion,
  scriptedProvider,
  textChunk,
} from './scripted-provider.ts'

/** What every call of a chain's step uses: 3 tokens in, 2 out. */
export const stepUsage: Usage = {
  inputTokens: 3,
  outputTokens: 2,
  cacheReadInputTokens: 0,
  cacheCreationInputTokens: 0,
  reasoningOutputTokens: 0,
}

/** A dollar for each answered call of the provider `one`; nobody knows the price of the others. */
const price: Pricer = ({ target }) =>
  target.provider.id === 'one'
    ? {
        cost: { totalUsd: 1, inputUsd: 0.75, cacheReadUsd: 0, cacheWriteUsd: 0, outputUsd: 0.25, reasoningUsd: 0 },
        source: 'operator:one/m',
      }
    : null

/** The pipeline with chains over one provider, `one`. Every prompt `x` asks `one/x` with its variables as the user's text. */
export interface ChainBench extends Pick<ChatBench, 'records' | 'observations'> {
  readonly one: ScriptedProvider
  readonly dependencies: ExchangeDependencies
  readonly snapshot: Snapshot
  ask(body: JsonObject, options?: AskOptions): Promise<OpenExchange>
  /** Asks, and reads the answer to its end. */
  read(body: JsonObject): Promise<{ readonly text: string; readonly sink: CollectingSink }>
}

export interface ChainBenchOptions extends BenchOptions {
  /** Slugs of the prompts; `a` to `e` when left out. */
  readonly prompts?: readonly string[]
  /** What a prompt says besides, by its slug. */
  readonly versions?: Readonly<Record<string, Partial<VersionBody>>>
  /** Whose chains these are; the key is of `default`. */
  readonly tenantId?: string
  /** As in a snapshot. */
  readonly guardrails?: Snapshot['guardrails']
}

export function chainBench(
  chains: Readonly<Record<string, ChainBody>>,
  script: (call: ScriptedCall, number: number) => void = answerEcho,
  options: ChainBenchOptions = {},
): ChainBench {
  const one = scriptedProvider('one', script)
  const two = scriptedProvider('two', script)
  const bench = chatBench([one, two], { retries: 0, ...options })
  const snapshot = snapshotWith(chains, options)
  const { ledger, keptChars } = bench.dependencies
  const { clock, observe } = ledger
  const checked = withOutputCheck(bench.unguarded, { maxHeldBytes: 1 << 20, keptChars, observe })
  const dependencies = {
    ...bench.dependencies,
    dispatch: bench.guarded(
      withCache(checked, {
        cache: createMemoryCache({ maxBytes: 1 << 24, maxEntries: 1_000, maxEntryBytes: 1 << 20 }, clock, observe),
        clock,
        observe,
        waitMs: 1_000,
        maxEntryBytes: 1 << 20,
        guardrailPolicy: () => '',
      }),
    ),
    ledger: { ...ledger, price },
  }
  const ask = (body: JsonObject, asks: AskOptions = {}) =>
    runExchange(dependencies, askedOf(body, snapshot, asks), asks.cancellation ?? new Cancellation())
  return {
    one,
    dependencies,
    snapshot,
    records: bench.records,
    observations: bench.observations,
    ask,
    read: async (body) => {
      const { answer } = await ask(body)
      const sink = new CollectingSink()
      answer.start(sink)
      await sink.over
      return { text: textOf(sink), sink }
    },
  }
}

const allPrompts = ['a', 'b', 'c', 'd', 'e']

/** Each chain checked as if it had been saved, with one version. */
function snapshotWith(
  chains: Readonly<Record<string, ChainBody>>,
  { prompts = allPrompts, tenantId = 'default', versions = {}, guardrails }: ChainBenchOptions,
): Snapshot {
  const plain = snapshotOf(
    Object.fromEntries(
      prompts.map((slug) => [
        slug,
        [
          {
            messages: [{ role: 'user', content: '{{text}}' }],
            variables: { type: 'object', properties: { text: {} } },
            model: `one/${slug}`,
            ...versions[slug],
          },
        ],
      ]),
    ),
  )
  const entries = Object.entries(chains).map(([slug, body]) => {
    const versions = [{ number: 1, body: JSON.stringify(chainBodySchema.parse(body)) }]
    const entry = new ChainEntry({ tenantId, slug, activeVersion: 1, versions }, undefined)
    return [promptKey(tenantId, slug), entry] as const
  })
  return { ...plain, chains: new Map(entries), guardrails: guardrails ?? plain.guardrails }
}

/** Text of the first choice, whole or streamed. */
export function textOf(sink: CollectingSink): string {
  return sink.texts
    .map((text) => {
      const { choices } = JSON.parse(text) as {
        choices: readonly { message?: { content?: string }; delta?: { content?: string } }[]
      }
      return choices[0]?.message?.content ?? choices[0]?.delta?.content ?? ''
    })
    .join('')
}

/** The body of a call, parsed. */
export function askedBody({ call }: ScriptedCall): Record<string, unknown> {
  return JSON.parse(typeof call.body === 'string' ? call.body : '{}') as Record<string, unknown>
}

/** What the last message of a call says. */
export function askedText(call: ScriptedCall): string {
  const { messages } = askedBody(call) as { messages: { content: string }[] }
  return messages.at(-1)?.content ?? ''
}

/** Answers a call with this text, as it was asked for. */
export function answerWith(call: ScriptedCall, text: string): void {
  call.head()
  if (call.call.stream) {
    call.chunk(textChunk(text))
    call.chunk(textChunk('', 'stop'))
    call.chunk({ id: 'chatcmpl-1', choices: [], usage: {} }, stepUsage, !call.call.clientWantsUsage)
  } else {
    call.chunk(completion(text), stepUsage)
  }
  call.end()
}

/** `b(a(text))`: each prompt answers with its name around what it was told. */
export function answerEcho(call: ScriptedCall): void {
  answerWith(call, `${call.call.model}(${askedText(call)})`)
}

/** A step that asks the prompt of its own name. */
export const step = (name: string, text: string, more: Partial<ChainBody['steps'][number]> = {}) => ({
  name,
  prompt: name,
  variables: { text },
  ...more,
})
/** Three steps, each of which asks about what the one before it said. */
export const row: ChainBody = {
  steps: [step('a', '{{input.text}}'), step('b', '{{steps.a.output}}'), step('c', '{{steps.b.output}}')],
}
/** A request to the chain `c1`. */
export const call = (more: object = {}) => ({ model: 'chain:c1', prompt_variables: { text: 'hi' }, ...more })

/** What a promise was refused with; fails when it was not. */
export async function refusalOf(promise: Promise<unknown>): Promise<ExchangeRefused> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error instanceof ExchangeRefused) return error
  throw new Error('The exchange was not refused.')
}
