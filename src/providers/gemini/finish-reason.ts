/** OpenAI's words for how a candidate ended, and those of Gemini that mean the answer is none. */
export type Ending = 'stop' | 'length' | 'content_filter' | 'failed'

const endings: ReadonlyMap<string, Ending> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['CONTINUATION', 'length'],
  ['SAFETY', 'content_filter'],
  ['RECITATION', 'content_filter'],
  ['LANGUAGE', 'content_filter'],
  ['BLOCKLIST', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['SPII', 'content_filter'],
  ['IMAGE_SAFETY', 'content_filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
  ['IMAGE_RECITATION', 'content_filter'],
  ['MALFORMED_FUNCTION_CALL', 'failed'],
  ['UNEXPECTED_TOOL_CALL', 'failed'],
  ['TOO_MANY_TOOL_CALLS', 'failed'],
  ['MISSING_THOUGHT_SIGNATURE', 'failed'],
  ['MALFORMED_RESPONSE', 'failed'],
])

/**
 * How a candidate ended. Google gives `OTHER`, and may give words that are not known here, both for answers that are there
 * and for answers it held back without saying why.
 * @param saidSomething the candidate has text, an image or a call.
 */
export function endingOf(reason: string, saidSomething: boolean): Ending {
  return endings.get(reason) ?? (saidSomething ? 'stop' : 'content_filter')
}
