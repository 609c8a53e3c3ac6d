import type { JsonValue } from '../../core/json.ts'
import { blocksOf, cacheControl, contentOf, partsOf, unknownBlock } from './content.ts'
import { type Draft, given, type Placed, refused, requiredObject, requiredText, textMember } from './reading.ts'
import type { Warnings } from './reading.ts'

/**
 * The chat messages of one turn of a Messages conversation.
 *
 * @throws Fault naming the place, for what has no meaning over chat.
 */
export function turnToMessages(turn: Placed, warnings: Warnings): Draft[] {
  const role = requiredText(turn, 'role')
  if (given(turn.value, 'content') === undefined) {
    throw refused(`${turn.path}.content`, `\`${turn.path}.content\` is missing: a string or a list of content blocks.`)
  }
  const blocks = blocksOf(turn, 'content')
  switch (role) {
    case 'user':
      return userMessages(blocks, warnings)
    case 'assistant':
      return [assistantMessage(blocks, warnings)]
    case 'system':
      return [{ role, content: systemContent(blocks) }]
    default:
      throw refused(`${turn.path}.role`, `\`${turn.path}.role\` must be \`user\`, \`assistant\` or \`system\`.`)
  }
}

/** @throws Fault when one of the blocks is no text. */
export function systemContent(blocks: readonly Placed[]): JsonValue {
  const parts = blocks.map((block) => {
    const type = requiredText(block, 'type')
    if (type !== 'text')
      throw refused(block.path, `\`${block.path}\` is a block of type \`${type}\`; here only \`text\` may stand.`)
    return partsOf(block, new Set())
  })
  return contentOf(parts.flat())
}

/** Results of tools go first, each as a message of its own; a chat tool message holds text only, so their images follow. */
function userMessages(blocks: readonly Placed[], warnings: Warnings): Draft[] {
  const results: Draft[] = []
  const moved: Draft[] = []
  const said: Draft[] = []
  for (const block of blocks) {
    if (block.value['type'] === 'tool_result') {
      const result = toolResult(block, warnings)
      results.push(result.message)
      moved.push(...result.moved)
    } else {
      said.push(...partsOf(block, warnings))
    }
  }
  const parts = [...moved, ...said]
  if (parts.length === 0 && results.length > 0) return results
  return [...results, { role: 'user', content: contentOf(parts) }]
}

function toolResult(block: Placed, warnings: Warnings): { readonly message: Draft; readonly moved: readonly Draft[] } {
  const id = requiredText(block, 'tool_use_id')
  const parts = blocksOf(block, 'content').flatMap((inner) => partsOf(inner, warnings))
  const texts = parts.filter((part) => part['type'] === 'text')
  const media = parts.filter((part) => part['type'] !== 'text')
  if (media.length > 0) {
    const where = `see the files after this result of the tool call ${id}`
    texts.push({ type: 'text', text: texts.length === 0 ? `The result is not text: ${where}.` : `(${where})` })
    media.unshift({ type: 'text', text: `From the result of the tool call ${id}:` })
  }
  if (block.value['is_error'] === true) markError(texts)
  const last = texts.at(-1)
  const cache = given(block.value, 'cache_control')
  if (cache !== undefined && last !== undefined) last['cache_control'] ??= cache
  return { message: { role: 'tool', tool_call_id: id, content: contentOf(texts) }, moved: media }
}

/** Chat has no field for it, so the text has to say it. */
function markError(texts: Draft[]): void {
  const first = texts[0]
  if (first === undefined || first['text'] === '') texts.unshift({ type: 'text', text: 'Error: the tool failed.' })
  else if (typeof first['text'] === 'string' && !/^\W*error/i.test(first['text']))
    first['text'] = `Error: ${first['text']}`
}

function assistantMessage(blocks: readonly Placed[], warnings: Warnings): Draft {
  const texts: Draft[] = []
  const calls: Draft[] = []
  const details: Draft[] = []
  const unsigned: string[] = []
  for (const block of blocks) {
    const type = requiredText(block, 'type')
    switch (type) {
      case 'text':
        texts.push(...partsOf(block, warnings))
        break
      case 'tool_use':
        calls.push(toolCall(block))
        break
      case 'thinking': {
        const text = requiredText(block, 'thinking')
        const signature = textMember(block, 'signature') ?? ''
        // Without a signature it is not Anthropic's but the readable thinking of another provider, on its way back.
        if (signature === '') unsigned.push(text)
        else details.push({ type: 'reasoning.text', text, signature, format: 'anthropic-claude-v1' })
        break
      }
      case 'redacted_thinking':
        details.push({ type: 'reasoning.encrypted', data: requiredText(block, 'data') })
        break
      default:
        throw unknownBlock(block, type)
    }
  }
  const reasoning = unsigned.filter((text) => text !== '').join('\n')
  return {
    role: 'assistant',
    content: texts.length === 0 && calls.length > 0 ? null : contentOf(texts),
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

function toolCall(block: Placed): Draft {
  const called = { name: requiredText(block, 'name'), arguments: requiredObject(block, 'input').raw().text }
  return { id: requiredText(block, 'id'), type: 'function', function: called, ...cacheControl(block) }
}
