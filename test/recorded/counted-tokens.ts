/** Tokens that a recording counts, read from its raw objects alone. Totals include their parts. */
export interface CountedTokens {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
  readonly reasoning: number
  /** Sound and pictures that are a part of the input. */
  readonly audioInput: number
  readonly imageInput: number
}

type Raw = Readonly<Record<string, unknown>>

/** null: the recording counts nothing. */
export function countedTokens(wire: 'openai' | 'anthropic' | 'gemini' | 'responses', objects: readonly unknown[]) {
  return readers[wire](objects as readonly Raw[])
}

const readers: Readonly<
  Record<Parameters<typeof countedTokens>[0], (objects: readonly Raw[]) => CountedTokens | null>
> = { openai: ofChat, anthropic: ofMessages, gemini: ofGemini, responses: ofResponses }

function ofChat(objects: readonly Raw[]): CountedTokens | null {
  const usage = objects
    .map((object) => child(object, 'usage') ?? child(child(object, 'x_groq'), 'usage'))
    .findLast((found) => found !== undefined)
  if (usage === undefined) return null
  const input = number(usage, 'prompt_tokens')
  const named = number(usage, 'completion_tokens')
  // xAI and Google leave thinking out of `completion_tokens`, and only the total has it.
  const output = Math.max(named, number(usage, 'total_tokens') - input)
  const reasoning = number(child(usage, 'completion_tokens_details'), 'reasoning_tokens')
  const details = child(usage, 'prompt_tokens_details')
  return {
    input,
    cacheRead: Math.min(input, number(details, 'cached_tokens')),
    cacheWrite: number(details, 'cache_write_tokens'),
    output,
    reasoning: Math.min(output, Math.max(reasoning, output - named)),
    audioInput: number(details, 'audio_tokens'),
    imageInput: number(details, 'image_tokens'),
  }
}

/** The last value of each count stands; none of them is added up. */
function ofMessages(objects: readonly Raw[]): CountedTokens | null {
  const reports = objects
    .map((object) => child(object, 'usage') ?? child(child(object, 'message'), 'usage'))
    .filter((found) => found !== undefined)
  if (reports.length === 0) return null
  const usage = Object.assign({}, ...reports) as Raw
  const cacheRead = number(usage, 'cache_read_input_tokens')
  const cacheWrite = number(usage, 'cache_creation_input_tokens')
  return {
    input: number(usage, 'input_tokens') + cacheRead + cacheWrite,
    cacheRead,
    cacheWrite,
    output: number(usage, 'output_tokens'),
    reasoning: number(child(usage, 'output_tokens_details'), 'thinking_tokens'),
    audioInput: 0,
    imageInput: 0,
  }
}

function ofGemini(objects: readonly Raw[]): CountedTokens | null {
  const usage = objects
    .map((object) => child(object, 'usageMetadata'))
    .findLast((found) => found?.['promptTokenCount'] !== undefined)
  if (usage === undefined) return null
  const reasoning = number(usage, 'thoughtsTokenCount')
  return {
    input: number(usage, 'promptTokenCount'),
    cacheRead: number(usage, 'cachedContentTokenCount'),
    cacheWrite: 0,
    output: number(usage, 'candidatesTokenCount') + reasoning,
    reasoning,
    audioInput: ofModality(usage, 'AUDIO'),
    imageInput: ofModality(usage, 'IMAGE'),
  }
}

function ofModality(usage: Raw, modality: string): number {
  const details = (usage['promptTokensDetails'] ?? []) as readonly Raw[]
  const found = details.find((detail) => detail['modality'] === modality)
  return number(found, 'tokenCount')
}

function ofResponses(objects: readonly Raw[]): CountedTokens | null {
  const usage = objects
    .map((object) => child(child(object, 'response') ?? object, 'usage'))
    .findLast((found) => found !== undefined)
  if (usage === undefined) return null
  const details = child(usage, 'input_tokens_details')
  return {
    input: number(usage, 'input_tokens'),
    cacheRead: number(details, 'cached_tokens'),
    cacheWrite: number(details, 'cache_write_tokens'),
    output: number(usage, 'output_tokens'),
    reasoning: number(child(usage, 'output_tokens_details'), 'reasoning_tokens'),
    audioInput: 0,
    imageInput: 0,
  }
}

function child(object: Raw | undefined, name: string): Raw | undefined {
  const value = object?.[name]
  return typeof value === 'object' && value !== null ? (value as Raw) : undefined
}

function number(object: Raw | undefined, name: string): number {
  const value = object?.[name]
  return typeof value === 'number' ? value : 0
}
