import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { priceAnswer } from '../../src/pricing/price-answer.ts'
import { cuts } from './cuts.ts'
import { type EndpointRecording, endpointRecording } from './endpoint-recordings.ts'
import { objectsOf } from './meaning.ts'
import { type ProductUnderReplay, startProductUnderReplay } from './product-under-replay.ts'
import { recordingsPresent } from './recordings.ts'

const present = recordingsPresent()
const waysToCut = Object.entries(cuts)
/** Prices have dates. */
const at = Date.UTC(2026, 7, 19, 12)

describe.skipIf(!present)('recorded answers of the smaller endpoints, through the whole product', () => {
  let product: ProductUnderReplay
  let client: OpenAI
  beforeAll(async () => {
    product = await startProductUnderReplay()
    client = new OpenAI({ apiKey: product.app.key, baseURL: `${product.app.url}/v1`, maxRetries: 0 })
  })
  afterAll(() => product.dispose())

  /** The provider's next answer; its body as the client has to get it, and as JSON. */
  function answerWith(which: Parameters<typeof endpointRecording>[0], cut: (bytes: Buffer) => Buffer[]): Replayed {
    const recording = endpointRecording(which)
    product.answerWith(recording, cut(recording.body))
    return { recording, objects: objectsOf(recording.body.toString('utf8'), which === 'completionStream') }
  }

  interface Replayed {
    readonly recording: EndpointRecording
    readonly objects: readonly unknown[]
  }

  function checkBill(tokens: { readonly input: number; readonly output: number } | null, usd: number | null): void {
    const { usage, usageSource, cost, responseModel, outcome, createdAt } = product.latestRecord()
    expect(outcome).toBe('ok')
    if (tokens === null) {
      expect([usage, usageSource, cost]).toEqual([null, null, null])
      return
    }
    if (usage === null) throw new Error('No tokens were counted.')
    expect([usage.inputTokens, usage.outputTokens, usageSource]).toEqual([tokens.input, tokens.output, 'provider'])
    const answer = { providerPriceId: 'openai', provider: 'openai', model: responseModel ?? '', usage }
    expect(cost).toEqual(priceAnswer({ ...answer, at: createdAt }, new Map())?.cost)
    expect(priceAnswer({ ...answer, at }, new Map())?.cost.totalUsd ?? null).toBeCloseTo(usd ?? 0, 12)
  }

  describe.each(waysToCut)('E05 arriving cut %s', (_name, cut) => {
    it.each([true, false])('I03 completions stream as recorded (usage asked for: %s)', async (wantsUsage) => {
      const { objects } = answerWith('completionStream', cut)
      const stream = await client.completions.create({
        model: 'openai/gpt-3.5-turbo-instruct',
        prompt: 'Invent a holiday.',
        stream: true,
        ...(wantsUsage ? { stream_options: { include_usage: true } } : {}),
      })
      const chunks: OpenAI.Completion[] = []
      for await (const chunk of stream) chunks.push(chunk)
      const recorded = objects as readonly OpenAI.Completion[]
      const shown = wantsUsage ? recorded : recorded.filter(({ choices }) => choices.length > 0)
      expect(chunks.map(withoutUsage)).toEqual(shown.map(withoutUsage))
      expect(chunks.map(({ usage }) => usage?.total_tokens ?? null).filter((total) => total !== null)).toEqual(
        wantsUsage ? [30] : [],
      )
      // 14 tokens at 1.50 and 16 at 2.00 US dollars per million.
      checkBill({ input: 14, output: 16 }, (14 * 1.5 + 16 * 2) / 1_000_000)
    })

    it('I02 embeddings as recorded', async () => {
      const { objects } = answerWith('embeddings', cut)
      const answer = await client.embeddings.create({
        model: 'openai/text-embedding-3-small',
        input: ['sunny day', 'rainy day'],
        encoding_format: 'float',
      })
      expect(answer).toEqual(objects[0])
      // 12 tokens at 0.02 US dollars per million.
      checkBill({ input: 12, output: 0 }, (12 * 0.02) / 1_000_000)
    })

    it('I01 embeddings as base64 have the recorded numbers', async () => {
      const { objects } = answerWith('embeddings', cut)
      const answer = await client.embeddings.create({ model: 'openai/text-embedding-3-small', input: ['a', 'b'] })
      const recorded = objects[0] as OpenAI.CreateEmbeddingResponse
      expect(answer.data.map(({ embedding }) => embedding)).toEqual(
        recorded.data.map(({ embedding }) => [...new Float32Array(embedding)]),
      )
    })

    it('I13 images as recorded, of unknown cost', async () => {
      const { recording } = answerWith('images', cut)
      const answer = await product.app.post('/images/generations', { model: 'openai/dall-e-3', prompt: 'An otter' })
      expect(await answer.text()).toBe(Buffer.concat(cut(recording.body)).toString('utf8'))
      checkBill(null, null)
    })

    it('I11 transcriptions as recorded, of unknown cost: seconds are no tokens', async () => {
      const { objects } = answerWith('transcription', cut)
      const answer = await client.audio.transcriptions.create({
        model: 'openai/whisper-1',
        file: await toFile(Buffer.from('RIFF'), 'galileo.wav'),
        response_format: 'verbose_json',
      })
      expect(answer).toEqual(objects[0])
      checkBill(null, null)
    })
  })
})

function withoutUsage({ usage: _usage, ...chunk }: OpenAI.Completion): object {
  return chunk
}
