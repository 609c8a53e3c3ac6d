import { base36, base62, base64url, hex, letters } from './alphabet.ts'
import { checkAnthropic, checkOpenAiProject } from './checksums.ts'
import type { Credential } from './credential.ts'
import { between, run } from './shape.ts'

const uuid = [run(hex, 8), '-', run(hex, 4), '-', run(hex, 4), '-', run(hex, 4), '-', run(hex, 12)] as const

/** Services that answer prompts or store vectors. */
export const aiServices: readonly Credential[] = [
  {
    kind: 'openai_api_key',
    prefixes: ['sk-proj-', 'sk-svcacct-', 'sk-admin-'],
    parts: [between(base64url, 48, 200)],
    check: checkOpenAiProject,
  },
  { kind: 'openai_api_key', prefixes: ['sk-'], parts: [run(base62, 48)] },
  {
    kind: 'anthropic_api_key',
    prefixes: ['sk-ant-api03-', 'sk-ant-admin01-', 'sk-ant-oat01-', 'sk-ant-sid01-'],
    parts: [run(base64url, 95)],
    check: checkAnthropic,
  },
  { kind: 'openrouter_api_key', prefixes: ['sk-or-v1-'], parts: [run(hex, 64)] },
  { kind: 'deepseek_api_key', prefixes: ['sk-'], parts: [run(hex, 32)] },
  { kind: 'langfuse_secret_key', prefixes: ['sk-lf-'], parts: uuid },
  { kind: 'groq_api_key', prefixes: ['gsk_'], parts: [run(base62, 52)] },
  { kind: 'xai_api_key', prefixes: ['xai-'], parts: [run(base62, 80)] },
  { kind: 'perplexity_api_key', prefixes: ['pplx-'], parts: [run(base62, 48)] },
  { kind: 'cerebras_api_key', prefixes: ['csk-'], parts: [run(base36, 48)] },
  { kind: 'nvidia_api_key', prefixes: ['nvapi-'], parts: [run(base64url, 64)] },
  { kind: 'replicate_api_token', prefixes: ['r8_'], parts: [run(base62, 37)] },
  { kind: 'huggingface_access_token', prefixes: ['hf_', 'api_org_'], parts: [run(letters, 34)] },
  { kind: 'elevenlabs_api_key', prefixes: ['sk_'], parts: [run(hex, 48)] },
  { kind: 'langsmith_api_key', prefixes: ['lsv2_pt_', 'lsv2_sk_'], parts: [run(hex, 32), '_', run(hex, 10)] },
  { kind: 'pinecone_api_key', prefixes: ['pcsk_'], parts: [between(base62, 5, 6), '_', run(base62, 63)] },
  { kind: 'tavily_api_key', prefixes: ['tvly-dev-', 'tvly-prod-', 'tvly-'], parts: [run(base62, 32)] },
  { kind: 'e2b_api_key', prefixes: ['e2b_'], parts: [run(hex, 40)] },
]
