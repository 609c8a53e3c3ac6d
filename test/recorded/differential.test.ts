import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AiSdkReading, calledTools, readDirectly, readWithAiSdk, waysThrough } from './ai-sdk.ts'
import { chatRecordings, type ChatRecording } from './chat-recordings.ts'
import { type ProductUnderReplay, startProductUnderReplay } from './product-under-replay.ts'
import { differenceOf, knownDifferences } from './known-differences.ts'
import { recordingsPresent } from './recordings.ts'

const present = recordingsPresent()
const recordings = present ? chatRecordings() : []

describe.skipIf(!present)('J05 the AI SDK reads the same through the proxy as from the provider itself', () => {
  let product: ProductUnderReplay
  beforeAll(async () => {
    product = await startProductUnderReplay()
  })
  afterAll(() => product.dispose())

  const direct = new Map<string, Promise<AiSdkReading>>()
  function readOnce(recording: ChatRecording): Promise<AiSdkReading> {
    const known = direct.get(recording.id) ?? readDirectly(recording)
    direct.set(recording.id, known)
    return known
  }

  async function readThrough(
    recording: ChatRecording,
    way: keyof typeof waysThrough,
    stream: boolean,
  ): Promise<AiSdkReading> {
    // A provider that has this API itself gets the request as it is, and would not answer with a chat completion.
    const provider = way === 'responses' && recording.wire === 'openai' ? 'local' : recording.provider
    product.answerWith(recording)
    const model = waysThrough[way](product.app, `${provider}/${recording.model}`)
    return readWithAiSdk(model, stream, calledTools(recording))
  }

  async function compare(recording: ChatRecording, way: keyof typeof waysThrough, stream: boolean): Promise<void> {
    const [through, direct] = await Promise.all([readThrough(recording, way, stream), readOnce(recording)])
    const known = differenceOf(recording.id, way, stream)
    if (known === undefined) return expect(through).toEqual(direct)
    expect(through, known.reason).toEqual({ ...direct, ...known.instead(direct) })
    expect(through, 'This difference is no more: take it off the list.').not.toEqual(direct)
  }

  it('and reads text, thinking, calls and errors from many of them', async () => {
    const readings = await Promise.all(recordings.map(readOnce))
    const counted = (has: (reading: AiSdkReading) => boolean): number => readings.filter(has).length
    expect(counted(({ text }) => text !== '')).toBeGreaterThanOrEqual(60)
    expect(counted(({ reasoning }) => reasoning !== '')).toBeGreaterThanOrEqual(25)
    expect(counted(({ calls }) => calls.length > 0)).toBeGreaterThanOrEqual(35)
    expect(counted(({ usage }) => (usage?.total ?? 0) > 0)).toBeGreaterThanOrEqual(100)
    expect(counted(({ error }) => error !== null)).toBeGreaterThanOrEqual(15)
  })

  it('and every difference is of a recording that is there', () => {
    const ids = recordings.map(({ id }) => id)
    for (const known of knownDifferences) expect(ids).toEqual(expect.arrayContaining([...known.recordings]))
    expect(recordings.length).toBeGreaterThanOrEqual(130)
  })

  describe.each([true, false])('over chat completions, streamed: %s', (stream) => {
    it.each(recordings.map((recording) => [recording.id, recording] as const))('%s', async (_id, recording) => {
      await compare(recording, 'chat', stream)
    })
  })

  describe.each(['messages', 'responses'] as const)('over %s', (way) => {
    it.each(recordings.map((recording) => [recording.id, recording] as const))('%s', async (_id, recording) => {
      await compare(recording, way, recording.stream)
    })
  })

  describe.each(
    recordings.filter(({ wire, status }) => wire === 'anthropic' && status < 300).map((one) => [one.id, one] as const),
  )("Anthropic's own client", (id, recording) => {
    async function messageFrom(client: Anthropic, model: string): Promise<object> {
      const asked = { model, max_tokens: 1_024, messages: [{ role: 'user' as const, content: 'Hello' }] }
      try {
        return await (recording.stream ? client.messages.stream(asked).finalMessage() : client.messages.create(asked))
      } catch (error) {
        return { type: 'unreadable', error: String(error) }
      }
    }

    it(`gets the message that Anthropic sent: ${id}`, async () => {
      const { app } = product
      const { status, headers, body } = recording
      const fetchRecording = () => Promise.resolve(new Response(new Uint8Array(body), { status, headers }))
      const sent = await messageFrom(new Anthropic({ apiKey: 'sk-recorded', fetch: fetchRecording }), recording.model)
      product.answerWith(recording)
      const client = new Anthropic({ apiKey: app.key, baseURL: app.url, maxRetries: 0 })
      expect(await messageFrom(client, `anthropic/${recording.model}`)).toEqual(sent)
      // A stream that begins its message twice is forwarded like that, and this client refuses it either way.
      expect(sent).toMatchObject({ type: id.includes('duplicate-message-start') ? 'unreadable' : 'message' })
    })
  })
})
