import { Fault } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import { requireShallow } from '../core/nesting.ts'
import { once } from '../core/once.ts'
import type { Operation } from '../core/operation.ts'
import type { ChatRequest, Dialect } from '../dialects/dialect.ts'
import type { Expanded } from '../prompts/compiled-version.ts'
import type { Upload } from '../providers/provider.ts'
import type { Asked, Target } from './exchange.ts'
import { leavesModelOut } from './model-left-out.ts'
import { dialectOf, overChat } from './over-chat.ts'
import type { ResolvedModel } from './resolve-model.ts'
import { plainBody, promptBody, usageOption } from './upstream-body.ts'

/**
 * What a request says in chat's words (its members, raw), and in its own words where these differ and a provider may have
 * an endpoint for them. Each is made when it is first needed.
 */
export interface Wording {
  /** null: the request's own bytes go out, but for the model's name. */
  readonly own: (() => ReadonlyMap<string, string>) | null
  /** null: the operation has no meaning over chat. */
  readonly overChat: (() => ReadonlyMap<string, string>) | null
}

/**
 * The target for one model: the provider's own endpoint of the operation, else its chat endpoint with the answer told in the
 * operation's words.
 *
 * @param mayBeOwn false: the request has been put into chat's words for good (a prompt was expanded into it).
 * @returns null when the provider can do neither.
 */
export function targetFor(asked: Asked, resolved: ResolvedModel, wording: Wording, mayBeOwn: boolean): Target | null {
  const { provider, credentials, model } = resolved
  const own = provider.endpoints[asked.operation]
  const composed = (members: () => ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
    provider.composedBody?.(members()) ?? members()
  if (own !== undefined && mayBeOwn) {
    const asksUsage = provider.usageOption && reportsUsageOnDemand(asked.operation)
    const streamOptions = asksUsage ? usageOption(asked.body) : null
    const body = once((): string | Upload => {
      if (asked.form !== null) return asked.form.withModel(model)
      if (wording.own !== null) return promptBody(composed(wording.own), model, streamOptions)
      if (leavesModelOut(asked)) return asked.text
      return plainBody(asked.text, asked.body, model, streamOptions)
    })
    return { provider, endpoint: own, credentials, model, body }
  }
  const dialect = dialectOf(asked.operation)
  const inChat = wording.overChat
  if (dialect === null || inChat === null) return null
  const endpoint = overChat(dialect, asked, provider.endpoints.chat)
  const streamOptions = provider.usageOption && asked.stream ? '{"include_usage":true}' : null
  return {
    provider,
    endpoint,
    credentials,
    model,
    body: once(() => promptBody(composed(inChat), model, streamOptions)),
  }
}

/** The Responses API and Messages always report usage; the other two only when asked. */
function reportsUsageOnDemand(operation: Operation): boolean {
  return operation === 'chat' || operation === 'text_completion'
}

/** No provider of the plan can do what was asked. */
export function unsupportedEndpoint(asked: Asked, models: readonly ResolvedModel[]): Fault {
  const names = models.map(({ provider, model }) => `\`${provider.id}/${model}\``).join(', ')
  return new Fault(
    'invalid_request',
    `The provider of ${names} has no endpoint for ${asked.path}. Choose a model of a provider that has one, such as \`openai\`.`,
    { param: 'model', code: 'unsupported_endpoint' },
  )
}

/** A request of a dialect in chat's words. `said` gives it parsed and as it was written. */
export function inChatWords(
  dialect: Dialect,
  { body, text }: { readonly body: JsonObject; readonly text: string },
): ChatRequest {
  requireShallow(body)
  return dialect.toChat(body, text)
}

/** What is made, as a target is sent it. What making it warned of is told then, and not when a route only looks at it. */
export function told(
  made: () => Pick<Expanded, 'members' | 'warnings'>,
  warnings: string[],
): () => ReadonlyMap<string, string> {
  return once(() => {
    const { members, warnings: own } = made()
    for (const warning of own) if (!warnings.includes(warning)) warnings.push(warning)
    return members
  })
}

/** One of several targets: when the request turns out to have no words for it, the answer says that it was passed over. */
export function oneOfSeveral(target: Target, asked: Asked, warnings: string[]): Target {
  const { provider, model, body } = target
  return {
    ...target,
    body: () => {
      try {
        return body()
      } catch (error) {
        if (error instanceof Fault) {
          warnings.push(`model \`${provider.id}/${model}\` cannot be asked this on ${asked.path} and was skipped`)
        }
        throw error
      }
    },
  }
}
