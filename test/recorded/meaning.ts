/**
 * What an answer says, worked out from the raw recording alone and without any code of the proxy: the yardstick that
 * what comes out is held against.
 */
export interface Meaning {
  readonly content: string
  readonly reasoning: string
  readonly calls: readonly { readonly name: string; readonly arguments: string }[]
  readonly finishReason: string | null
  readonly promptTokens: number | null
  readonly totalTokens: number | null
  readonly error: string | null
}

interface Part {
  readonly type?: string
  readonly text?: string
  readonly thinking?: readonly { readonly text?: string }[]
}
interface Call {
  readonly index?: number
  readonly function?: { readonly name?: string | null; readonly arguments?: string | null }
}
interface Message {
  readonly content?: string | readonly Part[] | null
  readonly reasoning?: string | null
  readonly reasoning_content?: string | null
  readonly tool_calls?: readonly Call[] | null
}
interface Raw {
  readonly choices?: readonly {
    readonly index?: number
    readonly delta?: Message
    readonly message?: Message
    readonly finish_reason?: string | null
  }[]
  readonly usage?: { readonly prompt_tokens: number; readonly total_tokens: number } | null
  readonly x_groq?: { readonly usage?: { readonly prompt_tokens: number; readonly total_tokens: number } }
  readonly error?: { readonly message: string } | null
}

/** The meaning of a whole body or of the objects of a stream, in order. Every recording has one choice. */
export function meaningOf(objects: readonly unknown[]): Meaning {
  let content = ''
  let reasoning = ''
  let finishReason: string | null = null
  let usage: { readonly prompt_tokens: number; readonly total_tokens: number } | null = null
  let error: string | null = null
  const calls = new Map<number, { name: string; arguments: string }>()
  for (const object of objects as readonly Raw[]) {
    error ??= object.error?.message ?? null
    usage = object.usage ?? object.x_groq?.usage ?? usage
    for (const choice of object.choices ?? []) {
      const message = choice.delta ?? choice.message ?? {}
      finishReason ??= choice.finish_reason ?? null
      const parts: readonly Part[] =
        typeof message.content === 'string' ? [{ text: message.content }] : (message.content ?? [])
      for (const part of parts) {
        if (part.type === 'thinking') reasoning += part.thinking?.map(({ text }) => text ?? '').join('') ?? ''
        else content += part.text ?? ''
      }
      reasoning += message.reasoning_content ?? message.reasoning ?? ''
      message.tool_calls?.forEach((call, position) => {
        const index = call.index ?? position
        const known = calls.get(index) ?? { name: '', arguments: '' }
        known.name ||= call.function?.name ?? ''
        known.arguments += call.function?.arguments ?? ''
        calls.set(index, known)
      })
    }
  }
  return {
    content,
    reasoning,
    calls: [...calls.values()].map((call) => ({ ...call, arguments: call.arguments === '' ? '{}' : call.arguments })),
    // A stream of OpenRouter's forgot it; what a client must be told follows from what was said.
    finishReason: finishReason ?? (error !== null ? null : calls.size > 0 ? 'tool_calls' : 'stop'),
    promptTokens: usage?.prompt_tokens ?? null,
    totalTokens: usage?.total_tokens ?? null,
    error,
  }
}

/** The objects a recorded body holds: the data of its events, or itself. */
export function objectsOf(body: string, stream: boolean): unknown[] {
  if (!stream) return [JSON.parse(body)]
  return body
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trim())
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data))
}
