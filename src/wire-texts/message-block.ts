import type { JsonObject } from '../core/json.ts'
import { type AnswerField, type AnswerPlace, type Look, lookAtArguments } from './answer-place.ts'
import { mapLeavesOf, notTexts } from './leaves.ts'
import { mapMember, mapObjects, mapTextMember } from './members.ts'

/**
 * The texts of one content block of a message: what is said and the passages it cites, what is thought, what tools are
 * called with. Blocks that are not known, such as the results of tools which the provider ran, are looked through for
 * every text. A signature of thinking stays: without it the next turn is refused for certain.
 */
export function mapBlock(block: JsonObject, index: number, look: Look): JsonObject {
  const at = (field: AnswerField, name: string): AnswerPlace => ({
    choice: 0,
    channel: `content/${index}/${name}`,
    field,
  })
  switch (block['type']) {
    case 'text':
      return mapObjects(
        mapTextMember(block, 'text', (text) => look.visit(text, at('content', 'text'))),
        'citations',
        (citation, position) => mapCitation(citation, index, position, look),
      )
    case 'thinking':
      return mapTextMember(block, 'thinking', (text) => look.visit(text, at('reasoning', 'thinking')))
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      return mapMember(block, 'input', (input) => lookAtArguments(input, at('arguments', 'input'), look))
    case 'redacted_thinking':
      return block
    case undefined:
    default:
      return mapEach(block, `content/${index}/text`, look)
  }
}

/** What a text refers to: a passage of a document or of a page, and its title. */
export function mapCitation(citation: JsonObject, index: number, position: number, look: Look): JsonObject {
  return mapEach(citation, `content/${index}/citations/${position}`, look)
}

function mapEach(object: JsonObject, base: string, look: Look): JsonObject {
  let count = 0
  return mapLeavesOf(
    object,
    (text) => {
      const place: AnswerPlace = { choice: 0, channel: `${base}/${count}`, field: 'content' }
      count += 1
      return look.visit(text, place)
    },
    notTexts,
  )
}
