import type { JsonObject, JsonValue } from '../../core/json.ts'
import { isDraft } from '../chat/draft.ts'
import { encodeVector } from '../openai-compatible/embedding-vectors.ts'
import { Unsupported, invalid } from './unsupported.ts'
import { modelPath } from './urls.ts'

/** More Google does not take in one call. */
const mostInputs = 100

/** An embeddings request in Gemini's words. */
export interface EmbeddingRequest {
  /** One call each, in the order of the inputs. */
  readonly batches: readonly { readonly body: string; readonly inputs: number }[]
  readonly warnings: readonly string[]
  /** How the client wants its vectors. */
  readonly isBase64: boolean
}

const understood = new Set([
  'model',
  'input',
  'dimensions',
  'encoding_format',
  'user',
  'metadata',
  'task_type',
  'title',
])

/**
 * Writes an OpenAI embeddings request as calls of `batchEmbedContents`. `task_type` and `title`, which OpenAI does not have,
 * reach Gemini.
 * @throws Fault `invalid_request` with the field as `param`; lists of tokens are one, since Gemini has its own.
 */
export function toBatchEmbedContents(
  body: JsonObject,
  model: string,
  unsupportedParameters: 'drop' | 'reject',
): EmbeddingRequest {
  const unsupported = new Unsupported(unsupportedParameters)
  const inputs = textsOf(body['input'])
  const dimensions = body['dimensions'] ?? undefined
  if (dimensions !== undefined && (typeof dimensions !== 'number' || !Number.isInteger(dimensions) || dimensions < 1))
    throw invalid('dimensions', 'must be a whole number above 0.')
  const format = body['encoding_format'] ?? 'float'
  if (format !== 'float' && format !== 'base64') throw invalid('encoding_format', 'must be float or base64.')
  for (const [name, value] of Object.entries(body)) {
    if (value !== null && !understood.has(name)) unsupported.note(name)
  }
  const common = {
    model: modelPath(model),
    ...(dimensions === undefined ? {} : { outputDimensionality: dimensions }),
    ...textMember(body, 'task_type', 'taskType'),
    ...textMember(body, 'title', 'title'),
  }
  const batches: { body: string; inputs: number }[] = []
  for (let start = 0; start < inputs.length; start += mostInputs) {
    const requests = inputs
      .slice(start, start + mostInputs)
      .map((text) => ({ ...common, content: { parts: [{ text }] } }))
    batches.push({ body: JSON.stringify({ requests }), inputs: requests.length })
  }
  return { batches, warnings: unsupported.warnings, isBase64: format === 'base64' }
}

/** What one call answered. */
export interface EmbeddedBatch {
  readonly vectors: readonly (readonly number[])[]
  /** Tokens of the inputs, where Google says so; most models do not. */
  readonly promptTokens: number | null
}

/** Reads one answer of `batchEmbedContents`; null: it is none. */
export function readEmbeddedBatch(value: unknown): EmbeddedBatch | null {
  if (!isDraft(value) || !Array.isArray(value.embeddings)) return null
  const vectors: (readonly number[])[] = []
  for (const embedding of value.embeddings as readonly unknown[]) {
    if (!isDraft(embedding) || !Array.isArray(embedding.values)) return null
    vectors.push(embedding.values as readonly number[])
  }
  const metadata = isDraft(value.usageMetadata) ? value.usageMetadata : {}
  const count = metadata.promptTokenCount ?? metadata.totalTokenCount
  return { vectors, promptTokens: typeof count === 'number' ? count : null }
}

/**
 * OpenAI's answer. Its `usage` has to be there, so without a count it says 0; who counts tokens must go by `promptTokens`.
 */
export function embeddingList(batches: readonly EmbeddedBatch[], model: string, isBase64: boolean): JsonObject {
  const data = batches
    .flatMap(({ vectors }) => vectors)
    .map((vector, index) => ({ object: 'embedding', index, embedding: isBase64 ? encodeVector(vector) : vector }))
  const tokens = promptTokens(batches) ?? 0
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

/** Tokens of all batches; null as soon as one does not say. */
export function promptTokens(batches: readonly EmbeddedBatch[]): number | null {
  let sum = 0
  for (const { promptTokens } of batches) {
    if (promptTokens === null) return null
    sum += promptTokens
  }
  return sum
}

function textsOf(input: JsonValue | undefined): readonly string[] {
  const list: readonly JsonValue[] = Array.isArray(input) ? (input as readonly JsonValue[]) : [input ?? null]
  if (list.length === 0) throw invalid('input', 'must hold at least one text.')
  return list.map((text, index) => {
    const param = Array.isArray(input) ? `input[${index}]` : 'input'
    if (typeof text === 'number' || Array.isArray(text))
      throw invalid(param, 'must be text: Gemini does not take tokens, which are those of another tokenizer.')
    if (typeof text !== 'string') throw invalid(param, 'must be text.')
    return text
  })
}

function textMember(body: JsonObject, name: string, gemini: string): Record<string, string> {
  const value = body[name]
  if (value === undefined || value === null) return {}
  if (typeof value !== 'string') throw invalid(name, 'must be text.')
  return { [gemini]: value }
}
