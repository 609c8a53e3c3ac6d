import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, jsonSchema, type LanguageModel, streamText, tool, type ToolSet } from 'ai'
import { type ChatRecording, recordedObjects } from './chat-recordings.ts'

// The SDK warns on the console of what a provider does not take; nobody reads it here.
Reflect.set(globalThis, 'AI_SDK_LOG_WARNINGS', false)

/** What a user of Vercel's AI SDK has in hand at the end of an answer. */
export interface AiSdkReading {
  readonly text: string
  readonly reasoning: string
  readonly calls: readonly { readonly name: string; readonly input: unknown }[]
  readonly finishReason: string | null
  readonly usage: AiSdkTokens | null
  /** null: it ended well. */
  readonly error: string | null
}

export interface AiSdkTokens {
  readonly input: number | null
  readonly output: number | null
  readonly total: number | null
  /** Parts that were not named are 0: some name them only when there are any. */
  readonly cached: number
  readonly reasoning: number
}

/** What the SDK's own provider for this API makes of the recording itself, without any code of the proxy. */
export function readDirectly(recording: ChatRecording): Promise<AiSdkReading> {
  // Google streams as a JSON list unless it is asked for events, and those are all that the SDK reads.
  const isList = !recording.stream && recording.body.toString('latin1').trimStart().startsWith('[')
  const answer = isList && recording.status < 300 ? listAsEvents(recording) : recording
  return readWithAiSdk(directModel(answer), answer.stream, calledTools(recording))
}

function listAsEvents(recording: ChatRecording): ChatRecording {
  const events = recordedObjects(recording).map((object) => `data: ${JSON.stringify(object)}\r\n\r\n`)
  const headers = { 'content-type': 'text/event-stream' }
  return { ...recording, headers, stream: true, body: Buffer.from(events.join('')) }
}

/** Names of everything in the recorded answer that has one: the SDK must know the tools whose calls it hands on. */
export function calledTools(recording: ChatRecording): readonly string[] {
  const text = JSON.stringify(recordedObjects(recording))
  return [...text.matchAll(/"name":"([\w-]+)"/g)].flatMap(([, name]) => name ?? [])
}

function directModel({ wire, provider, model, status, headers, body }: ChatRecording): LanguageModel {
  const settings = {
    apiKey: 'sk-recorded',
    baseURL: 'http://recorded.invalid/v1',
    fetch: () => Promise.resolve(new Response(new Uint8Array(body), { status, headers })),
  }
  if (wire === 'anthropic') return createAnthropic(settings)(model)
  if (wire === 'gemini') return createGoogleGenerativeAI(settings)(model)
  if (provider === 'openai') return createOpenAI(settings).chat(model)
  return createOpenAICompatible({ ...settings, name: provider, includeUsage: true })(model)
}

/** The ways by which the SDK can reach a model of the proxy: one for each of its dialects. */
export const waysThrough = {
  chat: (app, name) => createOpenAICompatible({ ...reach(app), name: 'promptbox', includeUsage: true })(name),
  messages: (app, name) => createAnthropic(reach(app))(name),
  responses: (app, name) => createOpenAI(reach(app)).responses(name),
} as const satisfies Record<string, (app: Reachable, name: string) => LanguageModel>

interface Reachable {
  readonly url: string
  readonly key: string
}

function reach(app: Reachable): { readonly baseURL: string; readonly apiKey: string } {
  return { baseURL: `${app.url}/v1`, apiKey: app.key }
}

/** Asks the model something and keeps what it says. `tools`: names of those that the answer may call. */
export async function readWithAiSdk(
  model: LanguageModel,
  stream: boolean,
  tools: readonly string[],
): Promise<AiSdkReading> {
  const anyInput = tool({ inputSchema: jsonSchema({ type: 'object', additionalProperties: true }) })
  const asked = {
    model,
    prompt: 'Hello',
    maxRetries: 0,
    // Thinking comes as a summary to whoever asks for one, and else where the SDK does not look.
    providerOptions: { openai: { forceReasoning: true, reasoningSummary: 'auto' } },
    tools: Object.fromEntries(tools.map((name) => [name, anyInput])) as ToolSet,
  }
  try {
    return stream ? await readStream(asked) : await readWhole(asked)
  } catch (error) {
    return { text: '', reasoning: '', calls: [], finishReason: null, usage: null, error: messageOf(error) }
  }
}

interface AskedOfSdk {
  readonly model: LanguageModel
  readonly prompt: string
  readonly maxRetries: number
  readonly providerOptions: { readonly openai: { readonly forceReasoning: boolean; readonly reasoningSummary: string } }
  readonly tools: ToolSet
}

async function readWhole(asked: AskedOfSdk): Promise<AiSdkReading> {
  const { text, reasoningText = '', toolCalls, finishReason, usage } = await generateText(asked)
  const calls = toolCalls.filter(isForClient).map(({ toolName, input }) => ({ name: toolName, input }) as const)
  return { text, reasoning: reasoningText, calls, finishReason, usage: tokensOf(usage), error: null }
}

async function readStream(asked: AskedOfSdk): Promise<AiSdkReading> {
  let text = ''
  let reasoning = ''
  let finishReason: string | null = null
  let usage: AiSdkTokens | null = null
  let error: string | null = null
  const calls: { readonly name: string; readonly input: unknown }[] = []
  for await (const part of streamText({ ...asked, onError: () => undefined }).fullStream) {
    if (part.type === 'text-delta') text += part.text
    if (part.type === 'reasoning-delta') reasoning += part.text
    if (part.type === 'tool-call' && isForClient(part)) calls.push({ name: part.toolName, input: part.input })
    if (part.type === 'error') error ??= messageOf(part.error)
    if (part.type === 'finish-step') {
      finishReason = part.finishReason
      usage = tokensOf(part.usage)
    }
  }
  return error === null
    ? { text, reasoning, calls, finishReason, usage, error }
    : { text, reasoning, calls, finishReason: null, usage: null, error }
}

/** What the provider called on its own has no place in OpenAI's chat, and there is nothing for the client to do. */
function isForClient(call: { readonly providerExecuted?: boolean | undefined }): boolean {
  return call.providerExecuted !== true
}

function tokensOf(usage: {
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly totalTokens: number | undefined
  readonly inputTokenDetails: { readonly cacheReadTokens: number | undefined }
  readonly outputTokenDetails: { readonly reasoningTokens: number | undefined }
}): AiSdkTokens {
  return {
    input: usage.inputTokens ?? null,
    output: usage.outputTokens ?? null,
    total: usage.totalTokens ?? null,
    cached: usage.inputTokenDetails.cacheReadTokens ?? 0,
    reasoning: usage.outputTokenDetails.reasoningTokens ?? 0,
  }
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message
  // An error in the middle of a stream is handed on as it was sent, or as the text of that.
  const value: unknown = typeof error === 'string' && error.startsWith('{') ? JSON.parse(error) : error
  const { message } = (value ?? {}) as { readonly message?: unknown }
  return typeof message === 'string' ? message : JSON.stringify(error)
}
