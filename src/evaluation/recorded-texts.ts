import { type JsonObject, type JsonValue, isJsonObject, parsedJson } from '../core/json.ts'

/**
 * What was asked and answered in a recorded exchange, by the shape of its bodies: chat completions, responses, messages and
 * completions. Bodies that were cut when they were recorded are no JSON any more, and have no texts.
 */

/** What went to the model, as messages; null: it cannot be read. */
export function recordedQuestion(request: string): readonly JsonObject[] | null {
  const body = parsedJson(request)
  if (!isJsonObject(body)) return null
  const system = [body['system'], body['instructions']].filter((text) => isFilled(text))
  const asked = body['messages'] ?? body['input'] ?? body['prompt']
  const said = typeof asked === 'string' ? [{ role: 'user', content: asked }] : objectsIn(asked)
  if (said.length === 0) return null
  return [...system.map((content) => ({ role: 'system', content }) as JsonObject), ...said]
}

/** The text of the first answer; null: there is none, such as when a tool was called, or it cannot be read. */
export function recordedAnswer(response: string): string | null {
  const body = parsedJson(response)
  if (!isJsonObject(body)) return null
  const text = choiceText(body) ?? outputText(body) ?? partsText(body['content'])
  return text === '' ? null : text
}

function choiceText(body: JsonObject): string | null {
  const [choice] = objectsIn(body['choices'])
  if (choice === undefined) return null
  if (typeof choice['text'] === 'string') return choice['text']
  const message = choice['message']
  if (!isJsonObject(message)) return null
  return typeof message['content'] === 'string' ? message['content'] : partsText(message['content'])
}

function outputText(body: JsonObject): string | null {
  const messages = objectsIn(body['output']).filter((item) => item['type'] === 'message')
  if (messages.length === 0) return null
  return messages.map((message) => partsText(message['content']) ?? '').join('')
}

/** null: they are no parts of a text. */
function partsText(parts: JsonValue | undefined): string | null {
  const texts = objectsIn(parts)
    .filter(({ type }) => type === 'text' || type === 'output_text')
    .flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
  return texts.length === 0 ? null : texts.join('')
}

function objectsIn(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : []
}

function isFilled(value: JsonValue | undefined): boolean {
  return typeof value === 'string' ? value !== '' : Array.isArray(value) && value.length > 0
}
