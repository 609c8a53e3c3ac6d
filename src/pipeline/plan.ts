import { Fault } from '../core/fault.ts'
import { type JsonObject, isJsonObject, ownMember } from '../core/json.ts'
import { assembleObject, topLevelMembers } from '../core/json-members.ts'
import { once } from '../core/once.ts'
import type { Operation } from '../core/operation.ts'
import { expandResponses } from '../prompts/expand-responses.ts'
import type { CompiledVersion, Expanded } from '../prompts/compiled-version.ts'
import { type ReadReference, parseModelReference, readReference } from '../prompts/reference.ts'
import { AssignedInVain, modelOfRequest } from './assign-variant.ts'
import type { Asked, Planned, Target } from './exchange.ts'
import { type FoundPrompt, findPrompt } from './find-prompt.ts'
import { forwardHeadersOf } from './forward-headers.ts'
import { defaultModel } from './model-left-out.ts'
import { dialectOf } from './over-chat.ts'
import { inChatWords, oneOfSeveral, targetFor, told, unsupportedEndpoint, type Wording } from './plan-target.ts'
import { PlannedRequest } from './planned-request.ts'
import { requireSwitch } from './require-switch.ts'
import type { ModelCatalogue, ResolvedModel } from './resolve-model.ts'
import { resolveTargets } from './route-targets.ts'
import { asksForUsage } from './upstream-body.ts'

/** What a plan takes from the configuration when neither request nor version says otherwise. */
export interface PlanDefaults {
  readonly retries: number
  readonly attemptTimeoutMs: number
}

/**
 * Decides everything about an exchange from the snapshot it holds: which prompt and version, the variables, the targets in
 * their order. Pure: no I/O, no clock, no chance.
 *
 * @throws AssignedInVain when it was assigned a variant and the rest failed; its cause is the Fault.
 * @throws Fault: unknown prompt or model, conflicting references, missing or wrong variables, an operation nobody offers.
 */
export function plan(asked: Asked, catalogue: ModelCatalogue, defaults: PlanDefaults): Planned {
  requireSwitch(asked.body)
  const read = takesPrompts(asked) ? readReference(asked) : null
  if (read === null || read.reference === null) return planPlain(asked, catalogue, defaults)
  const found = findPrompt(asked, read.reference)
  const { prompt, assignment, ownModel } = found
  try {
    return planPrompt(asked, read, found, catalogue, defaults)
  } catch (error) {
    throw assignment === null ? error : new AssignedInVain(error, prompt, assignment, ownModel)
  }
}

/** A form is never a prompt, and neither is what has no messages. */
function takesPrompts(asked: Asked): boolean {
  const { operation, body } = asked
  if (operation === 'chat' || dialectOf(operation) !== null) return true
  const model = ownMember(body, 'model')
  if (typeof model === 'string' && parseModelReference(model) !== null) {
    throw new Fault(
      'invalid_request',
      `A prompt cannot be used on ${asked.path}. Name a model, such as \`openai/…\`.`,
      {
        param: 'model',
        code: 'unsupported_endpoint',
      },
    )
  }
  return false
}

function planPlain(asked: Asked, catalogue: ModelCatalogue, defaults: PlanDefaults): Planned {
  const name = defaultModel(asked, asked.snapshot, catalogue) ?? modelNameOf(asked)
  requireContent(asked)
  const warnings: string[] = []
  const dialect = dialectOf(asked.operation)
  const inChat = dialect === null ? null : once(() => inChatWords(dialect, asked))
  const chatBody = (): JsonObject => (inChat === null ? asked.body : parsedOr(() => inChat().members, asked.body))
  const found = resolveTargets([name], new PlannedRequest(asked, null, chatBody), asked.snapshot, catalogue)
  warnings.push(...found.warnings)
  const overChat = inChat === null ? null : told(inChat, warnings)
  const targets = targetsFor(asked, found.targets, { own: null, overChat }, true, warnings)
  return {
    asked,
    prompt: null,
    targets,
    clientWantsUsage: asksForUsage(asked.body),
    warnings,
    retries: defaults.retries,
    attemptTimeoutMs: defaults.attemptTimeoutMs,
    cacheTtlSeconds: 0,
    compressed: null,
    forwardHeaders: forwardHeadersOf(asked),
    output: null,
    onOutputMismatch: 'flag',
    variables: null,
  }
}

function planPrompt(
  asked: Asked,
  read: ReadReference,
  { prompt, compiled, assignment, ownModel, warning }: FoundPrompt,
  catalogue: ModelCatalogue,
  defaults: PlanDefaults,
): Planned {
  const members = promptMembers(asked, read)
  const models = chooseModels(asked.body, compiled)
  const warnings = warning === null ? [...models.warnings] : [warning, ...models.warnings]
  const { wording, expanded, inChat } = expand(asked, compiled, read.variables, members, warnings)
  const request = new PlannedRequest(asked, prompt.slug, () => parsedOr(() => inChat().members, asked.body))
  const found = resolveTargets(models.names, request, asked.snapshot, catalogue)
  const mayBeOwn = asked.operation === 'chat' || asked.operation === 'responses'
  const targets = targetsFor(asked, found.targets, wording, mayBeOwn, warnings)
  // Expanding is where missing variables are found out, so it happens now and not when a target is tried.
  // In the request's own words where anybody understands them: chat may have none for what else it says.
  const isOwn = ({ endpoint, provider }: Target): boolean => endpoint === provider.endpoints[asked.operation]
  const { compressed } = targets.some(isOwn) ? expanded() : inChat()
  warnings.push(...found.warnings)
  return {
    asked,
    prompt,
    targets,
    clientWantsUsage: asksForUsage(asked.body),
    warnings,
    retries: compiled.retries ?? defaults.retries,
    attemptTimeoutMs: compiled.timeoutMs ?? defaults.attemptTimeoutMs,
    cacheTtlSeconds: compiled.body.cache_ttl_seconds ?? 0,
    compressed: compressed ?? null,
    forwardHeaders: forwardHeadersOf(asked),
    output: compiled.output,
    onOutputMismatch: compiled.body.on_output_mismatch ?? 'flag',
    variables: read.variables,
    ...(assignment === null ? {} : { assignment }),
    ...(ownModel ? { ownModel } : {}),
    ...pinnedBy(compiled),
  }
}

