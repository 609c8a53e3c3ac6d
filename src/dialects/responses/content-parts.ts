import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { refuse, type Warnings } from './refuse.ts'

/** `content` of an input message, or `output` of a tool, as chat's `content`: a text, or a list of parts. */
export function toChatContent(content: JsonValue | undefined, at: string, warnings: Warnings): JsonValue {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) {
    throw refuse(at, `\`${at}\` must be a text or a list of content parts such as {"type": "input_text", "text": "…"}.`)
  }
  const parts = (content as readonly JsonValue[]).map((part, index) => toChatPart(part, `${at}[${index}]`, warnings))
  return plainIfPossible(parts)
}

/** What an assistant said: its texts, and a refusal if it refused. */
export function toAssistantContent(
  content: JsonValue | undefined,
  at: string,
): { readonly text: string; readonly refusal: string } {
  if (typeof content === 'string') return { text: content, refusal: '' }
  if (!Array.isArray(content)) {
    throw refuse(
      at,
      `\`${at}\` must be a text or a list of content parts such as {"type": "output_text", "text": "…"}.`,
    )
  }
  let text = ''
  let refusal = ''
  for (const [index, part] of (content as readonly JsonValue[]).entries()) {
    const type = isJsonObject(part) ? part['type'] : undefined
    if (isJsonObject(part) && (type === 'output_text' || type === 'input_text' || type === 'text')) {
      text += stringOf(part, 'text', `${at}[${index}]`)
    } else if (isJsonObject(part) && type === 'refusal') {
      refusal += stringOf(part, 'refusal', `${at}[${index}]`)
    } else {
      throw unknownPart(type, `${at}[${index}]`, '`output_text` or `refusal`')
    }
  }
  return { text, refusal }
}

function toChatPart(part: JsonValue, at: string, warnings: Warnings): JsonObject {
  if (!isJsonObject(part)) throw refuse(at, `\`${at}\` must be a content part, an object with a \`type\`.`)
  if (part['prompt_cache_breakpoint'] !== undefined && part['prompt_cache_breakpoint'] !== null)
    warnings.dropped('prompt_cache_breakpoint')
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { type: 'text', text: stringOf(part, 'text', at), ...cacheControl(part) }
    case 'input_image':
      return { ...toImagePart(part, at), ...cacheControl(part) }
    case 'input_file':
      return { ...toFilePart(part, at), ...cacheControl(part) }
    case 'input_audio':
      return { type: 'input_audio', input_audio: part['input_audio'] ?? null }
    case undefined:
    default:
      throw unknownPart(part['type'], at, '`input_text`, `input_image`, `input_file` or `input_audio`')
  }
}

function toImagePart(part: JsonObject, at: string): JsonObject {
  const url = part['image_url']
  if (typeof url !== 'string' || url === '') {
    throw refuse(
      `${at}.image_url`,
      `\`${at}\` must have an \`image_url\`, an https or data URL: files stored at one provider (\`file_id\`) are not known to another.`,
    )
  }
  const detail = part['detail']
  // `auto` is what leaving it out means, and not every provider knows the field.
  return { type: 'image_url', image_url: typeof detail === 'string' && detail !== 'auto' ? { url, detail } : { url } }
}

function toFilePart(part: JsonObject, at: string): JsonObject {
  const data = part['file_data']
  if (typeof data !== 'string' || data === '') {
    throw refuse(
      `${at}.file_data`,
      `\`${at}\` must have \`file_data\`, a data URL: files stored at one provider (\`file_id\`) are not known to another, and \`file_url\` is not fetched.`,
    )
  }
  const filename = part['filename']
  return { type: 'file', file: typeof filename === 'string' ? { filename, file_data: data } : { file_data: data } }
}

/** Said on a part by clients of Anthropic's models. */
function cacheControl(part: JsonObject): JsonObject {
  const control = part['cache_control']
  return control === undefined ? {} : { cache_control: control }
}

/** One text is said as a text, which every provider reads. */
function plainIfPossible(parts: readonly JsonObject[]): JsonValue {
  const [only] = parts
  if (parts.length === 0) return ''
  return parts.length === 1 && only?.['type'] === 'text' && only['cache_control'] === undefined
    ? (only['text'] ?? '')
    : parts
}

function stringOf(part: JsonObject, name: string, at: string): string {
  const value = part[name]
  if (typeof value === 'string') return value
  throw refuse(`${at}.${name}`, `\`${at}.${name}\` must be a text.`)
}

function unknownPart(type: JsonValue | undefined, at: string, known: string): Error {
  const found = typeof type === 'string' ? `is \`${type.slice(0, 64)}\`` : 'is missing'
  return refuse(`${at}.type`, `\`${at}.type\` ${found}. Here it can be ${known}.`)
}
