import { Hono } from 'hono'
import { Fault } from '../core/fault.ts'
import { plan } from '../pipeline/plan.ts'
import { type InferenceDependencies, type InferenceEnvironment, answerInference, askedOf } from './inference.ts'
import { readJsonBody } from './read-body.ts'

/** `POST /v1/chat/completions`, and the two paths that carry the prompt's name themselves. */
export function chatCompletions(dependencies: InferenceDependencies): Hono<InferenceEnvironment> {
  const routes = new Hono<InferenceEnvironment>()
  routes.post('/chat/completions', (context) => answerInference(context, dependencies, null))
  routes.post('/prompts/:id/completions', (context) => answerInference(context, dependencies, context.req.param('id')))
  routes.post('/prompts/:id/render', async (context) => {
    const body = await readJsonBody(context.env.incoming, dependencies.maxBodyBytes)
    const asked = askedOf(context, body, dependencies.clock.monotonic(), context.req.param('id'))
    const planned = plan(asked, dependencies.chat.catalogue, dependencies.chat.defaults)
    const [target] = planned.targets
    if (target === undefined) throw new Fault('internal', 'The plan had no target.')
    const data = JSON.parse(target.body()) as unknown
    return context.json({ success: true, data })
  })
  for (const path of ['/chat/completions', '/prompts/:id/completions', '/prompts/:id/render']) {
    routes.all(path, () => {
      throw new Fault('method_not_allowed', 'This path takes POST only.', { headers: { allow: 'POST' } })
    })
  }
  return routes
}
