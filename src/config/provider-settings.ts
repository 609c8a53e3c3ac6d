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

/** One credential of a provider; the further keys of a variable that holds several are named `2`, `3` and so on. */
interface ProviderSetting {
  readonly name: string
  readonly apiKey: string | null
  readonly baseUrl: string | null
}

export interface ProviderSettings {
  /** By provider id; never an empty list. */
  readonly providers: ReadonlyMap<string, readonly ProviderSetting[]>
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** More credentials than this of one provider belong in the database. */
const mostKeys = 100

/**
 * Reads `<NAME>_API_KEY` and `<NAME>_BASE_URL` of every provider; those with neither are left out. A key variable may hold
 * several keys with commas between them; all of them are used with the one base URL.
 */
export function readProviderSettings(
  environment: NodeJS.ProcessEnv,
  rules: { readonly allowPrivate: boolean },
): ProviderSettings {
  const settings = new Map<string, readonly ProviderSetting[]>()
  const problems: string[] = []
  const warnings: string[] = []

  for (const { id, variable, kind } of providers) {
    const keyName = `${variable}_API_KEY`
    const urlName = `${variable}_BASE_URL`
    const keysText = textOf(environment[keyName])
    const urlText = textOf(environment[urlName])
    if (keysText === null && urlText === null) continue

    const apiKeys = keysText === null ? [] : keysText.split(',').map((key) => key.trim())
    const problem = problemOfKeys(apiKeys)
    if (problem !== null) problems.push(`${keyName} ${problem}`)
    let baseUrl: string | null = null
    if (urlText !== null) {
      const read = readBaseUrl(urlText, rules)
      if ('problem' in read) problems.push(`${urlName} ${read.problem}.`)
      else baseUrl = read.url
    }

    if (kind === 'needs-base-url' && urlText === null)
      warnings.push(`${keyName} is set without ${urlName}, so ${id} stays off. Set both.`)
    if (baseUrl !== null) warnings.push(...doubtsAboutPath(baseUrl, urlName, kind))
    const [first = null, ...further] = apiKeys
    const others = further.map((apiKey, index) => ({ name: String(index + 2), apiKey, baseUrl }))
    settings.set(id, [{ name: 'default', apiKey: first, baseUrl }, ...others])
  }
  return { providers: settings, problems, warnings }
}

/** What is wrong with the keys of one variable, as a clause that follows its name; null: nothing. */
function problemOfKeys(keys: readonly string[]): string | null {
  if (keys.includes('')) return 'has nothing before, after or between two of its commas. Take that comma out.'
  if (!keys.every((key) => /^[\x21-\x7e]+$/.test(key)))
    return 'must be visible ASCII without spaces, as it travels in a header. Copy the key again.'
  if (new Set(keys).size < keys.length) return 'holds the same key twice. Take one of them out.'
  if (keys.length > mostKeys) return `holds ${keys.length} keys, more than ${mostKeys}. Store further ones instead.`
  return null
}

function doubtsAboutPath(
  baseUrl: string,
  urlName: string,
  kind: (typeof providers)[number]['kind'],
): readonly string[] {
  const { pathname, origin } = new URL(baseUrl)
  if (kind === 'native') {
    const isVersion = /^\/v1(beta)?\/?$/.test(pathname)
    return isVersion ? [`${urlName} ends in ${pathname}, but is the host only as a rule: ${origin}`] : []
  }
  return pathname === '/'
    ? [`${urlName} has no path. Base URLs of OpenAI-type providers end in /v1 as a rule: ${baseUrl}/v1`]
    : []
}

function textOf(value: string | undefined): string | null {
  const text = value?.trim() ?? ''
  return text === '' ? null : text
}
