import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/**
 * What a provider wants to see again of its thinking, in the `encrypted_content` of a reasoning item: clients that keep the
 * conversation themselves ask for it (`include: ["reasoning.encrypted_content"]`) and send it back unread. Not a secret
 * and not trusted: it says no more than a chat client could say in its messages.
 */
export interface KeptReasoning {
  /** `reasoning_details` of chat: signed or sealed thinking. Empty: the provider gave none. */
  readonly details: readonly JsonValue[]
  /** `reasoning_content`, kept when there are no details. */
  readonly text: string
}

const mark = 'promptbox1.'

/** The text for `encrypted_content`; null when there is nothing to keep. */
export function sealReasoning({ details, text }: KeptReasoning): string | null {
  if (details.length === 0 && text === '') return null
  const kept: JsonObject = details.length === 0 ? { text } : { details: joinFragments(details) }
  return mark + Buffer.from(JSON.stringify(kept)).toString('base64url')
}

/** What `sealReasoning` put in; null for anything else, such as the sealed thinking of another provider. */
export function openReasoning(sealed: JsonValue | undefined): KeptReasoning | null {
  if (typeof sealed !== 'string' || !sealed.startsWith(mark)) return null
  let kept: unknown
  try {
    kept = JSON.parse(Buffer.from(sealed.slice(mark.length), 'base64url').toString('utf8'))
  } catch {
    return null // Cut or changed on the way: as good as sealed by somebody else, and said so by the caller.
  }
  if (!isJsonObject(kept)) return null
  const { details, text } = kept
  if (Array.isArray(details)) return { details: details as readonly JsonValue[], text: '' }
  return typeof text === 'string' ? { details: [], text } : null
}

/** Streams give a detail in fragments; those of one block become one detail again, so that it is as short as it was. */
function joinFragments(details: readonly JsonValue[]): JsonValue[] {
  const joined: JsonValue[] = []
  for (const detail of details) {
    const last = joined.at(-1)
    if (isJsonObject(last) && isJsonObject(detail) && continues(last, detail))
      joined[joined.length - 1] = join(last, detail)
    else joined.push(detail)
  }
  return joined
}

const growing = ['text', 'summary'] as const

/** Only what says to which block it belongs can be told to be a fragment of it. */
function continues(last: JsonObject, detail: JsonObject): boolean {
  if (last['index'] === undefined || last['index'] !== detail['index'] || last['type'] !== detail['type']) return false
  return last['signature'] === undefined || last['signature'] === null
    ? growing.some((name) => typeof last[name] === 'string')
    : false
}

function join(last: JsonObject, detail: JsonObject): JsonObject {
  const whole: Record<string, JsonValue> = { ...last, ...detail }
  for (const name of growing) {
    const before = last[name]
    const more = detail[name]
    if (typeof before === 'string') whole[name] = typeof more === 'string' ? before + more : before
  }
  return whole
}
