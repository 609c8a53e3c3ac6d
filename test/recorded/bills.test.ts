import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExchangeRecord } from '../../src/core/record.ts'
import { priceAnswer } from '../../src/pricing/price-answer.ts'
import { type ChatRecording, chatRecordings, recordedObjects } from './chat-recordings.ts'
import { type CountedTokens, countedTokens } from './counted-tokens.ts'
import { goldenMoment, type GoldenPrice, goldenPrices } from './golden-prices.ts'
import { objectsOf } from './meaning.ts'
import { type ProductUnderReplay, startProductUnderReplay } from './product-under-replay.ts'
import { recordingsPresent } from './recordings.ts'
import { responsesExchanges } from './responses-recordings.ts'

const present = recordingsPresent()
const recordings = present ? chatRecordings() : []
const saysError = (object: unknown): boolean => ((object as { readonly error?: unknown }).error ?? null) !== null
const answered = recordings.filter((recording) => recording.status < 300 && !recordedObjects(recording).some(saysError))
const failed = recordings.filter((recording) => !answered.includes(recording))
const responses = (present ? responsesExchanges() : []).map((exchange) => {
  const stream = /event-stream/.test(exchange.headers['content-type'] ?? '')
  const objects = objectsOf(exchange.body.toString('utf8'), stream)
  const provider = exchange.url.includes('openrouter') ? 'openrouter' : 'openai'
  return { ...exchange, stream, provider, counted: countedTokens('responses', objects), objects }
})

/** Providers whose name in the list of prices is another, and those that send no bill. */
const priceIds: Readonly<Record<string, string | null>> = { gemini: 'google', local: null, ollama: null }

describe.skipIf(!present)('what recorded answers cost, through the whole product', () => {
  let product: ProductUnderReplay
  beforeAll(async () => {
    product = await startProductUnderReplay()
  })
  afterAll(() => product.dispose())

  async function askOverChat(recording: ChatRecording, stream: boolean): Promise<ExchangeRecord> {
    product.answerWith(recording)
    const model = `${recording.provider}/${recording.model}`
    const asked = { model, stream, messages: [{ role: 'user', content: 'Hello' }] }
    await (await product.app.post('/chat/completions', asked)).arrayBuffer()
    return product.latestRecord()
  }

  it('are of every provider there is a recording of', () => {
    expect(new Set(answered.map(({ provider }) => provider))).toEqual(
      new Set([
        'openai',
        'openrouter',
        'azure',
        'mistral',
        'groq',
        'deepseek',
        'ollama',
        'local',
        'anthropic',
        'gemini',
      ]),
    )
    expect(answered.length).toBeGreaterThanOrEqual(105)
  })

  it.each(answered.map((recording) => [recording.id, recording] as const))(
    'is the same streamed and in one piece, to the last digit: %s',
    async (_id, recording) => {
      const counted = countedTokens(recording.wire, recordedObjects(recording))
      for (const stream of [true, false]) {
        const record = await askOverChat(recording, stream)
        expect(record).toMatchObject({ outcome: 'ok', stream, provider: recording.provider })
        checkBill(record, counted)
      }
    },
  )

  it.each(responses.filter(({ counted }) => counted !== null).map((exchange) => [exchange.name, exchange] as const))(
    'is that of its tokens over the Responses API: %s',
    async (_name, exchange) => {
      product.answerWith(exchange)
      const asked = { model: `${exchange.provider}/m`, input: 'Hello', stream: exchange.stream }
      await (await product.app.post('/responses', asked)).arrayBuffer()
      checkBill(product.latestRecord(), exchange.counted)
    },
  )

  it.each(failed.map((recording) => [recording.id, recording] as const))(
    'is unknown or nothing counted where it failed, and never free: %s',
    async (_id, recording) => {
      const counted = recording.status < 300 ? countedTokens(recording.wire, recordedObjects(recording)) : null
      for (const stream of [true, false]) {
        const record = await askOverChat(recording, stream)
        expect(record.outcome).toBe('error')
        expect(record.cost).toBeNull()
        // What a stream counted before it failed is kept; of an answer in one piece nothing came.
        if (stream && counted !== null) checkTokens(record, counted)
        else expect(record.usage).toBeNull()
      }
    },
  )

  it("is what OpenRouter's own bill says", () => {
    const billed = answered.flatMap((recording) => {
      if (recording.provider !== 'openrouter') return []
      const objects = recordedObjects(recording) as readonly { readonly usage?: { readonly cost?: number } | null }[]
      const usd = objects.findLast(({ usage }) => usage?.cost !== undefined)?.usage?.cost
      const counted = countedTokens('openai', objects)
      return usd === undefined || counted === null ? [] : [{ recording, usd, counted }]
    })
    expect(billed.length).toBeGreaterThanOrEqual(8)
    for (const { recording, usd, counted } of billed) {
      const price = goldenPrices[`openrouter/${recording.model}`] ?? null
      if (price === null) throw new Error(`There is no golden price of ${recording.model}.`)
      expect(billOf(counted, price).total, recording.id).toBeCloseTo(usd, 12)
    }
  })

  it('is owed until the tokens are counted where the provider counted none', async () => {
    const silent = answered.filter(
      ({ wire, ...rest }) => countedTokens(wire, recordedObjects({ wire, ...rest })) === null,
    )
    expect(silent.map(({ id }) => id)).toEqual(['vercel-ai/openai-compatible__chat__anthropic-fallback-tool-call.sse'])
    for (const recording of silent) {
      const { requestId } = await askOverChat(recording, true)
      const exchange = await product.app.exchange(requestId)
      expect(exchange).toMatchObject({ usage_source: 'estimated', cost_usd: null })
      expect(exchange['input_tokens']).toBeGreaterThan(0)
      expect(exchange['output_tokens']).toBeGreaterThan(0)
    }
  })
})

