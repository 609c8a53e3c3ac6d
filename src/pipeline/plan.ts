import { Fault } from '../core/fault.ts'
import { type JsonObject, ownMember } from '../core/json.ts'
import { topLevelMembers } from '../core/json-members.ts'
import type { CompiledVersion } from '../prompts/compiled-version.ts'
import { type ReadReference, parseModelReference, readReference } from '../prompts/reference.ts'
import { resolveVersion } from '../prompts/resolve.ts'
import { promptKey } from '../snapshot/snapshot.ts'
import type { Asked, Planned, ResolvedPrompt, Target } from './exchange.ts'
import { type ModelCatalogue, type ResolvedModel, resolveModel } from './resolve-model.ts'
import { asksForUsage, plainBody, promptBody, usageOption } from './upstream-body.ts'

/** What a plan takes from the configuration when neither request nor version says otherwise. */
export interface PlanDefaults {
  readonly retries: number
  readonly attemptTimeoutMs: number
}

const forwardedHeaders = [
  'openai-organization',
  'openai-project',
  'openai-beta',
  'x-client-request-id',
  'idempotency-key',
] as const

/**
 * Decides everything about an exchange from the snapshot it holds: which prompt and version, the variables, the targets in
 * their order. Pure: no I/O, no clock, no chance.
 *
 * @throws Fault: unknown prompt or model, conflicting references, missing or wrong variables.
 */
export function plan(asked: Asked, catalogue: ModelCatalogue, defaults: PlanDefaults): Planned {
  const read = readReference(asked)
  if (read.reference === null) {
    const { retries, attemptTimeoutMs } = defaults
    return planned(asked, null, [plainTarget(asked, catalogue)], [], retries, attemptTimeoutMs)
  }
  const { prompt, compiled } = findPrompt(asked, read)
  const expanded = compiled.expand({
    variables: read.variables,
    members: promptMembers(asked, read),
  })
  const models = chooseModels(asked.body, compiled)
  const warnings = [...expanded.warnings, ...models.warnings]
  const targets = targetsOf(models.names, asked, catalogue, expanded.members, warnings)
  const retries = compiled.retries ?? defaults.retries
  return planned(asked, prompt, targets, warnings, retries, compiled.timeoutMs ?? defaults.attemptTimeoutMs)
}

function planned(
  asked: Asked,
  prompt: ResolvedPrompt | null,
  targets: readonly Target[],
  warnings: readonly string[],
  retries: number,
  attemptTimeoutMs: number,
): Planned {
  return {
    asked,
    prompt,
    targets,
    clientWantsUsage: asksForUsage(asked.body),
    warnings,
    retries,
    attemptTimeoutMs,
    forwardHeaders: forwardHeadersOf(asked),
  }
}

function forwardHeadersOf(asked: Asked): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of forwardedHeaders) {
    const value = asked.header(name)
    if (value !== undefined) found[name] = value
  }
  return found
}

function plainTarget(asked: Asked, catalogue: ModelCatalogue): Target {
  const name = ownMember(asked.body, 'model')
  if (name !== undefined && typeof name !== 'string') {
    throw new Fault('invalid_request', 'The field `model` must be a string.', { param: 'model' })
  }
  if (name === undefined || name === '') {
    throw new Fault(
      'invalid_request',
      'The field `model` is missing. Set it to a model such as `openai/gpt-4o-mini`, or to a prompt such as `prompt:support-reply`.',
      { param: 'model' },
    )
  }
  requireMessages(asked.body)
  const resolved = resolveModel(name, asked.snapshot, catalogue)
  const streamOptions = resolved.provider.usageOption ? usageOption(asked.body) : null
  const { provider, credential, model } = resolved
  return { provider, credential, model, body: once(() => plainBody(asked.text, asked.body, model, streamOptions)) }
}

/** Every provider refuses these; saying it here is quicker and the same everywhere. */
function requireMessages(body: JsonObject): void {
  const messages = ownMember(body, 'messages')
  if (Array.isArray(messages) && messages.length > 0) return
  throw new Fault(
    'invalid_request',
    'The field `messages` must be a list with at least one message. Only a request that names a prompt may leave it out.',
    { param: 'messages' },
  )
}

function findPrompt(asked: Asked, read: ReadReference): { prompt: ResolvedPrompt; compiled: CompiledVersion } {
  const reference = read.reference
  if (reference === null) throw new Fault('internal', 'No prompt was named.')
  const found = asked.snapshot.prompts.get(promptKey(asked.key.tenantId, reference.id))
  if (found === undefined) {
    throw new Fault(
      'prompt_not_found',
      `There is no prompt \`${reference.id}\`. See GET /v1/models for those this key may use.`,
      {
        param: 'prompt',
      },
    )
  }
  const { version, label } = resolveVersion(found, reference.selector)
  return {
    prompt: { slug: found.slug, version: version.number, hash: version.hash, label, reference },
    compiled: version.compiled(),
  }
}

/** The client's body as raw members, without what only names the prompt and with `metadata` cleaned of it. */
function promptMembers(asked: Asked, read: ReadReference): ReadonlyMap<string, string> {
  const members = new Map(topLevelMembers(asked.text))
  for (const name of read.strip) members.delete(name)
  if (read.metadata === null) members.delete('metadata')
  else if (read.metadata !== undefined) members.set('metadata', read.metadata)
  return members
}

/** A real model in the request replaces the version's first one unless the version locks it; the fallbacks stay. */
function chooseModels(
  body: JsonObject,
  compiled: CompiledVersion,
): { names: readonly string[]; warnings: readonly string[] } {
  const asked = ownMember(body, 'model')
  if (typeof asked !== 'string' || asked === '' || parseModelReference(asked) !== null) {
    return { names: compiled.models, warnings: [] }
  }
  if (compiled.locked.has('model')) {
    return {
      names: compiled.models,
      warnings: asked === compiled.models[0] ? [] : ['`model` is locked by the prompt and was ignored'],
    }
  }
  return { names: [asked, ...compiled.models.slice(1).filter((name) => name !== asked)], warnings: [] }
}

function targetsOf(
  names: readonly string[],
  asked: Asked,
  catalogue: ModelCatalogue,
  members: ReadonlyMap<string, string>,
  warnings: string[],
): readonly Target[] {
  const targets: Target[] = []
  let first: Fault | null = null
  for (const name of names) {
    let resolved: ResolvedModel
    try {
      resolved = resolveModel(name, asked.snapshot, catalogue)
    } catch (error) {
      const fault = Fault.from(error)
      if (fault.kind !== 'model_not_found') throw fault
      // A target that cannot be reached is skipped for the next one, and the answer says so.
      first ??= fault
      warnings.push(`model \`${name}\` cannot be reached and was skipped`)
      continue
    }
    const streamOptions = resolved.provider.usageOption ? usageOption(asked.body) : null
    const { provider, credential, model } = resolved
    targets.push({ provider, credential, model, body: once(() => promptBody(members, model, streamOptions)) })
  }
  if (targets.length === 0)
    throw first ?? new Fault('model_not_found', 'The prompt names no model.', { param: 'model' })
  return targets
}

/** Bodies are made when a target is tried, and kept for its retries and for the record. */
function once(make: () => string): () => string {
  let made: string | null = null
  return () => (made ??= make())
}
