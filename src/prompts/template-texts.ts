import type { JsonObject, JsonValue } from '../core/json.ts'
import type { LocaleVariant, VersionBody } from './compiled-version.ts'

type Path = readonly PropertyKey[]
/** What becomes of a text that is a template, and where it stands in the body. */
type ChangeText = (text: string, path: Path) => string

/**
 * The body with every text in it that is a template changed: those of messages (also of the other languages), of tools,
 * parameters and response format. Never those that are data: examples, schemas, test cases. What does not change is the very
 * same object, and so is a body in which nothing does.
 */
export function mapTemplateTexts(body: VersionBody, change: ChangeText): VersionBody {
  const changed: { -readonly [Name in keyof VersionBody]?: VersionBody[Name] } = {}
  const messages = mapMessages(body.messages, change, ['messages'])
  if (messages !== body.messages) changed.messages = messages
  const locales = body.locales === undefined ? undefined : mapLocales(body.locales, change)
  if (locales !== body.locales) changed.locales = locales
  for (const name of ['parameters', 'response_format', 'tools'] as const) {
    const value = body[name]
    if (value === undefined || value === null) continue
    const mapped = mapValue(value, change, [name])
    if (mapped !== value) Object.assign(changed, { [name]: mapped })
  }
  return Object.keys(changed).length === 0 ? body : { ...body, ...changed }
}

function mapLocales(
  locales: Readonly<Record<string, LocaleVariant>>,
  change: ChangeText,
): Readonly<Record<string, LocaleVariant>> {
  let same = true
  const mapped = Object.entries(locales).map(([locale, variant]) => {
    if (variant.messages === undefined) return [locale, variant] as const
    const messages = mapMessages(variant.messages, change, ['locales', locale, 'messages'])
    if (messages === variant.messages) return [locale, variant] as const
    same = false
    return [locale, { ...variant, messages }] as const
  })
  return same ? locales : Object.fromEntries(mapped)
}

/** A role is no template, and a placeholder has none. */
function mapMessages(messages: readonly JsonObject[], change: ChangeText, path: Path): readonly JsonObject[] {
  let same = true
  const mapped = messages.map((message, index) => {
    if (message['role'] === 'placeholder') return message
    const { role: _, ...texts } = message
    const changed = mapValue(texts, change, [...path, index])
    if (changed === texts) return message
    same = false
    return { ...message, ...(changed as JsonObject) }
  })
  return same ? messages : mapped
}

function mapValue(value: JsonValue, change: ChangeText, path: Path): JsonValue {
  if (typeof value === 'string') return change(value, path)
  if (typeof value !== 'object' || value === null) return value
  let same = true
  const visit = (member: JsonValue, step: PropertyKey): JsonValue => {
    const mapped = mapValue(member, change, [...path, step])
    if (mapped !== member) same = false
    return mapped
  }
  const mapped = Array.isArray(value)
    ? (value as readonly JsonValue[]).map(visit)
    : // fromEntries defines own members, so that `__proto__` is a name like any other.
      Object.fromEntries(Object.entries(value as JsonObject).map(([name, member]) => [name, visit(member, name)]))
  return same ? value : mapped
}
