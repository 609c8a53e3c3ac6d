import { Hono } from 'hono'
import { Fault } from '../core/fault.ts'
import { ownMember } from '../core/json.ts'
import { spliceMembers } from '../core/json-members.ts'
import type { Operation } from '../core/operation.ts'
import type { Asked } from '../pipeline/exchange.ts'
import { plan } from '../pipeline/plan.ts'
import { type InferenceDependencies, type InferenceEnvironment, answerInference, askedOf } from './inference.ts'
import { readJsonBody } from './read-body.ts'

/** One endpoint of the inference API, below `/v1`. */
export interface InferenceRoute {
  readonly path: string
  readonly operation: Operation
}

/** Every endpoint that runs an exchange. All of them are `answerInference`; a new one is one line here. */
export const inferenceRoutes: readonly InferenceRoute[] = [
  { path: '/chat/completions', operation: 'chat' },
  { path: '/completions', operation: 'text_completion' },
  { path: '/responses', operation: 'responses' },
  { path: '/responses/compact', operation: 'compaction' },
  { path: '/messages', operation: 'messages' },
  { path: '/embeddings', operation: 'embeddings' },
  { path: '/moderations', operation: 'moderations' },
  { path: '/images/generations', operation: 'images' },
  { path: '/images/edits', operation: 'images' },
  { path: '/images/variations', operation: 'images' },
  { path: '/audio/speech', operation: 'audio' },
  { path: '/audio/transcriptions', operation: 'audio' },
  { path: '/audio/translations', operation: 'audio' },
]

/** Parts of OpenAI's and Anthropic's APIs that keep state at one provider's account, so no request says where it belongs. */
const stateful = [
  '/chat/completions/*',
  '/responses/*',
  '/files/*',
  '/files',
  '/batches/*',
  '/batches',
  '/messages/*',
  '/conversations/*',
] as const

/** What is not offered, and why. The first path that fits counts. */
const notOffered: readonly { readonly path: string; readonly why: string }[] = [
  ...['/responses/input_tokens', '/messages/count_tokens'].map((path) => ({
    path,
    why: 'tokens are not counted ahead of a request',
  })),
  ...stateful.map((path) => ({ path, why: 'what lies behind it belongs to one account of one provider' })),
]

/** As if the request wanted this language; `metadata.locale` stays stronger. */
function inLanguage(asked: Asked, locale: string): Asked {
  return { ...asked, header: (name) => (name === 'accept-language' ? locale : asked.header(name)) }
}

export function inference(dependencies: InferenceDependencies): Hono<InferenceEnvironment> {
  const routes = new Hono<InferenceEnvironment>()
  for (const route of inferenceRoutes) {
    routes.post(route.path, (context) => answerInference(context, dependencies, route, null))
  }
  const [chat] = inferenceRoutes
  if (chat === undefined) throw new Error('There is no chat.')
  routes.post('/prompts/:id/completions', (context) =>
    answerInference(context, dependencies, chat, context.req.param('id')),
  )
  routes.post('/prompts/:id/render', async (context) => {
    const { text, body } = await readJsonBody(context.env.incoming, dependencies.maxBodyBytes)
    const locale = ownMember(body, 'locale')
    // A word to this endpoint, that no provider is sent.
    const sent = { text: spliceMembers(text, new Map([['locale', undefined]])), body, form: null }
    // Nobody is answered, so nobody is assigned: it shows what the label means.
    const asked = askedOf(context, chat, sent, dependencies.clock.monotonic(), {
      pathReference: context.req.param('id'),
    })
    const planned = plan(
      typeof locale === 'string' ? inLanguage(asked, locale) : asked,
      dependencies.exchanges.catalogue,
      dependencies.exchanges.defaults,
    )
    const rendered = planned.targets[0]?.body()
    if (typeof rendered !== 'string') throw new Fault('internal', 'The plan had no target.')
    if (planned.prompt?.locale) context.header('x-promptbox-locale', planned.prompt.locale)
    return context.json({ success: true, data: JSON.parse(rendered) as unknown })
  })
  for (const path of [
    ...inferenceRoutes.map((route) => route.path),
    '/prompts/:id/completions',
    '/prompts/:id/render',
  ]) {
    routes.all(path, () => {
      throw new Fault('method_not_allowed', 'This path takes POST only.', { headers: { allow: 'POST' } })
    })
  }
  for (const { path, why } of notOffered) {
    routes.all(path, (context) => {
      throw new Fault(
        'not_found',
        `${context.req.method} ${context.req.path} is not offered: ${why}. Call the provider itself for it.`,
        { code: 'unsupported_endpoint' },
      )
    })
  }
  return routes
}
