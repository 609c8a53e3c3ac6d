import type { RouteCondition } from '../contract/route-body.ts'
import type { RouteRequest } from './route-request.ts'

type Wanted = string | readonly string[]

/**
 * The first condition of a route's target that a request does not meet, in words that follow the target's name ("is only
 * for requests whose …"); null: all hold. The length, which costs something to find out, is looked at last.
 */
export function failedCondition(when: RouteCondition, request: RouteRequest): string | null {
  return failedAttribute(when, request) ?? failedMetadata(when, request) ?? failedShape(when, request)
}

const attributes = [
  ['app_name', (request: RouteRequest) => request.appName],
  ['environment', (request: RouteRequest) => request.environment],
  ['key', (request: RouteRequest) => request.keyName],
  ['user_id', (request: RouteRequest) => request.userId],
  ['prompt', (request: RouteRequest) => request.promptSlug],
] as const

function failedAttribute(when: RouteCondition, request: RouteRequest): string | null {
  for (const [name, read] of attributes) {
    const wanted = when[name]
    if (wanted !== undefined && !isOneOf(wanted, read(request))) return onlyFor(name, wanted)
  }
  const { locale } = when
  return locale === undefined || speaks(locale, request.locale) ? null : onlyFor('locale', locale)
}

function failedMetadata({ metadata }: RouteCondition, request: RouteRequest): string | null {
  if (metadata === undefined) return null
  for (const [name, wanted] of Object.entries(metadata)) {
    const found = Object.hasOwn(request.metadata, name) ? request.metadata[name] : undefined
    if (!isOneOf(wanted, found ?? null)) return onlyFor(`metadata.${name}`, wanted)
  }
  return null
}

function failedShape(when: RouteCondition, request: RouteRequest): string | null {
  if (when.stream !== undefined && when.stream !== request.stream) {
    return when.stream ? 'is only for streams' : 'is only for answers that are not streamed'
  }
  const unneeded = when.needs?.find((need) => !request.needs.has(need))
  if (unneeded !== undefined) return `is only for requests that need \`${unneeded}\``
  const { min_input_tokens: least, max_input_tokens: most } = when
  if (least !== undefined && request.inputTokens < least) {
    return `is only for requests of at least ${least} tokens; this one has about ${request.inputTokens}`
  }
  if (most !== undefined && request.inputTokens > most) {
    return `is only for requests of at most ${most} tokens; this one has about ${request.inputTokens}`
  }
  return null
}

function isOneOf(wanted: Wanted, found: string | null): boolean {
  if (found === null) return false
  return typeof wanted === 'string' ? wanted === found : wanted.includes(found)
}

/** `en` speaks for `en-GB`, `en-GB` not for `en`; case and `_` make no difference. */
function speaks(wanted: Wanted, found: string | null): boolean {
  if (found === null) return false
  const plain = (locale: string): string => locale.toLowerCase().replaceAll('_', '-')
  const locale = plain(found)
  const listed = typeof wanted === 'string' ? [wanted] : wanted
  return listed.map(plain).some((each) => locale === each || locale.startsWith(`${each}-`))
}

function onlyFor(name: string, wanted: Wanted): string {
  const values = (typeof wanted === 'string' ? [wanted] : wanted).map((value) => `\`${value}\``)
  const shown = values.length > 5 ? [...values.slice(0, 5), '…'] : values
  return `is only for requests whose \`${name}\` is ${shown.join(' or ')}`
}
