import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'
import { mapJsonText, mapJsonValue, mapLeavesOf, notTexts } from './leaves.ts'
import { mapList, mapMember, mapObjectMember, mapText, mapTextMember } from './members.ts'

/** Whose words a text of a request is. */
export type Role = 'system' | 'user' | 'assistant' | 'tool'

/** Gives back what is to stand in place of the text. */
export type VisitRequestText = (text: string, role: Role) => string

const pictures = 'pictures'
const sound = 'sound'
const video = 'video'
const files = 'files'
const sealed = 'sealed thoughts'

/** Parts that hold no text of their own, and what they are. */
const media: Readonly<Record<string, string>> = {
  image: pictures,
  image_url: pictures,
  input_image: pictures,
  computer_screenshot: pictures,
  audio: sound,
  audio_url: sound,
  input_audio: sound,
  video,
  video_url: video,
  input_video: video,
  file: files,
  input_file: files,
  container_upload: files,
  redacted_thinking: sealed,
}

/** What a part of this type holds instead of text, in the plural; null: it is not one of these. */
export function mediaKind(type: JsonValue | undefined): string | null {
  return typeof type === 'string' && Object.hasOwn(media, type) ? (media[type] ?? null) : null
}

/**
 * What somebody says, in any of the three APIs: a text, or a list of parts (blocks) and texts. Results of tools in it are
 * the tool's words, calls of tools the assistant's. A kind of part that is not known is looked through for every text in it.
 */
export function mapContent(content: JsonValue, role: Role, visit: VisitRequestText): JsonValue {
  if (!Array.isArray(content)) return isJsonObject(content) ? mapPart(content, role, visit) : say(content, role, visit)
  return mapList(content, (part) => (isJsonObject(part) ? mapPart(part, role, visit) : say(part, role, visit)))
}

function mapPart(part: JsonObject, role: Role, visit: VisitRequestText): JsonObject {
  const spoken = (text: string): string => visit(text, role)
  if (mediaKind(part['type']) !== null) return part
  switch (part['type']) {
    case 'text':
    case 'input_text':
    case 'output_text':
    case 'summary_text':
    case 'reasoning_text':
      return mapTextMember(part, 'text', spoken)
    case 'refusal':
      return mapTextMember(part, 'refusal', spoken)
    case 'thinking':
      return mapMember(part, 'thinking', (thinking) => mapContent(thinking, role, visit))
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      return mapMember(part, 'input', (input) => mapArguments(input, visit))
    case 'tool_result':
    case 'mcp_tool_result':
      return mapMember(part, 'content', (content) => mapContent(content, 'tool', visit))
    case 'document':
      return mapDocument(part, role, visit)
    case undefined:
    default:
      return mapLeavesOf(part, spoken, notTexts)
  }
}

function mapDocument(part: JsonObject, role: Role, visit: VisitRequestText): JsonObject {
  const spoken = (text: string): string => visit(text, role)
  const titled = mapTextMember(mapTextMember(part, 'title', spoken), 'context', spoken)
  return mapObjectMember(titled, 'source', (source) => {
    if (source['type'] === 'text') return mapTextMember(source, 'data', spoken)
    if (source['type'] !== 'content') return source
    return mapMember(source, 'content', (content) => mapContent(content, role, visit))
  })
}

/** What the assistant calls a tool with: JSON as a text, or the value itself. */
export function mapArguments(written: JsonValue, visit: VisitRequestText): JsonValue {
  const spoken = (text: string): string => visit(text, 'assistant')
  return typeof written === 'string' ? mapJsonText(written, spoken) : mapJsonValue(written, spoken)
}

function say(text: JsonValue, role: Role, visit: VisitRequestText): JsonValue {
  return mapText(text, (spoken) => visit(spoken, role))
}
