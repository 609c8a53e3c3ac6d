import { Fault } from '../core/fault.ts'
import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { spliceMembers, topLevelMembers } from '../core/json-members.ts'
import type { ReadReferenceInput, Selector } from './reference.ts'
import { type SelectedId, parseLabelField, parseSelectedId, parseSelector, selectorRule } from './selector.ts'

/** What the six places of a request say, in their order, not yet compared. `place` is for people: `` `prompt.id` ``. */
export interface Places {
  readonly ids: readonly { readonly place: string; readonly id: string }[]
  readonly selectors: readonly { readonly place: string; readonly selector: Selector }[]
  readonly variables: readonly JsonObject[]
  readonly strip: ReadonlySet<string>
  readonly metadata: string | null | undefined
}

/** The flat fields of LiteLLM, Helicone and Portkey; ours only when the request names a prompt. */
const flatFields = [
  'prompt_id',
  'prompt_version',
  'prompt_label',
  'prompt_variables',
  'inputs',
  'environment',
  'version_id',
  'variables',
] as const
const promptFields: ReadonlySet<string> = new Set(['id', 'prompt_id', 'version', 'label', 'variables'])
const metadataFields = ['prompt_id', 'prompt_version', 'prompt_label', 'prompt_variables'] as const

/** Reads all places of a request that is known to name a prompt: from here on their fields are ours, and must be right. */
export function readPlaces(input: ReadReferenceInput, model: SelectedId | null): Places {
  const collected = new Collected()
  if (model !== null) {
    collected.addId('`model`', model)
    collected.strip.add('model')
  }
  readPromptObject(input.body, collected)
  readFlatFields(input.body, collected)
  if (input.pathReference !== null) collected.readId('the path', 'id', input.pathReference)
  const metadata = readMetadata(input, collected)
  readHeaders(input.header, collected)
  return { ...collected.done(), metadata }
}

class Collected {
  readonly ids: { place: string; id: string }[] = []
  readonly selectors: { place: string; selector: Selector }[] = []
  readonly variables: JsonObject[] = []
  readonly strip = new Set<string>()

  done(): Omit<Places, 'metadata'> {
    return { ids: this.ids, selectors: this.selectors, variables: this.variables, strip: this.strip }
  }

  addId(place: string, selected: SelectedId): void {
    this.ids.push({ place, id: selected.id })
    if (selected.selector !== null) this.selectors.push({ place, selector: selected.selector })
  }

  /** An id, with its version or without. */
  readId(place: string, param: string, value: JsonValue | undefined): void {
    if (isAbsent(value)) return
    if (typeof value !== 'string')
      throw wrong(place, param, 'must be the id of a prompt, a string such as "support-reply"')
    const selected = parseSelectedId(value)
    if (typeof selected === 'string') throw wrong(place, param, selected)
    this.addId(place, selected)
  }

  /** A version as number or string; any selector will do. */
  readVersion(place: string, param: string, value: JsonValue | undefined): void {
    if (isAbsent(value)) return
    const text = typeof value === 'number' ? String(value) : value
    const selector = typeof text === 'string' ? parseSelector(text) : null
    if (selector === null) throw wrong(place, param, selectorRule)
    this.selectors.push({ place, selector })
  }

  readLabel(place: string, param: string, value: JsonValue | undefined): void {
    if (isAbsent(value)) return
    const selector =
      typeof value === 'string' ? parseLabelField(value) : 'must be a label, a string such as "production"'
    if (typeof selector === 'string') throw wrong(place, param, selector)
    this.selectors.push({ place, selector })
  }

  readVariables(place: string, param: string, value: JsonValue | undefined): void {
    if (isAbsent(value)) return
    if (!isJsonObject(value))
      throw wrong(place, param, 'must be an object with the value of each variable, such as {"name": "Ada"}')
    this.variables.push(value)
  }
}

/** `prompt: {id, version?, label?, variables?}`; anything but an object is a field of the provider's API. */
function readPromptObject(body: JsonObject, collected: Collected): void {
  const prompt = ownMember(body, 'prompt')
  if (!isJsonObject(prompt)) return
  const unknown = Object.keys(prompt).find((name) => !promptFields.has(name))
  if (unknown !== undefined) {
    const name = unknown.length > 64 ? `${unknown.slice(0, 64)}…` : unknown
    throw new Fault(
      'invalid_request',
      `\`prompt\` has a field ${JSON.stringify(name)}, which it must not have. It takes \`id\`, \`version\`, \`label\` and \`variables\`.`,
      {
        param: `prompt.${name}`,
      },
    )
  }
  collected.readId('`prompt.id`', 'prompt.id', ownMember(prompt, 'id'))
  collected.readId('`prompt.prompt_id`', 'prompt.prompt_id', ownMember(prompt, 'prompt_id'))
  collected.readVersion('`prompt.version`', 'prompt.version', ownMember(prompt, 'version'))
  collected.readLabel('`prompt.label`', 'prompt.label', ownMember(prompt, 'label'))
  const variables = ownMember(prompt, 'variables')
  collected.readVariables(
    '`prompt.variables`',
    'prompt.variables',
    isJsonObject(variables) ? withoutTextParts(variables) : variables,
  )
  collected.strip.add('prompt')
}

