import { isDraft, type Draft } from '../../chat/draft.ts'

/**
 * `content` is a string. Mistral's reasoning models answer with an array of thinking and text parts, which no OpenAI
 * client reads: the text becomes the content, the thinking `reasoning_content`.
 * @param message a `delta` of a stream or a whole `message`.
 */
export function contentIsText(message: Draft): boolean {
  if (!Array.isArray(message.content)) return false
  let content = ''
  let thinking = ''
  for (const part of message.content as readonly unknown[]) {
    if (typeof part === 'string') content += part
    if (!isDraft(part)) continue
    if (part.type === 'thinking') thinking += textOf(part.thinking)
    else if (typeof part.text === 'string') content += part.text
  }
  message.content = content
  if (thinking !== '') message.reasoning_content = thinking
  return true
}

/**
 * Reasoning can always be read from `reasoning_content`, where DeepSeek put it and most clients look. OpenRouter, Groq,
 * Cerebras and Ollama call it `reasoning`; that stays too, for clients that send it back.
 */
export function reasoningIsReadable(message: Draft): boolean {
  const reasoning = message.reasoning
  if (typeof reasoning !== 'string' || reasoning === '' || typeof message.reasoning_content === 'string') return false
  message.reasoning_content = reasoning
  return true
}

function textOf(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking
  if (!Array.isArray(thinking)) return ''
  return (thinking as readonly unknown[])
    .map((part) => (isDraft(part) && typeof part.text === 'string' ? part.text : ''))
    .join('')
}
