/** What a recorded answer of Gemini says, worked out from the raw objects alone and without any code of the proxy. */
export interface GeminiMeaning {
  readonly content: string
  readonly reasoning: string
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[]
  readonly signatures: readonly (string | null)[]
  readonly finishReason: string
  readonly inputTokens: number
  /** Of the input, those of pictures. */
  readonly imageInputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
  readonly totalTokens: number
  readonly model: string
}

interface RawPart {
  readonly text?: string
  readonly thought?: boolean
  readonly thoughtSignature?: string
  readonly functionCall?: {
    readonly name?: string
    readonly args?: unknown
    readonly partialArgs?: readonly { readonly jsonPath: string; readonly stringValue?: string }[]
  }
}
interface Raw {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly RawPart[] }
    readonly finishReason?: string
  }[]
  readonly usageMetadata?: {
    readonly promptTokenCount?: number
    readonly candidatesTokenCount?: number
    readonly thoughtsTokenCount?: number
    readonly totalTokenCount?: number
    readonly promptTokensDetails?: readonly { readonly modality: string; readonly tokenCount: number }[]
  }
  readonly modelVersion?: string
}

const finishReasons: Readonly<Record<string, string>> = { STOP: 'stop', MAX_TOKENS: 'length', SAFETY: 'content_filter' }

/** The meaning of the objects of one answer, in order. Every recording has one candidate. */
export function geminiMeaningOf(responses: readonly unknown[]): GeminiMeaning {
  let content = ''
  let reasoning = ''
  let reason = ''
  let usage: Raw['usageMetadata'] = {}
  const calls: { name: string; arguments: unknown }[] = []
  const signatures: (string | null)[] = []
  for (const { candidates, usageMetadata } of responses as readonly Raw[]) {
    if (usageMetadata?.promptTokenCount !== undefined) usage = usageMetadata
    reason = candidates?.[0]?.finishReason ?? reason
    for (const { text, thought, functionCall, thoughtSignature } of candidates?.[0]?.content?.parts ?? []) {
      if (thought === true) reasoning += text ?? ''
      else content += text ?? ''
      if (functionCall?.name !== undefined) {
        calls.push({ name: functionCall.name, arguments: functionCall.args ?? {} })
        signatures.push(thoughtSignature ?? null)
      }
      // The recorded pieces are all texts of members of the top level.
      for (const { jsonPath, stringValue } of functionCall?.partialArgs ?? []) {
        const target = calls.at(-1)?.arguments as Record<string, string>
        const name = jsonPath.replace('$.', '')
        target[name] = (target[name] ?? '') + (stringValue ?? '')
      }
    }
  }
  const reasoningTokens = usage.thoughtsTokenCount ?? 0
  return {
    content,
    reasoning,
    calls,
    signatures,
    finishReason: reason === 'STOP' && calls.length > 0 ? 'tool_calls' : (finishReasons[reason] ?? reason),
    inputTokens: usage.promptTokenCount ?? 0,
    imageInputTokens: usage.promptTokensDetails?.find(({ modality }) => modality === 'IMAGE')?.tokenCount ?? 0,
    outputTokens: (usage.candidatesTokenCount ?? 0) + reasoningTokens,
    reasoningTokens,
    totalTokens: usage.totalTokenCount ?? 0,
    model: (responses as readonly Raw[])[0]?.modelVersion ?? '',
  }
}
