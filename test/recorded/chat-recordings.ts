import { anthropicExchanges } from './anthropic-recordings.ts'
import { geminiExchanges } from './gemini-recordings.ts'
import { objectsOf } from './meaning.ts'
import { openAiTypeExchanges } from './recordings.ts'

/** One recorded chat exchange of any provider, and where the proxy would have sent it. */
export interface ChatRecording {
  /** `<folder>/<file without its ending>#<number>`, or `vercel-ai/<file>`. */
  readonly id: string
  /** Whose API it speaks. */
  readonly wire: 'openai' | 'anthropic' | 'gemini'
  /** Prefix of the model's name at the proxy. */
  readonly provider: string
  /** The model that the recording names: the one that answered where it says so, else the one that was asked. */
  readonly model: string
  readonly stream: boolean
  readonly status: number
  /** Lower case, without those that say how the bytes were framed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

interface Recorded {
  readonly name: string
  readonly url: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Every recorded chat exchange: streams, whole answers and refusals. */
export function chatRecordings(): readonly ChatRecording[] {
  return [
    ...openAiTypeExchanges().map((exchange) => ({
      ...common(exchange),
      wire: 'openai' as const,
      provider: openAiProvider(exchange.url),
      model: namedModel(exchange) ?? 'some-model',
    })),
    ...anthropicExchanges().map((exchange) => ({
      ...common(exchange),
      wire: 'anthropic' as const,
      provider: 'anthropic',
      model: (exchange.request as { readonly model: string } | null)?.model ?? 'claude-haiku-4-5',
    })),
    ...geminiExchanges()
      .filter(({ url }) => !url.includes('batchEmbedContents'))
      .map((exchange) => ({
        ...common(exchange),
        wire: 'gemini' as const,
        provider: 'gemini',
        model: /models\/([^:]+):/.exec(exchange.url)?.[1] ?? '',
      })),
  ]
}

/** How a recording is called, whichever of the two forms of its file it was read from. */
export function recordingId(name: string): string {
  return name.startsWith('vercel-ai/') ? name : name.replace(/\.(?:ya?ml|json)(?=#|$)/, '')
}

/** The objects a recorded answer holds, in order. */
export function recordedObjects(recording: ChatRecording): readonly unknown[] {
  const [first, ...others] = objectsOf(recording.body.toString('utf8'), recording.stream)
  return Array.isArray(first) ? first : [first, ...others]
}

function common(exchange: Recorded): Omit<ChatRecording, 'wire' | 'provider' | 'model'> {
  const { name, status, headers, body } = exchange
  return { id: recordingId(name), stream: /event-stream/.test(headers['content-type'] ?? ''), status, headers, body }
}

/** By whose address was called, or by the name of the file; what the proxy has no provider for is `local`. */
function openAiProvider(url: string): string {
  const known: readonly (readonly [string, RegExp])[] = [
    ['openai', /api\.openai\.com|^openai__chat/],
    ['openrouter', /openrouter\.ai/],
    ['azure', /azure\.com/],
    ['mistral', /mistral/],
    ['groq', /groq/],
    ['deepseek', /deepseek/],
    ['ollama', /ollama/i],
  ]
  return known.find(([, pattern]) => pattern.test(url))?.[0] ?? 'local'
}

function namedModel({ body, headers }: Recorded): string | null {
  const objects = objectsOf(body.toString('utf8'), /event-stream/.test(headers['content-type'] ?? ''))
  for (const object of objects as readonly ({ readonly model?: unknown } | null)[]) {
    if (typeof object?.model === 'string' && object.model !== '') return object.model
  }
  return null
}
