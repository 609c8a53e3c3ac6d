import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { mapLeaves, mapLeavesOf, notTexts } from './leaves.ts'
import { mapList, mapMember, mapTextMember } from './members.ts'
import { mapArguments, mapContent, type Role, type VisitRequestText } from './request-parts.ts'

/** `input` of a Responses request: a text of the user's, or items. */
export function mapInput(input: JsonValue, visit: VisitRequestText): JsonValue {
  if (typeof input === 'string') return input === '' ? input : visit(input, 'user')
  return mapList(input, (item) => (isJsonObject(item) ? mapItem(item, visit) : mapContent(item, 'user', visit)))
}

/** Whose words a message is; of a role that is not known they are the user's, who is trusted least. */
export function roleOf(role: JsonValue | undefined): Role {
  switch (role) {
    case 'system':
    case 'developer':
      return 'system'
    case 'assistant':
      return 'assistant'
    case 'tool':
    case 'function':
      return 'tool'
    case undefined:
    default:
      return 'user'
  }
}

function mapItem(item: JsonObject, visit: VisitRequestText): JsonObject {
  const type = ownMember(item, 'type') ?? (ownMember(item, 'role') === undefined ? undefined : 'message')
  switch (type) {
    case 'message':
      return mapMember(item, 'content', (content) => mapContent(content, roleOf(ownMember(item, 'role')), visit))
    case 'reasoning':
      return mapMember(
        mapMember(item, 'summary', (summary) => mapContent(summary, 'assistant', visit)),
        'content',
        (content) => mapContent(content, 'assistant', visit),
      )
    case 'function_call':
      return mapMember(item, 'arguments', (written) => mapArguments(written, visit))
    case 'custom_tool_call':
      return mapTextMember(item, 'input', (text) => visit(text, 'assistant'))
    case 'mcp_call':
    case 'mcp_approval_request':
      return mapResults(
        mapMember(item, 'arguments', (written) => mapArguments(written, visit)),
        visit,
      )
    case 'function_call_output':
    case 'custom_tool_call_output':
      return mapMember(item, 'output', (output) => mapContent(output, 'tool', visit))
    case 'image_generation_call':
    case 'compaction':
    case 'compaction_summary':
    case 'item_reference':
      return item
    case undefined:
    default:
      return mapOther(item, visit)
  }
}

/** Members of any kind of call in which a tool has its say; the rest is what it was called with. */
const results: ReadonlySet<string> = new Set(['output', 'outputs', 'results', 'error', 'content', 'tools'])

const notCalledWith: ReadonlySet<string> = new Set([...notTexts, ...results])

function mapResults(item: JsonObject, visit: VisitRequestText): JsonObject {
  let mapped = item
  for (const name of results) mapped = mapMember(mapped, name, (result) => mapToolWords(result, visit))
  return mapped
}

function mapToolWords(result: JsonValue, visit: VisitRequestText): JsonValue {
  return mapLeaves(result, (text) => visit(text, 'tool'), notTexts)
}

/** Searches, shells, patches, code, and what is yet to be invented: every text in it. An output is the tool's. */
function mapOther(item: JsonObject, visit: VisitRequestText): JsonObject {
  const isOutput = typeof item['type'] === 'string' && item['type'].endsWith('_output')
  if (isOutput) return mapLeavesOf(item, (text) => visit(text, 'tool'), notTexts)
  return mapResults(
    mapLeavesOf(item, (text) => visit(text, 'assistant'), notCalledWith),
    visit,
  )
}
