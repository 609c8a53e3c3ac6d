import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/** One entry of `reasoning_details`, as far as a thinking block can say it. */
export type ReasoningDetail =
  | { readonly kind: 'text'; readonly text: string; readonly signature: string; readonly index: JsonValue }
  | { readonly kind: 'sealed'; readonly data: string }

/** Reads `reasoning_details`; what another provider than Anthropic signed or sealed means nothing to a Claude client. */
export function readDetails(value: JsonValue | undefined): ReasoningDetail[] {
  if (!Array.isArray(value)) return []
  return (value as readonly JsonValue[]).filter(isJsonObject).flatMap((detail): ReasoningDetail[] => {
    const format = textOf(detail['format'])
    const isOurs = format === '' || format.startsWith('anthropic')
    if (detail['type'] === 'reasoning.encrypted') {
      const data = textOf(detail['data'])
      return isOurs && data !== '' ? [{ kind: 'sealed', data }] : []
    }
    if (detail['type'] !== 'reasoning.text') return []
    const signature = isOurs ? textOf(detail['signature']) : ''
    return [{ kind: 'text', text: textOf(detail['text']), signature, index: detail['index'] ?? null }]
  })
}

/** The readable thinking of a delta or message. */
export function reasoningText(said: JsonObject): string {
  return textOf(said['reasoning_content']) || textOf(said['reasoning'])
}

/** The thinking blocks of a whole message. */
export function thinkingBlocks(message: JsonObject): JsonObject[] {
  const text = reasoningText(message)
  const details = readDetails(message['reasoning_details'])
  if (details.some((detail) => detail.kind === 'text' && detail.text !== '')) return blocksOfDetails(details)
  const sealed = details.flatMap((detail) =>
    detail.kind === 'sealed' ? [{ type: 'redacted_thinking', data: detail.data }] : [],
  )
  const signature = details.findLast((detail) => detail.kind === 'text' && detail.signature !== '')
  if (text === '' && signature === undefined) return sealed
  const signed = signature?.kind === 'text' ? signature.signature : ''
  return [{ type: 'thinking', thinking: text, signature: signed }, ...sealed]
}

/** Details may come in fragments: those of one block have one index, and its signature closes it. */
function blocksOfDetails(details: readonly ReasoningDetail[]): JsonObject[] {
  const blocks: JsonObject[] = []
  let open: { text: string; readonly index: JsonValue } | null = null
  const close = (signature: string): void => {
    if (open !== null) blocks.push({ type: 'thinking', thinking: open.text, signature })
    open = null
  }
  for (const detail of details) {
    if (detail.kind === 'sealed') {
      close('')
      blocks.push({ type: 'redacted_thinking', data: detail.data })
      continue
    }
    if (open !== null && open.index !== detail.index) close('')
    open ??= { text: '', index: detail.index }
    open.text += detail.text
    if (detail.signature !== '') close(detail.signature)
  }
  close('')
  return blocks
}

export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
