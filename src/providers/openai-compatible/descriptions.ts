import type { ForwardedOperation, OpenAiCompatible } from './openai-compatible.ts'
import { type ComposedBodyRules, foreignMembers } from './composed-body.ts'
import { azureUrl } from './urls.ts'

const everything: readonly ForwardedOperation[] = [
  'text_completion',
  'responses',
  'compaction',
  'embeddings',
  'moderations',
  'images',
  'audio',
]

/** Knows OpenAI's own members and no others. */
const strict: ComposedBodyRules = { withoutMembers: Object.values(foreignMembers) }
/** Takes thinking back in `reasoning_content`, and for DeepSeek's tools it has to be there. */
const readsThinking: ComposedBodyRules = {
  withoutMembers: [foreignMembers.cacheControl, foreignMembers.reasoningDetails, foreignMembers.extraContent],
}

/**
 * The OpenAI-type providers. Adding one is adding an entry here.
 * `also` names what it has besides chat; Responses and completions of the others are told over chat (`src/dialects/`).
 * `usageOption` is false where usage comes unasked (Mistral, Groq, Together), since Mistral for one refuses unknown options.
 */
export const openAiCompatibleProviders: readonly OpenAiCompatible[] = [
  {
    id: 'openai',
    genAiName: 'openai',
    priceId: 'openai',
    defaultBaseUrl: 'https://api.openai.com/v1',
    needsApiKey: true,
    usageOption: true,
    keyHeader: 'authorization',
    also: everything,
    composed: strict,
  },
  {
    id: 'openrouter',
    genAiName: 'openrouter',
    priceId: 'openrouter',
    defaultBaseUrl: 'https://openrouter.ai/api/v1',
    needsApiKey: true,
    usageOption: true,
    keyHeader: 'authorization',
    also: ['text_completion', 'responses', 'embeddings'],
    composed: { withoutMembers: [foreignMembers.extraContent] },
  },
  {
    // Best the v1 API, https://<resource>.openai.azure.com/openai/v1; the older addresses work too (urls.ts).
    id: 'azure',
    genAiName: 'azure.ai.openai',
    priceId: 'azure',
    defaultBaseUrl: null,
    needsApiKey: true,
    usageOption: true,
    keyHeader: 'api-key',
    also: everything,
    composed: strict,
    url: azureUrl,
  },
  {
    id: 'mistral',
    genAiName: 'mistral_ai',
    priceId: 'mistral',
    defaultBaseUrl: 'https://api.mistral.ai/v1',
    needsApiKey: true,
    usageOption: false,
    keyHeader: 'authorization',
    also: ['embeddings', 'audio'],
    composed: { ...strict, onlyMaxTokens: true },
  },
  {
    id: 'groq',
    genAiName: 'groq',
    priceId: 'groq',
    defaultBaseUrl: 'https://api.groq.com/openai/v1',
    needsApiKey: true,
    usageOption: false,
    keyHeader: 'authorization',
    also: ['responses', 'audio'],
    composed: strict,
  },
  {
    id: 'deepseek',
    genAiName: 'deepseek',
    priceId: 'deepseek',
    defaultBaseUrl: 'https://api.deepseek.com/v1',
    needsApiKey: true,
    usageOption: true,
    keyHeader: 'authorization',
    also: [],
    composed: { ...readsThinking, onlyMaxTokens: true },
  },
  {
    id: 'together',
    genAiName: 'together_ai',
    priceId: 'together',
    defaultBaseUrl: 'https://api.together.xyz/v1',
    needsApiKey: true,
    usageOption: false,
    keyHeader: 'authorization',
    also: ['text_completion', 'embeddings', 'images', 'audio'],
    composed: { ...readsThinking, onlyMaxTokens: true },
  },
  {
    id: 'ollama',
    genAiName: 'ollama',
    priceId: null,
    defaultBaseUrl: 'http://127.0.0.1:11434/v1',
    needsApiKey: false,
    usageOption: true,
    keyHeader: 'authorization',
    also: ['text_completion', 'embeddings'],
    composed: { ...readsThinking, onlyMaxTokens: true },
  },
  {
    // vLLM, llama.cpp, LM Studio and anything else that speaks OpenAI's API.
    id: 'local',
    genAiName: 'local',
    priceId: null,
    defaultBaseUrl: null,
    needsApiKey: false,
    usageOption: true,
    keyHeader: 'authorization',
    also: ['text_completion', 'embeddings', 'moderations', 'images', 'audio'],
    composed: { ...readsThinking, onlyMaxTokens: true },
  },
]
