import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { builtInPrices } from '../../src/pricing/built-in-data.ts'
import { priceAnswer } from '../../src/pricing/price-answer.ts'
import { anthropic } from '../../src/providers/anthropic/anthropic.ts'
import { toMessagesRequest } from '../../src/providers/anthropic/request.ts'
import { openUpstreams } from '../../src/providers/http.ts'
import type { Provider, ProviderCall } from '../../src/providers/provider.ts'
import { ThinkingMemory } from '../../src/providers/thinking-memory.ts'
import type { Upstreams } from '../../src/providers/upstream.ts'
import { callTo, CollectingSink } from '../providers/collecting-sink.ts'
import { body, pieces, startScriptedUpstream, type ScriptedUpstream } from '../support/scripted-upstream.ts'
import { askedOverChat, type AskedBlock, type AskedOfAnthropic } from './anthropic-asked.ts'
import { anthropicMeaningOf, type AnthropicMeaning } from './anthropic-meaning.ts'
import { anthropicExchanges, anthropicRows, type AnthropicExchange } from './anthropic-recordings.ts'
import { cuts, everyBytes } from './cuts.ts'
import { meaningOf } from './meaning.ts'
import { recordingsPresent } from './recordings.ts'

const present = recordingsPresent()
const exchanges = present ? anthropicExchanges() : []
const refusals = exchanges.filter(({ status }) => status >= 400)
const streams = exchanges.filter(({ headers }) => /event-stream/.test(headers['content-type'] ?? ''))
const wholes = exchanges.filter((exchange) => !streams.includes(exchange) && !refusals.includes(exchange))
const asked = exchanges.filter(({ request }) => request !== null)
const at = Date.UTC(2026, 7, 19)

const newMemory = (): ThinkingMemory => new ThinkingMemory({ maxEntries: 100, maxChars: 1_000_000 })