/** OpenAI's reusable prompts take `{"type": "input_text", "text": "…"}` for a text. */
function withoutTextParts(variables: JsonObject): JsonObject {
  if (!Object.values(variables).some((value) => textOfPart(value) !== null)) return variables
  const plain = Object.create(null) as Record<string, JsonValue>
  for (const [name, value] of Object.entries(variables)) plain[name] = textOfPart(value) ?? value
  return plain
}

function textOfPart(value: JsonValue): string | null {
  if (!isJsonObject(value) || value['type'] !== 'input_text' || Object.keys(value).length !== 2) return null
  const text = ownMember(value, 'text')
  return typeof text === 'string' ? text : null
}

function readFlatFields(body: JsonObject, collected: Collected): void {
  collected.readId('`prompt_id`', 'prompt_id', ownMember(body, 'prompt_id'))
  collected.readVersion('`prompt_version`', 'prompt_version', ownMember(body, 'prompt_version'))
  collected.readLabel('`prompt_label`', 'prompt_label', ownMember(body, 'prompt_label'))
  collected.readVersion('`version_id`', 'version_id', ownMember(body, 'version_id'))
  collected.readLabel('`environment`', 'environment', ownMember(body, 'environment'))
  for (const name of ['prompt_variables', 'inputs', 'variables'] as const) {
    collected.readVariables(`\`${name}\``, name, ownMember(body, name))
  }
  for (const name of flatFields) if (Object.hasOwn(body, name)) collected.strip.add(name)
}

/** Returns what `metadata` is to become. */
function readMetadata(input: ReadReferenceInput, collected: Collected): string | null | undefined {
  const metadata = ownMember(input.body, 'metadata')
  if (!isJsonObject(metadata)) return undefined
  const found = metadataFields.filter((name) => Object.hasOwn(metadata, name))
  if (found.length === 0) return undefined
  collected.readId('`metadata.prompt_id`', 'metadata.prompt_id', ownMember(metadata, 'prompt_id'))
  collected.readVersion('`metadata.prompt_version`', 'metadata.prompt_version', ownMember(metadata, 'prompt_version'))
  collected.readLabel('`metadata.prompt_label`', 'metadata.prompt_label', ownMember(metadata, 'prompt_label'))
  const variables = ownMember(metadata, 'prompt_variables')
  const place = '`metadata.prompt_variables`'
  const value = typeof variables === 'string' ? parseObject(variables, place, 'metadata.prompt_variables') : variables
  collected.readVariables(place, 'metadata.prompt_variables', value)
  if (Object.keys(metadata).length === found.length) return null
  const raw =
    input.text === undefined ? JSON.stringify(metadata) : (topLevelMembers(input.text).get('metadata') ?? '{}')
  return spliceMembers(raw, new Map(found.map((name) => [name, undefined])))
}

function readHeaders(header: (name: string) => string | undefined, collected: Collected): void {
  collected.readId('header `x-prompt-id`', 'x-prompt-id', header('x-prompt-id'))
  collected.readVersion('header `x-prompt-version`', 'x-prompt-version', header('x-prompt-version'))
  const encoded = header('x-prompt-variables')
  if (encoded === undefined) return
  const place = 'header `x-prompt-variables`'
  const text = decodeBase64(encoded)
  if (text === null)
    throw wrong(place, 'x-prompt-variables', 'must be a JSON object as UTF-8 text, encoded with base64url')
  collected.readVariables(place, 'x-prompt-variables', parseObject(text, place, 'x-prompt-variables'))
}

function parseObject(text: string, place: string, param: string): JsonValue {
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch (cause) {
    throw wrong(place, param, 'must hold a JSON object, but what it holds is not JSON', cause)
  }
  if (!isJsonObject(value)) throw wrong(place, param, 'must hold a JSON object with the value of each variable')
  return value
}

/** Takes the alphabet of plain base64 too. null when it is neither, or no UTF-8. */
function decodeBase64(encoded: string): string | null {
  if (!/^[A-Za-z0-9_+/-]+={0,2}$/.test(encoded)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64url'))
  } catch {
    // Not UTF-8: the caller says so, naming the header.
    return null
  }
}

function isAbsent(value: JsonValue | undefined): value is undefined | null {
  return value === undefined || value === null
}

function wrong(place: string, param: string, rule: string, cause?: unknown): Fault {
  const subject = place.charAt(0).toUpperCase() + place.slice(1)
  return new Fault('invalid_request', `${subject} ${rule}.`, { param, cause })
}
