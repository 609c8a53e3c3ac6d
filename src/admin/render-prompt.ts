import { Fault } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import type { CompiledVersion, Expanded } from '../prompts/compiled-version.ts'
import { wantedLanguages } from '../prompts/locale.ts'
import type { Selector } from '../prompts/reference.ts'
import { resolveVersion } from '../prompts/resolve.ts'
import { type SelectedId, implicitSelector, parseSelectedId, parseSelector, selectorRule } from '../prompts/selector.ts'
import { type Snapshot, type SnapshotVersion, promptKey } from '../snapshot/snapshot.ts'
import type { Actor } from '../store/ports.ts'

export interface WantedRendering {
  /** Slug or alias, with `@` and a selector when neither `version` nor `label` says which. */
  readonly prompt: string
  readonly version?: number | string | undefined
  readonly label?: string | undefined
  readonly variables?: JsonObject | undefined
  /** Language, as `metadata.locale` of a request. */
  readonly locale?: string | undefined
  /** The client's messages. */
  readonly messages?: readonly unknown[] | undefined
}

export interface Rendering {
  readonly slug: string
  readonly version: SnapshotVersion
  readonly label: string | null
  readonly compiled: CompiledVersion
  readonly expanded: Expanded
}

/**
 * What a request that names this prompt would send, by the very code that requests go through, from the state being served.
 *
 * @throws Fault `prompt_not_found`, `invalid_variables`, `invalid_request`.
 */
export function renderPrompt(snapshot: Snapshot, actor: Actor, wanted: WantedRendering): Rendering {
  const { id, selector } = referenceOf(wanted)
  const found = snapshot.prompts.get(promptKey(actor.tenantId, id))
  if (found === undefined) {
    throw new Fault('prompt_not_found', `No prompt '${id}' is served. It does not exist, or it is archived.`, {
      param: 'prompt',
    })
  }
  const { version, label } = resolveVersion(found, selector ?? selectorOf(wanted))
  const compiled = version.compiled().inLanguage(() => wantedLanguages(wanted.locale ?? null, undefined))
  const members = new Map(wanted.messages === undefined ? [] : [['messages', JSON.stringify(wanted.messages)] as const])
  return {
    slug: found.slug,
    version,
    label,
    compiled,
    expanded: compiled.expand({ variables: wanted.variables ?? {}, members }),
  }
}

function referenceOf({ prompt, version, label }: WantedRendering): SelectedId {
  const read = parseSelectedId(prompt.replace(/^@?prompt[:/]/, ''))
  if (typeof read === 'string')
    throw new Fault('invalid_request', `\`prompt\` ${read}. Write a slug, or \`<slug>@<selector>\`.`, {
      param: 'prompt',
    })
  if (read.selector === null || (version === undefined && label === undefined)) return read
  throw new Fault(
    'invalid_request',
    `\`prompt\` names a version, and \`${label === undefined ? 'version' : 'label'}\` does too. Keep one of them.`,
    { param: 'prompt' },
  )
}

function selectorOf({ version, label }: WantedRendering): Selector {
  if (label !== undefined) return { kind: 'label', label }
  if (version === undefined) return implicitSelector
  const selector = parseSelector(String(version))
  if (selector !== null && selector.kind !== 'label') return selector
  throw new Fault('invalid_request', `\`version\` ${selectorRule}. A label belongs in \`label\`.`, { param: 'version' })
}