describe.skipIf(!present)('recorded answers of Anthropic', () => {
  let upstream: ScriptedUpstream
  let upstreams: Upstreams
  let memory = newMemory()

  beforeAll(async () => {
    upstream = await startScriptedUpstream()
    upstreams = openUpstreams({
      connectTimeoutMs: 2_000,
      connections: 10,
      resendAfterIdleMs: 1_000,
      allowPrivate: true,
    })
  })
  afterAll(async () => {
    await upstreams.close()
    await upstream.close()
  })

  const provider = (): Provider => anthropic({ upstreams, userAgent: 'test', now: () => at }, memory)

  async function replay(
    exchange: AnthropicExchange,
    parts: readonly Buffer[] | null,
    changes: Partial<ProviderCall> = {},
    endpoint: 'chat' | 'messages' = 'chat',
  ): Promise<CollectingSink> {
    const { headers, status } = exchange
    upstream.next(parts === null ? body(exchange.body, status, headers) : pieces(parts, headers))
    const sink = new CollectingSink()
    const call = callTo(upstream.origin, {
      partition: 'tenant',
      unsupportedParameters: 'drop',
      clientWantsUsage: true,
      ...changes,
    })
    provider().endpoints[endpoint]?.(call, sink)
    await sink.over
    return sink
  }

  it('are all there', () => {
    const rows = anthropicRows()
    expect(rows.length).toBeGreaterThanOrEqual(25)
    for (const row of rows) {
      const file = row.replace(/\.ya?ml$/, '')
      expect(
        exchanges.some(({ name }) => name === row || name.startsWith(`${file}#`)),
        row,
      ).toBe(true)
    }
    expect([streams.length, wholes.length, refusals.length]).toEqual([18, 15, 2])
  })

  describe.each(streams.map((exchange) => [exchange.name, exchange] as const))('E05 %s', (_name, exchange) => {
    const recorded = anthropicMeaningOf(exchange)

    it.each([true, false])('says what was recorded, cut anywhere (usage asked for: %s)', async (clientWantsUsage) => {
      const texts: string[][] = []
      for (const cut of Object.values(cuts)) {
        const sink = await replay(exchange, cut(exchange.body), { clientWantsUsage })
        texts.push(sink.texts)
        checkMeaning(sink, recorded)
        checkNormalForm(sink, clientWantsUsage)
      }
      for (const other of texts) expect(other).toEqual(texts[0])
    })

    it('E23 says the same to a client that wanted no stream', async () => {
      const sink = await replay(exchange, [exchange.body], { stream: false })
      expect(sink.chunks).toHaveLength(1)
      checkMeaning(sink, recorded)
    })

    it('E17 is never whole when it is cut before it says why it ended', async () => {
      const end = exchange.body.indexOf('event: message_delta')
      for (const part of [0.3, 0.6, 1]) {
        const sink = await replay(exchange, [exchange.body.subarray(0, Math.floor(end * part))])
        expect([sink.ended, sink.fault?.kind]).toEqual([false, 'upstream_interrupted'])
      }
    })

    it('is forwarded to a client of the Messages API as it is', async () => {
      const sink = await replay(exchange, everyBytes(exchange.body, 7), {}, 'messages')
      const lines = exchange.body
        .toString('utf8')
        .split('\n')
        .filter((line) => line.startsWith('data:'))
      expect(sink.texts).toEqual(lines.map((line) => line.slice(5).replace(/^ /, '')))
      expect(sink.ended).toBe(true)
      checkTokens(sink, recorded)
    })
  })

  describe.each(wholes.map((exchange) => [exchange.name, exchange] as const))('%s', (_name, exchange) => {
    const recorded = anthropicMeaningOf(exchange)

    it('says what was recorded', async () => {
      const sink = await replay(exchange, null, { stream: false })
      checkMeaning(sink, recorded)
      expect(sink.sent[0]).toMatchObject({
        object: 'chat.completion',
        choices: [{ index: 0, message: { role: 'assistant', refusal: null } }],
      })
    })

    it('E22 says the same to a client that wanted a stream', async () => {
      const sink = await replay(exchange, null)
      checkMeaning(sink, recorded)
      checkNormalForm(sink, true)
    })

    it('is forwarded to a client of the Messages API byte for byte', async () => {
      const sink = await replay(exchange, null, { stream: false }, 'messages')
      expect(sink.texts).toEqual([exchange.body.toString('utf8')])
      checkTokens(sink, recorded)
    })
  })

  it.each(refusals.map((exchange) => [exchange.name, exchange] as const))(
    'C12 %s is an error in the one shape',
    async (_name, exchange) => {
      for (const stream of [true, false]) {
        const { fault, heard } = await replay(exchange, null, { stream })
        expect(heard).toEqual(['fail'])
        expect(fault?.kind).toBe(exchange.status === 401 ? 'upstream_authentication' : 'upstream_rejected')
        expect(fault?.status).toBe(exchange.status === 401 ? 502 : exchange.status)
        if (exchange.status === 400) expect(fault?.message).toContain('effort')
      }
    },
  )

  describe.each(asked.map((exchange) => [exchange.name, exchange] as const))(
    'asked over chat: %s',
    (_name, exchange) => {
      it('asks Anthropic the same', () => {
        const recorded = exchange.request as AskedOfAnthropic
        const { model } = recorded
        const context = { model, partition: 'tenant', unsupportedParameters: 'drop', memory: newMemory() } as const
        const request = toMessagesRequest(askedOverChat(recorded) as JsonObject, context)
        const sent = JSON.parse(request.body) as AskedOfAnthropic
        const effort = recorded.output_config?.effort
        expect(sent.messages).toEqual(recorded.messages.map(withBlocks))
        expect(sent.system).toEqual(
          typeof recorded.system === 'string' ? [{ type: 'text', text: recorded.system }] : recorded.system,
        )
        expect(sent.tools ?? []).toEqual((recorded.tools ?? []).map(plainTool))
        expect(sent.max_tokens).toBe(recorded.max_tokens)
        expect(sent.output_config?.format).toEqual(recorded.output_config?.format)
        expect(sent.cache_control).toEqual(recorded.cache_control)
        // What the recording shows to be refused is not sent.
        if (effort === 'xhigh' && exchange.status === 400) expect(sent.output_config?.effort).toBe('high')
      })
    },
  )

  it('G14 the next turn of a recorded conversation has its thinking again, though the client dropped it', async () => {
    const [first, second] = exchanges.filter(({ name }) => name.includes('tool_with_thinking'))
    if (first === undefined || second === undefined) throw new Error('The recording is missing.')
    memory = newMemory()
    await replay(first, null, { stream: false })
    const recorded = second.request as AskedOfAnthropic
    const sink = await replay(second, null, {
      stream: false,
      model: recorded.model,
      body: JSON.stringify(askedOverChat(recorded)),
    })
    expect(sink.answerHead?.warnings ?? []).toEqual([])
    const sent = upstream.requests.at(-1)?.json as unknown as AskedOfAnthropic
    expect(sent.thinking).toEqual(recorded.thinking)
    expect(sent.messages[1]).toEqual(recorded.messages[1])
    expect(JSON.stringify(sent.messages[1])).toContain('signature')
  })

  function checkMeaning(sink: CollectingSink, recorded: AnthropicMeaning): void {
    expect(sink.ended).toBe(true)
    const said = meaningOf(sink.sent)
    expect(said).toMatchObject({
      content: recorded.content,
      reasoning: recorded.reasoning,
      finishReason: recorded.finishReason,
    })
    expect(said.calls.map((call) => ({ name: call.name, input: JSON.parse(call.arguments) as unknown }))).toEqual(
      recorded.calls.map(({ name, input }) => ({ name, input })),
    )
    const messages = sink.sent.flatMap(({ choices }) => choices.map((choice) => choice.message ?? choice.delta))
    const details = messages.flatMap(
      (message) => (message['reasoning_details'] ?? []) as { signature?: string; data?: string }[],
    )
    expect(details.map(({ signature, data }) => signature ?? data)).toEqual(recorded.signatures)
    expect(messages.flatMap((message) => message['annotations'] ?? [])).toHaveLength(recorded.citations)
    expect(messages.flatMap((message) => message.tool_calls ?? []).flatMap(({ id }) => id ?? [])).toEqual(
      recorded.calls.map(({ id }) => id),
    )
    for (const { model } of sink.sent) expect(model).toBe(recorded.model)
    checkTokens(sink, recorded)
    if (sink.sent.some(({ usage }) => usage)) {
      const { input, cacheRead, cacheWrite, output } = recorded.tokens
      const prompt = input + cacheRead + cacheWrite
      expect([said.promptTokens, said.totalTokens]).toEqual([prompt, prompt + output])
    }
  }

  /** Tokens and what they cost, reckoned anew from the recorded counts and the list of prices. */
  function checkTokens(sink: CollectingSink, recorded: AnthropicMeaning): void {
    const { input, cacheRead, cacheWrite, output } = recorded.tokens
    const usage = sink.usages.at(-1)
    if (usage === null || usage === undefined) throw new Error('No tokens were counted.')
    expect(usage).toMatchObject({
      inputTokens: input + cacheRead + cacheWrite,
      outputTokens: output,
      cacheReadInputTokens: cacheRead,
      cacheCreationInputTokens: cacheWrite,
    })
    const model = recorded.model
    const priced = priceAnswer({ providerPriceId: 'anthropic', provider: 'anthropic', model, usage, at }, new Map())
    const prices = builtInPrices('anthropic', model, at)
    if (prices === null) {
      expect(priced).toBeNull()
      return
    }
    const usd = (price: { readonly base: number } | null, tokens: number): number =>
      ((price?.base ?? 0) * tokens) / 1_000_000
    const expected =
      usd(prices.input, input) +
      usd(prices.cacheRead, cacheRead) +
      usd(prices.cacheWrite, cacheWrite) +
      usd(prices.output, output)
    expect(priced?.cost.totalUsd).toBeCloseTo(expected, 12)
    expect(expected).toBeGreaterThan(0)
  }

  function checkNormalForm(sink: CollectingSink, clientWantsUsage: boolean): void {
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
    expect(choices.filter((choice) => typeof choice.finish_reason === 'string')).toHaveLength(1)
    const begun = choices.flatMap((choice) => choice.delta.tool_calls ?? []).filter((call) => call.id !== undefined)
    expect(begun.map((call) => call.index)).toEqual(begun.map((_, index) => index))
    const bare = sink.sent.filter((chunk) => chunk.choices.length === 0)
    expect(bare).toHaveLength(clientWantsUsage ? 1 : 0)
    if (clientWantsUsage) expect(sink.sent.at(-1)?.choices).toEqual([])
    for (const chunk of sink.chunks) expect(JSON.parse(String(chunk.json))).toEqual(chunk.value)
  }
})

/** A recorded message with its content in blocks, results in their shortest form, and without thinking or empty text. */
function withBlocks(message: AskedOfAnthropic['messages'][number]): object {
  const { content } = message
  const blocks: readonly AskedBlock[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  return {
    role: message.role,
    content: blocks
      .filter(({ type, text }) => !type.includes('thinking') && !(type === 'text' && text?.trim() === ''))
      .map((block) => {
        if (block.type !== 'tool_result') return block
        const { is_error: _isError, ...rest } = block as AskedBlock & { is_error?: boolean }
        const [only, ...more] = Array.isArray(rest.content) ? (rest.content as AskedBlock[]) : []
        return only?.type === 'text' && more.length === 0 ? { ...rest, content: only.text } : rest
      }),
  }
}

/** A recorded tool without an empty description, which says nothing. */
function plainTool(tool: NonNullable<AskedOfAnthropic['tools']>[number]): object {
  if (tool.description !== '') return tool
  const { description: _description, ...rest } = tool
  return rest
}
