import { type JsonObject, isJsonObject, ownMember } from '../core/json.ts'
import type { Asked } from './exchange.ts'

/** Who and what an exchange is for: recorded with it and filterable (contract 2.3). */
export interface Attribution {
  readonly appName: string | null
  readonly userId: string | null
  readonly sessionId: string | null
  readonly environment: string | null
  readonly locale: string | null
  readonly metadata: Readonly<Record<string, string>>
}

/** Metadata names that have a column of their own or only name the prompt. */
const taken = new Set([
  'app_name',
  'user_id',
  'session_id',
  'locale',
  'prompt_id',
  'prompt_version',
  'prompt_variables',
])

const longest = 512
const mostPairs = 64

/** Reads the attribution from headers and body; values longer than 512 characters are cut, more than 64 pairs are not kept. */
export function attributionOf(asked: Asked): Attribution {
  const found = ownMember(asked.body, 'metadata')
  const metadata: JsonObject = isJsonObject(found) ? found : {}
  return {
    appName: asked.header('x-app-name')?.slice(0, longest) ?? textOf(metadata, 'app_name') ?? asked.key.name,
    userId: textOf(metadata, 'user_id') ?? textOf(asked.body, 'safety_identifier') ?? textOf(asked.body, 'user'),
    sessionId: textOf(metadata, 'session_id') ?? asked.header('x-session-id')?.slice(0, longest) ?? null,
    environment: asked.header('x-environment')?.slice(0, longest) ?? null,
    locale: namedLocale(asked.body) ?? firstLanguage(asked.header('accept-language')),
    metadata: otherPairs(metadata),
  }
}

/** `metadata.locale`; null: the request names no language itself. */
export function namedLocale(body: JsonObject): string | null {
  const metadata = ownMember(body, 'metadata')
  return isJsonObject(metadata) ? textOf(metadata, 'locale') : null
}

function textOf(object: JsonObject, name: string): string | null {
  const value = ownMember(object, name)
  if (typeof value === 'string' && value !== '') return value.slice(0, longest)
  return typeof value === 'number' ? String(value) : null
}

function firstLanguage(header: string | undefined): string | null {
  const first = header?.split(/[,;]/, 1)[0]?.trim() ?? ''
  return first === '' || first === '*' ? null : first.slice(0, 35)
}

function otherPairs(metadata: JsonObject): Record<string, string> {
  const pairs: [string, string][] = []
  for (const [name, value] of Object.entries(metadata)) {
    if (taken.has(name) || value === null || typeof value === 'object') continue
    if (pairs.length === mostPairs) break
    pairs.push([name.slice(0, longest), String(value).slice(0, longest)])
  }
  return Object.fromEntries(pairs)
}
