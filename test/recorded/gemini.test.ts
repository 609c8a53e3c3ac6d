import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { priceAnswer } from '../../src/pricing/price-answer.ts'
import { openDownloads } from '../../src/providers/download.ts'
import { gemini } from '../../src/providers/gemini/gemini.ts'
import { openUpstreams } from '../../src/providers/http.ts'
import type { Provider, ProviderCall } from '../../src/providers/provider.ts'
import { ThinkingMemory } from '../../src/providers/thinking-memory.ts'
import type { Upstreams } from '../../src/providers/upstream.ts'
import { callTo, CollectingSink } from '../providers/collecting-sink.ts'
import { body, pieces, startScriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'
import { cuts } from './cuts.ts'
import { geminiMeaningOf, type GeminiMeaning } from './gemini-meaning.ts'
import {
  geminiExchanges,
  geminiRecordingsPresent,
  geminiRows,
  responsesOf,
  type GeminiExchange,
} from './gemini-recordings.ts'

const present = geminiRecordingsPresent()
const exchanges = present ? geminiExchanges() : []
const embeddings = exchanges.filter(({ url }) => url.includes('batchEmbedContents'))
const refusals = exchanges.filter(({ status }) => status >= 400)
const answers = exchanges.filter((exchange) => !embeddings.includes(exchange) && !refusals.includes(exchange))
const streams = answers.filter(({ headers }) => /event-stream/.test(headers['content-type'] ?? ''))
const wholes = answers.filter((exchange) => !streams.includes(exchange))

function modelOf(exchange: GeminiExchange): string {
  return /models\/([^:]+):/.exec(exchange.url)?.[1] ?? ''
}

describe.skipIf(!present)('recorded answers of Gemini', () => {
  let upstream: ScriptedUpstream
  let upstreams: Upstreams
  let provider: Provider
  const memory = new ThinkingMemory({ maxEntries: 1_000, maxChars: 10_000_000 })

  beforeAll(async () => {
    upstream = await startScriptedUpstream()
    upstreams = openUpstreams({
      connectTimeoutMs: 2_000,
      connections: 10,
      resendAfterIdleMs: 1_000,
      allowPrivate: true,
    })
    provider = gemini(
      { upstreams, userAgent: 'promptbox/test', now: () => Date.UTC(2026, 8, 1) },
      { memory, downloads: openDownloads({ allowPrivate: true }) },
    )
  })
  afterAll(async () => {
    await upstreams.close()
    await upstream.close()
  })

  async function replay(
    exchange: GeminiExchange,
    parts: readonly Buffer[] | null,
    call: Partial<ProviderCall>,
  ): Promise<CollectingSink> {
    const { headers, status } = exchange
    upstream.next(parts === null ? body(exchange.body, status, headers) : pieces(parts, headers))
    const sink = new CollectingSink()
    provider.endpoints.chat(callTo(upstream.origin, { model: modelOf(exchange), ...call }), sink)
    await sink.over
    return sink
  }

  it('are all there', () => {
    const seen = exchanges.map(({ name }) => name.replace(/#.*$/, ''))
    const rows = geminiRows()
    expect(rows.length).toBeGreaterThanOrEqual(22)
    for (const row of rows) expect(seen).toContain(row.replace(/\.ya?ml$/, ''))
    expect([streams.length, wholes.length, embeddings.length, refusals.length]).toEqual([12, 16, 1, 2])
  })

  describe.each(streams.map((exchange) => [exchange.name, exchange] as const))('H08 %s', (_name, exchange) => {
    const recorded = geminiMeaningOf(responsesOf(exchange))

    it.each([true, false])('says what was recorded, cut anywhere (usage asked for: %s)', async (clientWantsUsage) => {
      const texts: string[][] = []
      for (const cut of Object.values(cuts)) {
        const sink = await replay(exchange, cut(exchange.body), { stream: true, clientWantsUsage })
        texts.push(sink.texts)
        checkStream(sink, recorded, clientWantsUsage)
      }
      for (const other of texts) expect(other).toEqual(texts[0])
    })

    it('E23 says the same to a client that wanted no stream', async () => {
      checkWhole(await replay(exchange, [exchange.body], { stream: false }), recorded)
    })

    it('E17 is an error when it breaks off before the end', async () => {
      const end = exchange.body.lastIndexOf('"finishReason"')
      const sink = await replay(exchange, [exchange.body.subarray(0, end)], { stream: true })
      expect(sink.ended).toBe(false)
      expect(sink.fault?.kind).toBe('upstream_interrupted')
    })
  })

  describe.each(wholes.map((exchange) => [exchange.name, exchange] as const))('%s', (_name, exchange) => {
    const recorded = geminiMeaningOf(responsesOf(exchange))

    it('says what was recorded', async () => {
      checkWhole(await replay(exchange, null, { stream: false }), recorded)
    })

    it('E22 says the same to a client that wanted a stream', async () => {
      const sink = await replay(exchange, null, { stream: true, clientWantsUsage: true })
      checkStream(sink, recorded, true)
    })
  })

  describe.each(refusals.map((exchange) => [exchange.name, exchange] as const))('%s', (_name, exchange) => {
    it.each([true, false])('is an error in the one shape (stream asked for: %s)', async (stream) => {
      const { fault, heard } = await replay(exchange, null, { stream })
      expect(heard).toEqual(['fail'])
      if (exchange.status === 429) {
        // C07: RetryInfo says 48s.
        expect([fault?.kind, fault?.retryAfterMs, fault?.code]).toEqual([
          'upstream_rate_limited',
          48_000,
          'rate_limit_exceeded',
        ])
      } else {
        // C06: a bad key is no fault of the client's request.
        expect([fault?.kind, fault?.status]).toEqual(['upstream_authentication', 502])
      }
    })
  })

  describe.each(embeddings.map((exchange) => [exchange.name, exchange] as const))('H16 %s', (_name, exchange) => {
    const [recorded] = responsesOf(exchange) as { readonly embeddings: { readonly values: number[] }[] }[]
    const vector = recorded?.embeddings[0]?.values ?? []

    it.each(['float', 'base64'])('gives its numbers as %s', async (format) => {
      upstream.next(body(exchange.body, exchange.status, exchange.headers))
      const sink = new CollectingSink()
      const asked = {
        model: 'm',
        input: "Ruby is a programmer's best friend",
        dimensions: 768,
        encoding_format: format,
      }
      const call = callTo(upstream.origin, {
        model: modelOf(exchange),
        stream: false,
        path: '/embeddings',
        body: JSON.stringify(asked),
      })
      provider.endpoints.embeddings?.(call, sink)
      await sink.over
      expect(upstream.requests.at(-1)?.json).toEqual(exchange.request)
      const [sent] = sink.sent as unknown as { readonly data: { readonly embedding: number[] | string }[] }[]
      const embedding = sent?.data[0]?.embedding ?? ''
      const floats =
        typeof embedding === 'string'
          ? Array.from({ length: 768 }, (_, index) => Buffer.from(embedding, 'base64').readFloatLE(index * 4))
          : embedding
      expect(floats).toEqual(format === 'base64' ? [...new Float32Array(vector)] : vector)
    })
  })

  function checkWhole(sink: CollectingSink, recorded: GeminiMeaning): void {
    expect(sink.ended).toBe(true)
    expect(sink.answerHead?.stream).toBe(false)
    const [completion] = sink.sent
    const choice = completion?.choices[0]
    const { message } = choice ?? {}
    expect(completion).toMatchObject({
      object: 'chat.completion',
      id: expect.stringMatching(/^chatcmpl-./),
      model: recorded.model,
    })
    expect(choice).toMatchObject({ index: 0, finish_reason: recorded.finishReason })
    expect(message?.role).toBe('assistant')
    expect(message?.['refusal']).toBeNull()
    if (recorded.calls.length === 0) expect(message?.content).toBe(recorded.content)
    expect([message?.content ?? '', message?.reasoning_content ?? '']).toEqual([recorded.content, recorded.reasoning])
    checkCalls(message?.tool_calls ?? [], recorded)
    checkUsage(sink, recorded, true)
  }

  function checkStream(sink: CollectingSink, recorded: GeminiMeaning, clientWantsUsage: boolean): void {
    expect(sink.ended).toBe(true)
    expect(sink.answerHead?.stream).toBe(true)
    const [first] = sink.sent
    for (const chunk of sink.sent)
      expect([chunk.id, chunk.created, chunk.model, chunk.object]).toEqual([
        first?.id,
        first?.created,
        recorded.model,
        'chat.completion.chunk',
      ])
    for (const chunk of sink.chunks) expect(JSON.parse(String(chunk.json))).toEqual(chunk.value)
    const choices = sink.sent.flatMap((chunk) => chunk.choices)
    const deltas = choices.map(({ delta }) => delta)
    expect(deltas.map(({ role }) => role).filter((role) => role !== undefined)).toEqual(['assistant'])
    expect(deltas[0]?.role).toBe('assistant')
    expect(deltas.map(({ content }) => content ?? '').join('')).toBe(recorded.content)
    expect(deltas.map((delta) => delta.reasoning_content ?? '').join('')).toBe(recorded.reasoning)
    expect(choices.map((choice) => choice.finish_reason).filter((reason) => reason !== null)).toEqual([
      recorded.finishReason,
    ])
    const calls = deltas.flatMap((delta) => delta.tool_calls ?? [])
    const begun = calls.filter(({ id }) => id !== undefined)
    expect(begun.map(({ index }) => index)).toEqual(begun.map((_, index) => index))
    for (const { function: called } of begun) expect(called.arguments).toBe('')
    const joined = begun.map((call) => ({
      ...call,
      function: {
        ...call.function,
        arguments: calls
          .filter(({ index }) => index === call.index)
          .map((other) => other.function.arguments)
          .join(''),
      },
    }))
    checkCalls(joined, recorded)
    expect(sink.sent.filter((chunk) => chunk.choices.length === 0)).toHaveLength(clientWantsUsage ? 1 : 0)
    checkUsage(sink, recorded, clientWantsUsage)
  }

  function checkCalls(
    calls: NonNullable<CollectingSink['sent'][number]['choices'][number]['message']['tool_calls']>,
    recorded: GeminiMeaning,
  ): void {
    expect(
      calls.map(({ function: called }) => ({ name: called.name, arguments: JSON.parse(called.arguments) })),
    ).toEqual(recorded.calls)
    const signatures = calls.map(
      (call) =>
        (call['extra_content'] as { google: { thought_signature: string } } | undefined)?.google.thought_signature ??
        null,
    )
    expect(signatures).toEqual(recorded.signatures)
    expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length)
    for (const { id, type } of calls)
      expect([id, type]).toEqual([expect.stringMatching(/^call_[0-9a-f]{24}$/), 'function'])
  }

  function checkUsage(sink: CollectingSink, recorded: GeminiMeaning, isShown: boolean): void {
    const [usage, ...others] = sink.usages
    expect(others).toEqual([])
    const { inputTokens, imageInputTokens, outputTokens, reasoningTokens, totalTokens } = recorded
    expect(usage).toEqual({
      inputTokens,
      outputTokens,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 0,
      reasoningOutputTokens: reasoningTokens,
      ...(imageInputTokens === 0 ? {} : { imageInputTokens }),
    })
    if (isShown)
      expect(sink.sent.at(-1)?.usage).toMatchObject({
        prompt_tokens: inputTokens,
        completion_tokens: outputTokens,
        total_tokens: totalTokens,
        completion_tokens_details: { reasoning_tokens: reasoningTokens },
      })
    checkCost(sink, recorded)
  }

  /** Prices of a million tokens on the recorded day, as Google's list has them, for the models whose price is one number. */
  function checkCost(sink: CollectingSink, recorded: GeminiMeaning): void {
    const listed = { 'gemini-2.5-flash': [0.3, 2.5], 'gemini-3-flash-preview': [0.5, 3] }[recorded.model]
    const [usage] = sink.usages
    if (usage === null || usage === undefined) throw new Error('no usage')
    const at = Date.UTC(2026, 8, 1)
    const answer = { providerPriceId: provider.priceId, provider: provider.id, model: recorded.model, usage, at }
    const priced = priceAnswer(answer, new Map())
    if (listed === undefined) return
    const [input = 0, output = 0] = listed
    expect(priced?.cost.totalUsd).toBeCloseTo(
      (recorded.inputTokens * input + recorded.outputTokens * output) / 1_000_000,
      12,
    )
  }
})
