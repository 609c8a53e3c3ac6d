import { isPromptId } from '../contract/names.ts'
import { chainSlugRule } from '../contract/chain-body.ts'
import { Fault } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import { readPlaces } from '../prompts/places.ts'
import { type ReadReferenceInput, mergeVariables } from '../prompts/reference.ts'
import { parseSelectedId, parseSelector, quoted } from '../prompts/selector.ts'
import type { StepTarget } from './compiled-chain.ts'

/** Which version of which chain is meant. */
export interface ChainReference {
  readonly slug: string
  /** null: the active one. */
  readonly version: number | null
}

const form = 'Write `chain:<id>` or `chain:<id>@<version>`.'

/**
 * Reads a model string: `chain:<id>`, `chain:<id>@<version>`, and the same with `chain/`. null when it names no chain.
 *
 * @throws Fault `invalid_request`, param `model`, when it names one and id or version is malformed.
 */
export function parseChainModel(model: string): ChainReference | null {
  const read = readChainName(model)
  if (typeof read !== 'string') return read
  throw new Fault('invalid_request', `\`model\` ${read}. ${form}`, { param: 'model' })
}

/** What a step asks; a text is the broken rule as a clause. */
export function parseStepTarget(text: string): StepTarget | string {
  const chain = readChainName(text)
  if (typeof chain === 'string') return `${chain}. ${form}`
  if (chain !== null) return { kind: 'chain', ...chain }
  const reference = text.replace(/^prompt[:/]/, '')
  const read = parseSelectedId(reference)
  return typeof read === 'string' ? read : { kind: 'prompt', reference }
}

function readChainName(text: string): ChainReference | string | null {
  if (!/^chain[:/]/.test(text)) return null
  const [slug = '', ...rest] = text.slice(6).split('@')
  if (!isPromptId(slug)) return `has ${quoted(slug)} as id of the chain, which ${chainSlugRule}`
  if (rest.length === 0) return { slug, version: null }
  const selector = parseSelector(rest.join('@'))
  if (selector?.kind === 'version') return { slug, version: selector.number }
  return `has ${quoted(rest.join('@'))} as version of the chain, which must be the number of a version, such as \`3\``
}

/** What a request to a chain says besides its messages and parameters. */
export interface ChainInput {
  readonly variables: JsonObject
  /** Top-level body members that are ours, and must not reach a provider. */
  readonly strip: ReadonlySet<string>
  /** As of `ReadReference`. */
  readonly metadata: string | null | undefined
}

/**
 * The variables, from the places where a request to a prompt has them.
 *
 * @throws Fault `prompt_reference_conflict` when the request names a prompt beside the chain, or a version elsewhere than in
 *   `model`.
 */
export function readChainInput(input: ReadReferenceInput): ChainInput {
  const places = readPlaces(input, null)
  const [other] = [...places.ids, ...places.selectors]
  if (other !== undefined) {
    const what = 'id' in other ? 'a prompt' : 'a version of one'
    throw new Fault(
      'prompt_reference_conflict',
      `The request names a chain in \`model\` and ${what} in ${other.place}. Keep one of them; the version of a chain stands in \`model\`, as \`chain:<id>@<version>\`.`,
      { param: other.place.replaceAll('`', '') },
    )
  }
  return { variables: mergeVariables(places.variables), strip: places.strip, metadata: places.metadata }
}
