import { readBaseUrl } from '../core/address.ts'

/** Provider id, and what its variables begin with. */
const providers = [
  { id: 'openai', variable: 'OPENAI', kind: 'openai' },
  { id: 'anthropic', variable: 'ANTHROPIC', kind: 'native' },
  { id: 'gemini', variable: 'GEMINI', kind: 'native' },
  { id: 'openrouter', variable: 'OPENROUTER', kind: 'openai' },
  { id: 'azure', variable: 'AZURE_OPENAI', kind: 'needs-base-url' },
  { id: 'mistral', variable: 'MISTRAL', kind: 'openai' },
  { id: 'groq', variable: 'GROQ', kind: 'openai' },
  { id: 'deepseek', variable: 'DEEPSEEK', kind: 'openai' },
  { id: 'together', variable: 'TOGETHER', kind: 'openai' },
  { id: 'ollama', variable: 'OLLAMA', kind: 'needs-base-url' },
  { id: 'local', variable: 'LOCAL', kind: 'needs-base-url' },
] as const

export interface ProviderSettings {
  readonly providers: ReadonlyMap<string, { readonly apiKey: string | null; readonly baseUrl: string | null }>
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** Reads `<NAME>_API_KEY` and `<NAME>_BASE_URL` of every provider; those with neither are left out. */
export function readProviderSettings(
  environment: NodeJS.ProcessEnv,
  rules: { readonly allowPrivate: boolean },
): ProviderSettings {
  const settings = new Map<string, { readonly apiKey: string | null; readonly baseUrl: string | null }>()
  const problems: string[] = []
  const warnings: string[] = []

  for (const { id, variable, kind } of providers) {
    const keyName = `${variable}_API_KEY`
    const urlName = `${variable}_BASE_URL`
    const apiKey = textOf(environment[keyName])
    const urlText = textOf(environment[urlName])
    if (apiKey === null && urlText === null) continue

    if (apiKey !== null && !/^[\x21-\x7e]+$/.test(apiKey)) {
      problems.push(`${keyName} must be visible ASCII without spaces, as it travels in a header. Copy the key again.`)
    }
    let baseUrl: string | null = null
    if (urlText !== null) {
      const read = readBaseUrl(urlText, rules)
      if ('problem' in read) problems.push(`${urlName} ${read.problem}.`)
      else baseUrl = read.url
    }

    if (kind === 'native')
      warnings.push(
        `${id} is configured, but this version does not call it yet: its models are answered with an error.`,
      )
    if (kind === 'needs-base-url' && urlText === null)
      warnings.push(`${keyName} is set without ${urlName}, so ${id} stays off. Set both.`)
    if (kind !== 'native' && baseUrl !== null && new URL(baseUrl).pathname === '/') {
      warnings.push(`${urlName} has no path. Base URLs of OpenAI-type providers end in /v1 as a rule: ${baseUrl}/v1`)
    }
    settings.set(id, { apiKey, baseUrl })
  }
  return { providers: settings, problems, warnings }
}

function textOf(value: string | undefined): string | null {
  const text = value?.trim() ?? ''
  return text === '' ? null : text
}