function checkBill(record: ExchangeRecord, counted: CountedTokens | null): void {
  if (counted === null) {
    expect([record.usage, record.cost]).toEqual([null, null])
    expect(record.estimate, 'The count is owed.').not.toBeNull()
    return
  }
  checkTokens(record, counted)
  const golden = goldenPrices[`${record.provider ?? ''}/${record.responseModel ?? ''}`]
  if (golden === undefined) throw new Error(`There is no golden price of ${record.provider}/${record.responseModel}.`)
  const parts = partsAt(record, goldenMoment)
  if (golden === null || (golden.audioInput === null && counted.audioInput > 0)) {
    expect([parts, record.cost, record.priceSource]).toEqual([null, null, null])
    return
  }
  if (parts === null) throw new Error('The price is unknown.')
  const bill = billOf(counted, golden)
  expect(parts.totalUsd).toBeCloseTo(bill.total, 12)
  expect(parts.inputUsd).toBeCloseTo(bill.input, 12)
  expect(parts.cacheReadUsd).toBeCloseTo(bill.cacheRead, 12)
  expect(parts.cacheWriteUsd).toBeCloseTo(bill.cacheWrite, 12)
  expect(parts.outputUsd + parts.reasoningUsd).toBeCloseTo(bill.output, 12)
  expect(parts.inputUsd + parts.cacheReadUsd + parts.cacheWriteUsd + parts.outputUsd + parts.reasoningUsd).toBeCloseTo(
    parts.totalUsd,
    12,
  )
  expect(record.cost).toEqual(partsAt(record, record.createdAt))
}

function checkTokens({ usage, usageSource }: ExchangeRecord, counted: CountedTokens): void {
  expect(usageSource).toBe('provider')
  expect(usage).toEqual({
    inputTokens: counted.input,
    outputTokens: counted.output,
    cacheReadInputTokens: counted.cacheRead,
    cacheCreationInputTokens: counted.cacheWrite,
    reasoningOutputTokens: counted.reasoning,
    ...(counted.audioInput === 0 ? {} : { audioInputTokens: counted.audioInput }),
    ...(counted.imageInput === 0 ? {} : { imageInputTokens: counted.imageInput }),
  })
}

/** The recorded tokens at the prices of another day. */
function partsAt({ provider, responseModel, usage }: ExchangeRecord, at: number): ExchangeRecord['cost'] {
  if (provider === null || responseModel === null || usage === null) return null
  const priceId = priceIds[provider] === undefined ? provider : priceIds[provider]
  return priceAnswer({ providerPriceId: priceId, provider, model: responseModel, usage, at }, new Map())?.cost ?? null
}

/** US dollars, reckoned from the tokens and the list alone. */
function billOf(
  counted: CountedTokens,
  price: GoldenPrice,
): Record<'input' | 'cacheRead' | 'cacheWrite' | 'output' | 'total', number> {
  const usd = (tokens: number, perMillion: number): number => (tokens * perMillion) / 1_000_000
  const input = usd(counted.input - counted.cacheRead - counted.cacheWrite, price.input) + (price.request ?? 0)
  const cacheRead = usd(counted.cacheRead, price.cacheRead ?? price.input)
  const cacheWrite = usd(counted.cacheWrite, price.cacheWrite ?? price.input)
  const output = usd(counted.output, price.output)
  return { input, cacheRead, cacheWrite, output, total: input + cacheRead + cacheWrite + output }
}
