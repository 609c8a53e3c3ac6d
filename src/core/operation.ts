/**
 * What a client asks for: one value per kind of endpoint of the inference API. All of them run the same pipeline.
 * `responses` is OpenAI's Responses API, `compaction` its way to shorten a conversation, `messages` Anthropic's Messages API.
 */
export const operations = [
  'chat',
  'text_completion',
  'responses',
  'compaction',
  'messages',
  'embeddings',
  'moderations',
  'images',
  'audio',
] as const

export type Operation = (typeof operations)[number]