/** The prompt with the request in it: in chat's words, and in those of the Responses API where it was asked there. */
function expand(
  asked: Asked,
  compiled: CompiledVersion,
  variables: JsonObject,
  members: ReadonlyMap<string, string>,
  warnings: string[],
): { readonly wording: Wording; readonly expanded: () => Expanded; readonly inChat: () => Expanded } {
  const dialect = dialectOf(asked.operation)
  if (dialect === null) {
    const expanded = once(() => compiled.expand({ variables, members }))
    return { wording: { own: told(expanded, warnings), overChat: null }, expanded, inChat: expanded }
  }
  const chat = once(() => {
    const text = assembleObject(members)
    const request = inChatWords(dialect, { body: JSON.parse(text) as JsonObject, text })
    const made = compiled.expand({ variables, members: request.members })
    return { ...made, warnings: [...request.warnings, ...made.warnings] }
  })
  const overChat = told(chat, warnings)
  if (asked.operation !== 'responses') return { wording: { own: null, overChat }, expanded: chat, inChat: chat }
  const responses = once(() => expandResponses(compiled, { variables, members }))
  return { wording: { own: told(responses, warnings), overChat }, expanded: responses, inChat: chat }
}

function targetsFor(
  asked: Asked,
  models: readonly ResolvedModel[],
  wording: Wording,
  mayBeOwn: boolean,
  warnings: string[],
): readonly Target[] {
  const targets: Target[] = []
  for (const model of models) {
    const target = targetFor(asked, model, wording, mayBeOwn)
    if (target !== null) targets.push(models.length > 1 ? oneOfSeveral(target, asked, warnings) : target)
    else if (models.length > 1) {
      warnings.push(`model \`${model.provider.id}/${model.model}\` has no ${asked.path} and was skipped`)
    }
  }
  if (targets.length === 0) throw unsupportedEndpoint(asked, models)
  return targets
}

function modelNameOf(asked: Asked): string {
  const name = ownMember(asked.body, 'model') ?? ''
  if (typeof name !== 'string') {
    throw new Fault('invalid_request', 'The field `model` must be a string.', { param: 'model' })
  }
  if (name === '') {
    const prompt = dialectOf(asked.operation) !== null || asked.operation === 'chat'
    const other = prompt ? ', or to a prompt such as `prompt:support-reply`' : ''
    throw new Fault(
      'invalid_request',
      `The field \`model\` is missing. Set it to a model such as \`openai/gpt-4o-mini\`${other}.`,
      { param: 'model' },
    )
  }
  return name
}

/** The field without which every provider refuses; saying it here is quicker and the same everywhere. */
const content: Readonly<Partial<Record<Operation, string>>> = {
  text_completion: 'prompt',
  responses: 'input',
  embeddings: 'input',
  moderations: 'input',
}

/** A response may go on from what the provider has kept, and then needs no input of its own. */
const continues = ['previous_response_id', 'conversation', 'prompt'] as const

function requireContent(asked: Asked): void {
  const { operation, body } = asked
  if (operation === 'chat' || operation === 'messages') {
    const messages = ownMember(body, 'messages')
    if (Array.isArray(messages) && messages.length > 0) return
    throw new Fault(
      'invalid_request',
      'The field `messages` must be a list with at least one message. Only a request that names a prompt may leave it out.',
      { param: 'messages' },
    )
  }
  if (operation === 'responses' && continues.some((name) => (ownMember(body, name) ?? null) !== null)) return
  const name = content[operation]
  if (name === undefined || (ownMember(body, name) ?? null) !== null) return
  throw new Fault('invalid_request', `The field \`${name}\` is missing.`, { param: name })
}

/** Versions of earlier releases may have something else in this field, which meant nothing and asks for nothing. */
function pinnedBy({ body }: CompiledVersion): Pick<Planned, 'pinnedGuardrails'> {
  const pinned: unknown = body.guardrails
  return Array.isArray(pinned) && pinned.length > 0 ? { pinnedGuardrails: body.guardrails ?? null } : {}
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
  const asked = modelOfRequest(body)
  if (asked === null) {
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

function parsed(members: ReadonlyMap<string, string>): JsonObject {
  const value = JSON.parse(assembleObject(members)) as unknown
  return isJsonObject(value) ? value : {}
}

/** What a route decides by is an estimate: a request that has no words in chat is judged by its own. */
function parsedOr(members: () => ReadonlyMap<string, string>, otherwise: JsonObject): JsonObject {
  try {
    return parsed(members())
  } catch (error) {
    if (error instanceof Fault) return otherwise
    throw error
  }
}
