import type { NoteBook } from './fields.ts'

/** What stands in when the input names no model and nobody said which to take. */
export const standInModel = 'openai/gpt-4o-mini'

/** Names of providers elsewhere, and here. */
const providers: Readonly<Record<string, string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'gemini',
  googleai: 'gemini',
  gemini: 'gemini',
  google_ai_studio_gemini: 'gemini',
  'google-ai-studio': 'gemini',
  azure: 'azure',
  'azure-openai': 'azure',
  azure_openai: 'azure',
  'openai.azure': 'azure',
  openrouter: 'openrouter',
  mistral: 'mistral',
  mistralai: 'mistral',
  'mistral-ai': 'mistral',
  groq: 'groq',
  deepseek: 'deepseek',
  together: 'together',
  together_ai: 'together',
  'together-ai': 'together',
  ollama: 'ollama',
  ollama_chat: 'ollama',
  local: 'local',
  mock: 'mock',
}

/** How the models of a provider are called. */
const families: readonly (readonly [RegExp, string])[] = [
  [/^(?:gpt-|chatgpt-|o[1-9](?:-|$)|ft:gpt-|text-davinci|codex-)/, 'openai'],
  [/^claude-/, 'anthropic'],
  [/^(?:gemini-|gemma-)/, 'gemini'],
  [/^(?:mistral-|ministral-|codestral|pixtral-|magistral-|open-mi[sx]tral)/, 'mistral'],
  [/^deepseek-/, 'deepseek'],
]

export interface ForeignModel {
  readonly name: string | undefined
  /** The provider, when it stands in a field of its own. */
  readonly provider?: string | undefined
  /** Where it stands, for notes. */
  readonly field: string
}

/** A model as we call it. One that names none gets `standIn`, and both that and a provider we do not know are said. */
export function toModel({ name, provider, field }: ForeignModel, standIn: string, book: NoteBook): string {
  const written = name?.trim() ?? ''
  if (written === '') {
    book.add('changed', field, `It names no model; \`${standIn}\` is put in. Say another one with \`model\`.`)
    return standIn
  }
  const [, prefix, rest = ''] = /^@?([A-Za-z0-9_.-]+?)(?:::|\/)(.+)$/s.exec(written) ?? []
  const known = prefix === undefined ? undefined : providerOf(prefix)
  if (known !== undefined) return `${known}/${rest}`
  if (provider !== undefined && provider.trim() !== '') {
    const ours = providerOf(provider)
    if (ours !== undefined) return `${ours}/${written}`
    book.add(
      'changed',
      field,
      `Promptbox knows no provider '${provider}'. The model stays \`${written}\`: give it a home as a route or an alias, or choose another one.`,
    )
    return written
  }
  const family = prefix === undefined ? families.find(([pattern]) => pattern.test(written)) : undefined
  if (family !== undefined) return `${family[1]}/${written}`
  book.add(
    'changed',
    field,
    `It is not known which provider has \`${written}\`, so the name stays. Give it a home as a route or an alias, or choose another one.`,
  )
  return written
}

function providerOf(name: string): string | undefined {
  const lower = name.trim().toLowerCase()
  return Object.hasOwn(providers, lower) ? providers[lower] : undefined
}
