import { Fault } from '../core/fault.ts'
import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { readPlaces } from './places.ts'
import { type SelectedId, implicitSelector, parseSelectedId, quoted, sameSelector, selectorText } from './selector.ts'

/** Which version of a prompt is meant. Typed, so that version 3 and a label can never be confused. */
export type Selector =
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'version'; readonly number: number }
  | { readonly kind: 'semver'; readonly semver: string }
  | { readonly kind: 'latest' }

export interface PromptReference {
  /** Slug or alias as the client wrote it, lower case rules checked by look-up. */
  readonly id: string
  readonly selector: Selector
  /** No selector was written: the default label was assumed (only these can be in an experiment). */
  readonly implicit: boolean
}

/** What a request says about prompts, from all six places (contract 2.1), merged by the one precedence. */
export interface ReadReference {
  readonly reference: PromptReference | null
  readonly variables: JsonObject
  /** Top-level body members that only name the prompt and must not reach a provider. */
  readonly strip: ReadonlySet<string>
  /** Replacement of `metadata` as raw JSON text when pairs were taken out of it; null: drop it; undefined: leave it. */
  readonly metadata: string | null | undefined
}

export interface ReadReferenceInput {
  /** The client's body, parsed. */
  readonly body: JsonObject
  /** The same as text: what is left of `metadata` is cut out of it, so that its spelling survives. */
  readonly text?: string
  /** Request headers by lower-case name. */
  readonly header: (name: string) => string | undefined
  /** `{id}` of `/v1/prompts/{id}/completions`, percent-decoded; null on other paths. */
  readonly pathReference: string | null
  readonly operation: string
}

const nothing: ReadReference = { reference: null, variables: {}, strip: new Set(), metadata: undefined }

/**
 * Reads a model string: `prompt:<id>`, `prompt:<id>@<selector>`, and the aliases `prompt/<id>`, `prompt/<id>:v3`,
 * `@prompt/<id>`. null when it names a model.
 *
 * @throws Fault `invalid_request`, param `model`, when it names a prompt and id or selector is malformed.
 */
export function parseModelReference(model: string): PromptReference | null {
  const selected = readModelString(model)
  if (selected === null) return null
  return { id: selected.id, selector: selected.selector ?? implicitSelector, implicit: selected.selector === null }
}

function readModelString(model: string): SelectedId | null {
  let read: SelectedId | string
  if (model.startsWith('prompt:')) read = parseSelectedId(model.slice(7))
  else if (model.startsWith('prompt/')) read = parseSelectedId(model.slice(7), /[@:]/)
  else if (model.startsWith('@prompt/')) read = parseSelectedId(model.slice(8), /[@:]/)
  else return null
  if (typeof read !== 'string') return read
  throw new Fault('invalid_request', `\`model\` ${read}. Write \`prompt:<id>\` or \`prompt:<id>@<selector>\`.`, {
    param: 'model',
  })
}

/**
 * Everything a request says about prompts, from the six places of the contract in their order: model string, `prompt`
 * object, flat fields, path, `metadata`, headers.
 *
 * * One request names one prompt. The same reference twice is none too many, and one place may give the id and another the
 *   version; two that differ are a conflict.
 * * Of a variable given in several places the value of the earlier place counts. Inside one place the order is that of the
 *   contract: `prompt_variables`, `inputs`, `variables`.
 * * Without an id in any place nothing here is ours: `variables`, `inputs`, a version alone, all goes on untouched.
 * * null stands for absent, as SDKs send it.
 *
 * @throws Fault `invalid_request` naming the field or header with the wrong type or form; `prompt_reference_conflict`
 *   naming both places.
 */
export function readReference(input: ReadReferenceInput): ReadReference {
  const model = ownMember(input.body, 'model')
  const named = typeof model === 'string' ? readModelString(model) : null
  if (named === null && !namesPrompt(input)) return nothing
  const places = readPlaces(input, named)
  const [first] = places.ids
  if (first === undefined) return nothing
  const otherId = places.ids.find(({ id }) => id !== first.id)
  if (otherId !== undefined) throw conflict('prompt', first.place, quoted(first.id), otherId.place, quoted(otherId.id))
  const [selected] = places.selectors
  const other = selected && places.selectors.find(({ selector }) => !sameSelector(selector, selected.selector))
  if (selected !== undefined && other !== undefined) {
    throw conflict(
      'version',
      selected.place,
      quoted(selectorText(selected.selector)),
      other.place,
      quoted(selectorText(other.selector)),
    )
  }
  const selector = selected?.selector ?? implicitSelector
  return {
    reference: { id: first.id, selector, implicit: selected === undefined },
    variables: mergeVariables(places.variables),
    strip: places.strip,
    metadata: places.metadata,
  }
}

/** Is there an id anywhere? A cheap look: most requests end here. */
function namesPrompt({ body, header, pathReference }: ReadReferenceInput): boolean {
  return (
    pathReference !== null ||
    has(body, 'prompt_id') ||
    has(ownMember(body, 'prompt'), 'id') ||
    has(ownMember(body, 'prompt'), 'prompt_id') ||
    has(ownMember(body, 'metadata'), 'prompt_id') ||
    header('x-prompt-id') !== undefined
  )
}

function has(value: JsonValue | undefined, name: string): boolean {
  return isJsonObject(value) && (ownMember(value, name) ?? null) !== null
}

function conflict(what: string, place: string, value: string, otherPlace: string, otherValue: string): Fault {
  return new Fault(
    'prompt_reference_conflict',
    `The request names two different ${what}s: ${place} says ${value}, ${otherPlace} says ${otherValue}. Keep one of them.`,
    { param: otherPlace.replaceAll('`', '') },
  )
}

/** Own members only, on an object without prototype, so that no name means anything but itself. */
export function mergeVariables(sources: readonly JsonObject[]): JsonObject {
  const [only] = sources
  if (sources.length < 2) return only ?? {}
  const merged = Object.create(null) as Record<string, JsonObject[string]>
  for (const source of sources.toReversed()) {
    for (const [name, value] of Object.entries(source)) merged[name] = value
  }
  return merged
}
