import type { OpenAiCompatible } from './openai-compatible.ts'

/**
 * The OpenAI-type providers. Adding one is adding an entry here.
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
  },
  {
    id: 'openrouter',
    genAiName: 'openrouter',
    priceId: 'openrouter',
    defaultBaseUrl: 'https://openrouter.ai/api/v1',
    needsApiKey: true,
    usageOption: true,
    keyHeader: 'authorization',
  },
  {
    // The v1 API: https://<resource>.openai.azure.com/openai/v1, no api-version needed.
    id: 'azure',
    genAiName: 'azure.ai.openai',
    priceId: 'azure',
    defaultBaseUrl: null,
    needsApiKey: true,
    usageOption: true,
    keyHeader: 'api-key',
  },
  {
    id: 'mistral',
    genAiName: 'mistral_ai',
    priceId: 'mistral',
    defaultBaseUrl: 'https://api.mistral.ai/v1',
    needsApiKey: true,
    usageOption: false,
    keyHeader: 'authorization',
  },
  {
    id: 'groq',
    genAiName: 'groq',
    priceId: 'groq',
    defaultBaseUrl: 'https://api.groq.com/openai/v1',
    needsApiKey: true,
    usageOption: false,
    keyHeader: 'authorization',
  },
  {
    id: 'deepseek',
    genAiName: 'deepseek',
    priceId: 'deepseek',
    defaultBaseUrl: 'https://api.deepseek.com/v1',
    needsApiKey: true,
    usageOption: true,
    keyHeader: 'authorization',
  },
  {
    id: 'together',
    genAiName: 'together_ai',
    priceId: 'together',
    defaultBaseUrl: 'https://api.together.xyz/v1',
    needsApiKey: true,
    usageOption: false,
    keyHeader: 'authorization',
  },
  {
    id: 'ollama',
    genAiName: 'ollama',
    priceId: null,
    defaultBaseUrl: 'http://127.0.0.1:11434/v1',
    needsApiKey: false,
    usageOption: true,
    keyHeader: 'authorization',
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
  },
]
