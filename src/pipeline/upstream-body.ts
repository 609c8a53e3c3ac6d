import { type JsonObject, isJsonObject, ownMember } from '../core/json.ts'
import { assembleObject, spliceMembers } from '../core/json-members.ts'

/** True when the client itself asked for the usage chunk of a stream. */
export function asksForUsage(body: JsonObject): boolean {
  const options = ownMember(body, 'stream_options')
  return isJsonObject(options) && ownMember(options, 'include_usage') === true
}

/**
 * `stream_options` as raw JSON text with usage asked for, whatever the client wrote besides. Null when nothing has to be
 * changed: no stream, or the client asks already.
 */
export function usageOption(body: JsonObject): string | null {
  if (ownMember(body, 'stream') !== true || asksForUsage(body)) return null
  const options = ownMember(body, 'stream_options')
  return JSON.stringify({ ...(isJsonObject(options) ? options : {}), include_usage: true })
}

/**
 * The client's own bytes but for the model's name and, on a stream, the question for usage. Everything else stays as it
 * was written: number formats, spaces, unknown fields, their order.
 */
export function plainBody(text: string, body: JsonObject, model: string, streamOptions: string | null): string {
  const edits = new Map<string, string>()
  if (ownMember(body, 'model') !== model) edits.set('model', JSON.stringify(model))
  if (streamOptions !== null) edits.set('stream_options', streamOptions)
  return edits.size === 0 ? text : spliceMembers(text, edits)
}

/** The body of an expanded prompt: its members with this target's model. */
export function promptBody(members: ReadonlyMap<string, string>, model: string, streamOptions: string | null): string {
  const whole = new Map(members)
  whole.set('model', JSON.stringify(model))
  if (streamOptions !== null) whole.set('stream_options', streamOptions)
  return assembleObject(whole)
}
