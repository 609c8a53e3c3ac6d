import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
import OpenAI from 'openai'

/** What a program sees of one stream. */
export interface Seen {
  readonly text: string
  /** What the client says of the end; null: nothing. */
  readonly finish: string | null
  readonly error: unknown
}

export type StreamingClient = (
  settings: { apiKey: string; baseURL: string; fetch: typeof fetch },
  model: string,
) => Promise<Seen>

const raw: StreamingClient = async (settings, model) => {
  let text = ''
  let finish: string | null = null
  try {
    const client = new OpenAI({ ...settings, maxRetries: 0 })
    const stream = await client.chat.completions.create({ model, messages: hello, stream: true })
    for await (const chunk of stream) {
      // What nearly every program does without looking.
      const choice = chunk.choices[0] as OpenAI.ChatCompletionChunk.Choice
      text += choice.delta.content ?? ''
      finish = choice.finish_reason ?? finish
    }
    return { text, finish, error: null }
  } catch (error) {
    return { text, finish: null, error }
  }
}

const helper: StreamingClient = async (settings, model) => {
  let text = ''
  try {
    const client = new OpenAI({ ...settings, maxRetries: 0 })
    const stream = client.chat.completions.stream({ model, messages: hello })
    stream.on('content', (delta) => (text += delta))
    const { choices } = await stream.finalChatCompletion()
    return { text, finish: choices[0]?.finish_reason ?? null, error: null }
  } catch (error) {
    return { text, finish: null, error }
  }
}

const aiSdk: StreamingClient = async (settings, model) => {
  let text = ''
  let finish: string | null = null
  let error: unknown = null
  const { chatModel } = createOpenAICompatible({ name: 'promptbox', includeUsage: true, ...settings })
  const result = streamText({ model: chatModel(model), prompt: 'Hello', maxRetries: 0, onError: () => undefined })
  for await (const part of result.fullStream) {
    if (part.type === 'text-delta') text += part.text
    if (part.type === 'finish') finish = part.finishReason
    if (part.type === 'error') error = part.error
  }
  return { text, finish: error === null ? finish : null, error }
}

/** Three ways in which programs read a stream of chat. */
export const streamingClients = { raw, helper, aiSdk } as const
const hello: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello' }]
