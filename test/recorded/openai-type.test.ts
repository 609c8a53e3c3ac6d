import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProviders, type Providers } from '../../src/providers/index.ts'
import { callTo, CollectingSink } from '../providers/collecting-sink.ts'
import { body, pieces, startScriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'
import { cuts } from './cuts.ts'
import { meaningOf, objectsOf, type Meaning } from './meaning.ts'
import { openAiTypeExchanges, recordingsPresent, type RecordedExchange } from './recordings.ts'

const present = recordingsPresent()
const exchanges = present ? openAiTypeExchanges() : []
const streams = exchanges.filter((exchange) => /event-stream/.test(exchange.headers['content-type'] ?? ''))
const wholes = exchanges.filter((exchange) => exchange.status < 300 && !streams.includes(exchange))
const refusals = exchanges.filter((exchange) => exchange.status >= 400)

describe.skipIf(!present)('recorded answers of OpenAI-type providers', () => {
  let upstream: ScriptedUpstream
  let providers: Providers

  beforeAll(async () => {
    upstream = await startScriptedUpstream()
    providers = createProviders({ connectTimeoutMs: 2_000, connections: 10, allowPrivate: true, resendAfterIdleMs: 0 })
  })
  afterAll(async () => {
    await providers.close()
    await upstream.close()
  })

  async function replay(
    exchange: RecordedExchange,
    stream: boolean,
    parts: readonly Buffer[] | null,
    clientWantsUsage: boolean,
  ): Promise<CollectingSink> {
    const { headers, status } = exchange
    upstream.next(parts === null ? body(exchange.body, status, headers) : pieces(parts, headers))
    const sink = new CollectingSink()
    providers.byPrefix.get('openai')?.endpoints.chat(callTo(upstream.baseUrl, { stream, clientWantsUsage }), sink)
    await sink.over
    return sink
  }

  it('are all there', () => {
    expect([streams.length, wholes.length, refusals.length].every((count) => count >= 10)).toBe(true)
    const providersSeen = new Set(
      exchanges.map((exchange) =>
        /openai|azure|deepseek|mistral|groq|openrouter|ollama|gpustack|perplexity|xai|cerebras|google/i
          .exec(`${exchange.url} ${exchange.name}`)?.[0]
          ?.toLowerCase(),
      ),
    )
    expect(providersSeen).toContain('gpustack')
    expect(providersSeen.size).toBeGreaterThanOrEqual(10)
  })

  describe.each(streams.map((exchange) => [exchange.name, exchange] as const))('E05 %s', (_name, exchange) => {
    const recorded = meaningOf(objectsOf(exchange.body.toString('utf8'), true))

    it.each([true, false])('says what was recorded, cut anywhere (usage asked for: %s)', async (clientWantsUsage) => {
      const texts: string[][] = []
      for (const cut of Object.values(cuts)) {
        const sink = await replay(exchange, true, cut(exchange.body), clientWantsUsage)
        texts.push(sink.texts)
        checkMeaning(sink, recorded)
        checkNormalForm(sink, recorded, clientWantsUsage)
      }
      for (const other of texts) expect(other).toEqual(texts[0])
    })

    it('E23 says the same to a client that wanted no stream', async () => {
      const sink = await replay(exchange, false, [exchange.body], false)
      if (recorded.error !== null) return expect(sink.heard).toEqual(['fail'])
      expect(sink.answerHead?.stream).toBe(false)
      expect(sink.chunks).toHaveLength(1)
      checkMeaning(sink, recorded)
    })
  })

  describe.each(wholes.map((exchange) => [exchange.name, exchange] as const))('%s', (_name, exchange) => {
    const recorded = meaningOf(objectsOf(exchange.body.toString('utf8'), false))

    it('says what was recorded', async () => {
      const sink = await replay(exchange, false, null, false)
      checkMeaning(sink, recorded)
      expect(sink.sent[0]).toMatchObject({
        object: 'chat.completion',
        id: expect.stringMatching(/./),
        choices: [{ index: 0, message: { role: 'assistant' } }],
      })
      for (const call of sink.sent[0]?.choices[0]?.message.tool_calls ?? []) expect(call.id).toMatch(/./)
    })

    it('E22 says the same to a client that wanted a stream', async () => {
      const sink = await replay(exchange, true, null, true)
      expect(sink.answerHead?.stream).toBe(true)
      checkMeaning(sink, recorded)
      checkNormalForm(sink, recorded, true)
    })
  })

  describe.each(refusals.map((exchange) => [exchange.name, exchange] as const))('C12 %s', (_name, exchange) => {
    it.each([true, false])('is an error in the one shape (stream asked for: %s)', async (stream) => {
      const { fault, heard } = await replay(exchange, stream, null, false)
      expect(heard).toEqual(['fail'])
      const { error } = fault?.toEnvelope() ?? { error: null }
      expect(error).toEqual({
        message: expect.stringMatching(/./),
        type: expect.any(String),
        param: error?.param ?? null,
        code: error?.code ?? null,
      })
      expect([typeof error?.code, error?.code]).toEqual(
        error?.code === null ? ['object', null] : ['string', error?.code],
      )
      const badKey = exchange.status === 401 || exchange.name.includes('auth_error')
      expect(fault?.kind).toBe(
        badKey ? 'upstream_authentication' : exchange.status === 429 ? 'upstream_rate_limited' : 'upstream_rejected',
      )
      if (!badKey) expect(fault?.status).toBe(exchange.status)
      if (/context_length/.test(exchange.name) && exchange.status === 400)
        expect(error?.code).toBe('context_length_exceeded')
      // Azure's says 1 s and 0 ms at once (C08).
      if (exchange.headers['retry-after'] !== undefined)
        expect(fault?.retryAfterMs).toBe(Number(exchange.headers['retry-after']) * 1000)
    })
  })

  function checkMeaning(sink: CollectingSink, recorded: Meaning): void {
    const said = meaningOf(sink.sent)
    const { content, reasoning, calls, finishReason } = said
    expect({ content, reasoning, calls }).toEqual({
      content: recorded.content,
      reasoning: recorded.reasoning,
      calls: recorded.calls,
    })
    if (recorded.error === null) {
      expect(sink.ended).toBe(true)
      expect(finishReason).toBe(recorded.finishReason)
    } else {
      expect(sink.fault?.kind).toBe('upstream_error')
      expect(sink.fault?.message).toContain(recorded.error)
    }
    const counted = sink.usages.at(-1)
    expect(counted?.inputTokens ?? null).toBe(recorded.promptTokens)
    if (counted !== undefined && counted !== null)
      expect(counted.inputTokens + counted.outputTokens).toBe(recorded.totalTokens)
  }

  function checkNormalForm(sink: CollectingSink, recorded: Meaning, clientWantsUsage: boolean): void {
    const first = sink.sent[0]
    for (const chunk of sink.sent)
      expect([chunk.id, chunk.created, chunk.model, chunk.object]).toEqual([
        first?.id,
        first?.created,
        first?.model,
        'chat.completion.chunk',
      ])
    const choices = sink.sent.flatMap((chunk) => chunk.choices)
    expect(choices.map((choice) => choice.delta.role).filter((role) => role !== undefined)).toEqual(['assistant'])
    expect(choices[0]?.delta.role).toBe('assistant')
    if (recorded.error === null)
      expect(choices.filter((choice) => typeof choice.finish_reason === 'string')).toHaveLength(1)
    const begun = choices.flatMap((choice) => choice.delta.tool_calls ?? []).filter((call) => call.id !== undefined)
    expect(begun.map((call) => call.index)).toEqual(begun.map((_, index) => index))
    if (clientWantsUsage && recorded.promptTokens !== null && recorded.error === null)
      expect(sink.sent.filter((chunk) => chunk.usage)).toHaveLength(1)
    if (!clientWantsUsage)
      expect(sink.sent.filter((chunk) => chunk.choices.length === 0 && !('moderation' in chunk))).toEqual([])
  }
})
