import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'

/*
 * JSON values as YAML text, always the same text for the same value: what goes into a repository must not change with the
 * version of a library. Texts of several lines are blocks, so that a diff shows the lines that changed; whatever a block or a
 * plain word cannot hold exactly is a JSON string, which YAML reads as well.
 */

/** The text ends in a line feed. Members keep their order; undefined ones are left out. */
export function toYaml(value: JsonObject): string {
  const lines = membersOf(value).flatMap(([name, member]) => memberLines(name, member, ''))
  return lines.length === 0 ? '{}\n' : `${lines.join('\n')}\n`
}

const step = '  '

function membersOf(value: JsonObject): readonly (readonly [string, JsonValue])[] {
  return Object.entries(value).filter(([, member]) => member !== undefined)
}

function memberLines(name: string, value: JsonValue, indent: string): readonly string[] {
  const key = scalarText(name)
  // A longer key would not be seen as one without the question mark.
  const [opening, colon] = key.length <= 1000 ? [`${indent}${key}:`, []] : [`${indent}:`, [`${indent}? ${key}`]]
  if (isCollection(value)) return [...colon, opening, ...collectionLines(value, indent + step)]
  return [...colon, ...withScalar(`${opening} `, value, indent + step)]
}

/** Worth lines of its own: not empty. */
function isCollection(value: JsonValue): value is JsonObject | readonly JsonValue[] {
  if (Array.isArray(value)) return value.length > 0
  return isJsonObject(value) && membersOf(value).length > 0
}

function collectionLines(value: JsonObject | readonly JsonValue[], indent: string): readonly string[] {
  if (!Array.isArray(value))
    return membersOf(value as JsonObject).flatMap(([name, member]) => memberLines(name, member, indent))
  return (value as readonly JsonValue[]).flatMap((item) => {
    if (!isCollection(item)) return withScalar(`${indent}- `, item, indent + step)
    const [first = '', ...rest] = collectionLines(item, indent + step)
    return [`${indent}- ${first.slice(indent.length + step.length)}`, ...rest]
  })
}

/** The value after `opening`; the lines of a block stand at `indent`. */
function withScalar(opening: string, value: JsonValue, indent: string): readonly string[] {
  if (typeof value !== 'string' || !fitsBlock(value)) return [opening + scalarText(value)]
  const body = value.replace(/\n*$/, '')
  const endings = value.length - body.length
  const chomping = endings === 0 ? '-' : endings === 1 ? '' : '+'
  // A text that begins with white space needs to be told where its lines begin.
  const indicator = /^[ \n]/.test(value) ? String(step.length) : ''
  const lines = body.split('\n').map((line) => (line === '' ? '' : indent + line))
  return [`${opening}|${indicator}${chomping}`, ...lines, ...Array.from({ length: Math.max(endings - 1, 0) }, () => '')]
}

/** Several lines of visible signs: no carriage return, no tab at a beginning, none of Unicode's further line ends. */
function fitsBlock(text: string): boolean {
  return (
    /\S\n|\n[\s\S]*\S/.test(text) &&
    !/[^\n\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u.test(text) &&
    !/(?:^|\n)[ ]*\t/.test(text)
  )
}

/** Words that YAML, or an older YAML, takes for something else than text. */
const reserved = /^(?:true|false|null|yes|no|on|off|y|n|inf|nan)$/i
const plainWord = /^[A-Za-z_](?:[A-Za-z0-9_./@-]| (?=[A-Za-z0-9]))*$/

function scalarText(value: JsonValue): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  if (value.length <= 1000 && plainWord.test(value) && !reserved.test(value)) return value
  return JSON.stringify(value).replaceAll(/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, escapeCharacter)
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
