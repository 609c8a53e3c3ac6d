import type { JsonObject, JsonValue } from '../../core/json.ts'
import { readConversation } from './contents.ts'
import { generationConfig, generationParameters } from './generation-config.ts'
import { googleParameters, readGoogleOptions } from './google-options.ts'
import { modelFamily } from './model-family.ts'
import type { InlineData } from './parts.ts'
import { ToolNames } from './tool-names.ts'
import { readToolbox } from './tools.ts'
import { Unsupported } from './unsupported.ts'

/** What a request needs besides its body. */
export interface RequestContext {
  /** The provider's name of the model. */
  readonly model: string
  readonly unsupportedParameters: 'drop' | 'reject'
  /** Looks into the thinking memory, in the partition of this call. */
  readonly recall: (key: string) => JsonValue | null
  /** The files that `remoteFiles` names, by their URL. */
  readonly files: ReadonlyMap<string, InlineData>
}

/** A request for `generateContent`, and what its answer has to be read with. */
export interface GenerateContentRequest {
  /** JSON text. */
  readonly body: string
  /** What could not be honoured, one sentence part each. */
  readonly warnings: readonly string[]
  readonly toolNames: ToolNames
  /** The client is to be answered with `function_call`, not with `tool_calls`. */
  readonly usesFunctions: boolean
  /** Tells this conversation from every other; the key of what is remembered of the answer. */
  readonly conversation: string
}

/** What other functions read, what the proxy itself honours, and what only names the caller. */
const understood = new Set([
  ...generationParameters,
  ...googleParameters,
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'web_search_options',
  'user',
  'metadata',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
])

/** Values that ask for nothing beyond what Gemini does anyway. */
const neutral: ReadonlyMap<string, (value: JsonValue) => boolean> = new Map([
  ['parallel_tool_calls', (value) => value === true],
  ['store', (value) => value === false],
  ['service_tier', (value) => value === 'auto' || value === 'default'],
  ['logit_bias', (value) => typeof value === 'object' && value !== null && Object.keys(value).length === 0],
])

/**
 * Writes an OpenAI chat request as one for Gemini's `generateContent`. Gemini refuses fields it does not know, so nothing is
 * passed on that has no meaning there.
 * @throws Fault `invalid_request` with the field as `param`.
 */
export function toGenerateContent(body: JsonObject, context: RequestContext): GenerateContentRequest {
  const { model, recall, files } = context
  const unsupported = new Unsupported(context.unsupportedParameters)
  const names = new ToolNames()
  const family = modelFamily(model)
  const toolbox = readToolbox(body, names, unsupported)
  const conversation = readConversation(body['messages'], { family, names, files, recall, unsupported })
  const google = readGoogleOptions(body, unsupported)
  const config = generationConfig(body, model, google.thinkingConfig, unsupported)
  for (const [name, value] of Object.entries(body)) {
    if (value === null || understood.has(name) || neutral.get(name)?.(value) === true) continue
    unsupported.note(name)
  }
  const request: Record<string, unknown> = { contents: conversation.contents }
  if (conversation.systemInstruction !== null) request['systemInstruction'] = conversation.systemInstruction
  if (toolbox.tools.length > 0) request['tools'] = toolbox.tools
  if (toolbox.toolConfig !== null) request['toolConfig'] = toolbox.toolConfig
  if (google.safetySettings !== null) request['safetySettings'] = google.safetySettings
  if (google.cachedContent !== null) request['cachedContent'] = google.cachedContent
  if (Object.keys(config).length > 0) request['generationConfig'] = config
  return {
    body: JSON.stringify(request),
    warnings: unsupported.warnings,
    toolNames: names,
    usesFunctions: toolbox.usesFunctions,
    conversation: conversation.digest,
  }
}
