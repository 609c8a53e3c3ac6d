import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Draft } from '../chat/draft.ts'
import { badField } from './notes.ts'

const imageTypes = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

/** Whether Anthropic would refuse the text of a block. */
export function isBlank(text: string): boolean {
  return text.trim() === ''
}

export function textBlock(text: string): Draft {
  return { type: 'text', text }
}

/**
 * The texts of a content that may hold nothing else: of a system message, or of an assistant. Empty ones are left out.
 *
 * @param param where the content stands, for errors.
 */
export function textBlocks(content: JsonValue | undefined, param: string): Draft[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return isBlank(content) ? [] : [textBlock(content)]
  return partsOf(content, param).flatMap((part, index) => {
    if (part['type'] === 'text') return textOfPart(part, part['text'], `${param}[${index}].text`)
    if (part['type'] === 'refusal') return textOfPart(part, part['refusal'], `${param}[${index}].refusal`)
    throw badField(`${param}[${index}].type`, `\`${param}[${index}].type\` must be \`text\` in this message.`)
  })
}

/** The content of a user or of a tool's result: texts, images, files. */
export function userBlocks(content: JsonValue | undefined, param: string): Draft[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return isBlank(content) ? [] : [textBlock(content)]
  return partsOf(content, param).flatMap((part, index) => userBlock(part, `${param}[${index}]`))
}

/** `cache_control` of something the client sent, on the block made of it. */
export function withCacheControl(block: Draft, source: JsonObject): Draft {
  const control = source['cache_control']
  return isJsonObject(control) ? { ...block, cache_control: control } : block
}

function partsOf(content: JsonValue, param: string): readonly JsonObject[] {
  if (!Array.isArray(content)) throw badField(param, `\`${param}\` must be a string or a list of parts.`)
  return (content as readonly JsonValue[]).map((part, index) => {
    if (isJsonObject(part)) return part
    if (typeof part === 'string') return { type: 'text', text: part }
    throw badField(`${param}[${index}]`, `\`${param}[${index}]\` must be an object with a \`type\`.`)
  })
}

function textOfPart(part: JsonObject, text: JsonValue | undefined, param: string): Draft[] {
  if (typeof text !== 'string') throw badField(param, `\`${param}\` must be a string.`)
  return isBlank(text) ? [] : [withCacheControl(textBlock(text), part)]
}

function userBlock(part: JsonObject, param: string): Draft[] {
  switch (part['type']) {
    case 'text':
      return textOfPart(part, part['text'], `${param}.text`)
    case 'image_url':
      return [withCacheControl(imageBlock(part, `${param}.image_url`), part)]
    case 'file':
      return [withCacheControl(fileBlock(part, `${param}.file`), part)]
    case 'image':
    case 'document':
      // Anthropic's own parts: the only way to ask for citations.
      if (isJsonObject(part['source'])) return [{ ...part }]
      throw badField(`${param}.source`, `\`${param}.source\` must be an object.`)
    case 'input_audio':
      throw badField(param, `\`${param}\` is audio, which Anthropic's models cannot hear. Send its text.`)
    default:
      throw badField(
        `${param}.type`,
        `\`${param}.type\` is not something Anthropic's models can be sent. Use \`text\`, \`image_url\` or \`file\`.`,
      )
  }
}

function imageBlock(part: JsonObject, param: string): Draft {
  const image = part['image_url']
  const url = isJsonObject(image) ? image['url'] : image
  if (typeof url !== 'string') throw badField(`${param}.url`, `\`${param}.url\` must be a string.`)
  if (isHttp(url)) return { type: 'image', source: { type: 'url', url } }
  const data = dataUrl(url, `${param}.url`)
  return {
    type: 'image',
    source: { type: 'base64', media_type: imageType(data.mediaType, `${param}.url`), data: data.base64 },
  }
}

function fileBlock(part: JsonObject, param: string): Draft {
  const file = part['file']
  if (!isJsonObject(file)) throw badField(param, `\`${param}\` must be an object.`)
  const { file_data: data, file_id: id, filename } = file
  const title = typeof filename === 'string' && filename !== '' ? { title: filename } : {}
  if (typeof data === 'string' && data !== '')
    return { ...fileFromData(data, filename, `${param}.file_data`), ...title }
  if (typeof id === 'string' && id.startsWith('file_')) {
    return { type: 'document', source: { type: 'file', file_id: id }, ...title }
  }
  if (typeof id === 'string') {
    throw badField(
      `${param}.file_id`,
      `\`${param}.file_id\` names a file that Anthropic does not have. Send its bytes in \`file_data\`.`,
    )
  }
  throw badField(`${param}.file_data`, `\`${param}.file_data\` must be a data: URL with base64.`)
}

function fileFromData(content: string, filename: JsonValue | undefined, param: string): Draft {
  if (isHttp(content)) return { type: 'document', source: { type: 'url', url: content } }
  const { mediaType, base64 } = content.startsWith('data:')
    ? dataUrl(content, param)
    : { mediaType: typeOfName(filename), base64: content }
  if (mediaType === 'application/pdf') {
    return { type: 'document', source: { type: 'base64', media_type: mediaType, data: base64 } }
  }
  if (mediaType.startsWith('image/')) {
    return { type: 'image', source: { type: 'base64', media_type: imageType(mediaType, param), data: base64 } }
  }
  if (mediaType.startsWith('text/') || mediaType === 'application/json') {
    const data = Buffer.from(base64, 'base64').toString('utf8')
    return { type: 'document', source: { type: 'text', media_type: 'text/plain', data } }
  }
  throw badField(param, `\`${param}\` is of a type Anthropic's models cannot read. Send a PDF, a text or an image.`)
}

/** Bytes without a type: what the name says, else a PDF, which is what OpenAI takes. */
function typeOfName(filename: JsonValue | undefined): string {
  return typeof filename === 'string' && /\.(txt|md|csv|json|html?|xml|ya?ml|log)$/i.test(filename)
    ? 'text/plain'
    : 'application/pdf'
}

function imageType(mediaType: string, param: string): string {
  const type = mediaType === 'image/jpg' ? 'image/jpeg' : mediaType
  if (imageTypes.has(type)) return type
  throw badField(param, `\`${param}\` must be a JPEG, PNG, GIF or WebP image.`)
}

/** Taken apart without a look at the data, which may be many megabytes. */
function dataUrl(url: string, param: string): { readonly mediaType: string; readonly base64: string } {
  const comma = url.startsWith('data:') ? url.indexOf(',') : -1
  const head = url.slice('data:'.length, Math.max(comma, 0)).toLowerCase()
  if (comma < 0 || comma > 200 || !head.endsWith(';base64')) {
    throw badField(param, `\`${param}\` must be an http(s) URL or a data: URL with base64.`)
  }
  return { mediaType: head.split(';')[0] ?? '', base64: url.slice(comma + 1) }
}

function isHttp(url: string): boolean {
  return /^https?:\/\//i.test(url)
}
