import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { invalid, type Unsupported } from './unsupported.ts'

/** One part of a content, as Gemini writes it. */
export type Part = Record<string, unknown>

/** Bytes of a file inside the request. */
export interface InlineData {
  readonly mimeType: string
  /** Base64. */
  readonly data: string
}

/** A file that the client named by its address, and that has to be fetched before the request can be written. */
export interface RemoteFile {
  readonly url: string
  /** Where the client wrote it: `messages[0].content[1].image_url`. */
  readonly param: string
  /** Beginnings of the media types that may stand there. */
  readonly accept: readonly string[]
}

/** What the parts of a message need besides themselves. */
export interface PartContext {
  /** The fetched files by their URL. */
  readonly files: ReadonlyMap<string, InlineData>
  readonly unsupported: Unsupported
}

const imageTypes = ['image/']
const documentTypes = ['application/pdf', 'image/', 'audio/', 'video/', 'text/']

/** Google's own store of files, whose addresses Gemini reads itself. */
const filesApi = /^https:\/\/generativelanguage\.googleapis\.com\/v[\w]+\/files\/[\w-]+$/

/** The file this part names by an address that is for us to fetch; null: none. */
export function remoteFileOf(part: JsonValue, param: string): RemoteFile | null {
  if (!isJsonObject(part)) return null
  if (part['type'] === 'image_url') {
    const url = urlOf(part['image_url'])
    return url !== null && isForUs(url) ? { url, param: `${param}.image_url`, accept: imageTypes } : null
  }
  if (part['type'] === 'file' && isJsonObject(part['file'])) {
    const data = part['file']['file_data']
    if (typeof data === 'string' && isForUs(data)) return { url: data, param: `${param}.file`, accept: documentTypes }
  }
  return null
}

/**
 * One part of a user's message.
 * @throws Fault `invalid_request` naming the part.
 */
export function userPart(part: JsonValue, param: string, context: PartContext): Part {
  if (!isJsonObject(part)) throw invalid(param, 'must be an object.')
  switch (part['type']) {
    case 'text':
      return { text: textOf(part, param) }
    case 'image_url':
      return imagePart(part, param, context)
    case 'input_audio':
      return audioPart(part['input_audio'], `${param}.input_audio`)
    case 'file':
      return filePart(part['file'], `${param}.file`, context)
    default:
      throw invalid(`${param}.type`, 'must be text, image_url, input_audio or file for Gemini.')
  }
}

/** The text of a text part. */
export function textOf(part: JsonObject, param: string): string {
  const text = part['text']
  if (typeof text !== 'string') throw invalid(`${param}.text`, 'must be text.')
  return text
}

/** The URL of an `image_url`, in either of the shapes it is written in. */
export function urlOf(image: JsonValue | undefined): string | null {
  const url = isJsonObject(image) ? image['url'] : image
  return typeof url === 'string' ? url : null
}

/** Takes a data URL apart; null: it is none that names a media type. */
export function parseDataUrl(url: string): InlineData | null {
  const comma = url.indexOf(',')
  if (comma === -1 || comma > 200 || !/^data:/i.test(url)) return null
  const [mimeType = '', ...parameters] = url.slice(5, comma).split(';')
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(mimeType)) return null
  const data = url.slice(comma + 1)
  if (parameters.at(-1)?.trim().toLowerCase() === 'base64') return { mimeType, data }
  try {
    return { mimeType, data: Buffer.from(decodeURIComponent(data)).toString('base64') }
  } catch {
    return null
  }
}

function isForUs(url: string): boolean {
  return /^https?:\/\//i.test(url) && !filesApi.test(url)
}

function imagePart(part: JsonObject, param: string, context: PartContext): Part {
  const image = part['image_url']
  const url = urlOf(image)
  if (url === null) throw invalid(`${param}.image_url.url`, 'must be a URL.')
  const detail = isJsonObject(image) ? image['detail'] : undefined
  if (detail !== undefined && detail !== null && detail !== 'auto')
    context.unsupported.note(`${param}.image_url.detail`, 'was dropped, Gemini chooses the detail itself')
  return bytesAt(url, `${param}.image_url`, context)
}

function audioPart(audio: JsonValue | undefined, param: string): Part {
  const { data, format } = isJsonObject(audio) ? audio : {}
  if (typeof data !== 'string') throw invalid(`${param}.data`, 'must be base64.')
  if (typeof format !== 'string' || !/^[\w.+-]+$/.test(format))
    throw invalid(`${param}.format`, 'must be the name of a format, such as wav or mp3.')
  return { inlineData: { mimeType: `audio/${format}`, data } }
}

function filePart(file: JsonValue | undefined, param: string, context: PartContext): Part {
  if (!isJsonObject(file)) throw invalid(param, 'must be an object.')
  const { file_data: data, file_id: id, filename } = file
  if (typeof data === 'string' && data !== '') {
    if (/^(data|https?):/i.test(data)) return bytesAt(data, `${param}.file_data`, context)
    const type = typeof filename === 'string' ? typeOfName(filename) : null
    return { inlineData: { mimeType: type ?? 'application/pdf', data } }
  }
  if (typeof id === 'string' && filesApi.test(id)) return { fileData: { fileUri: id } }
  throw invalid(param, "must hold file_data, or as file_id the whole address of a file in Google's Files API.")
}

function bytesAt(url: string, param: string, context: PartContext): Part {
  if (filesApi.test(url)) return { fileData: { fileUri: url } }
  const inline = /^data:/i.test(url) ? parseDataUrl(url) : context.files.get(url)
  if (inline === undefined) throw invalid(param, 'must be a data:, http: or https: URL.')
  if (inline === null) throw invalid(param, 'must be a data URL that names its media type.')
  return { inlineData: { mimeType: inline.mimeType, data: inline.data } }
}

function typeOfName(name: string): string | null {
  const types: Readonly<Record<string, string>> = {
    pdf: 'application/pdf',
    txt: 'text/plain',
    md: 'text/markdown',
    csv: 'text/csv',
    html: 'text/html',
    json: 'application/json',
  }
  return types[/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? ''] ?? null
}
