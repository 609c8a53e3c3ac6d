import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { versionDefaults } from './compile-version.ts'
import type { VersionBody } from './compiled-version.ts'
import { compileJsonTemplate } from './json-template.ts'
import { compileMessages } from './message-templates.ts'

/**
 * What a version says to a model whatever the request: its messages and examples in its own language, its tools and
 * response format, with the defaults of the variables and nothing for those that have none. Images and sound are left out.
 */
export function staticText(body: VersionBody): string {
  const values = defaultValues(body.variables ?? null)
  const texts: string[] = []
  for (const part of compileMessages(body)) {
    if (part.kind === 'template') texts.push(...textsOf(JSON.parse(part.template.render(values)) as JsonObject))
    if (part.kind === 'variable' && Array.isArray(values[part.name]))
      texts.push(...(values[part.name] as readonly JsonValue[]).filter(isJsonObject).flatMap(textsOf))
  }
  const defaults = versionDefaults(body)
  for (const name of ['tools', 'response_format']) {
    const value = defaults.get(name)
    if (value !== undefined) texts.push(compileJsonTemplate(value, 'typed').render(values))
  }
  return texts.filter((text) => text !== '').join('\n')
}

function defaultValues(schema: JsonObject | null): JsonObject {
  const properties = schema?.['properties']
  const values = Object.create(null) as Record<string, JsonValue>
  for (const [name, property] of Object.entries(isJsonObject(properties) ? properties : {})) {
    const value = isJsonObject(property) ? ownMember(property, 'default') : undefined
    if (value !== undefined) values[name] = value
  }
  return values
}

function textsOf(message: JsonObject): readonly string[] {
  const { content } = message
  const calls = message['tool_calls']
  const parts =
    typeof content === 'string'
      ? [content]
      : Array.isArray(content)
        ? (content as readonly JsonValue[]).map(textOfPart)
        : []
  return calls === undefined ? parts : [...parts, JSON.stringify(calls)]
}

function textOfPart(part: JsonValue): string {
  const text = isJsonObject(part) ? ownMember(part, 'text') : undefined
  return typeof text === 'string' ? text : ''
}
