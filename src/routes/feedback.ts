import { Hono } from 'hono'
import { type FeedbackNeeds, takeFeedback } from '../admin/take-feedback.ts'
import { type FeedbackReceipt, readFeedback, statementsOf } from '../contract/feedback.ts'
import { Fault } from '../core/fault.ts'
import type { FeedbackRecord } from '../core/feedback.ts'
import type { InferenceEnvironment } from './inference.ts'
import { readJsonBody } from './read-body.ts'

export interface FeedbackDependencies extends FeedbackNeeds {
  /** When it returns, all of them are with the operating system. */
  readonly keep: (records: readonly FeedbackRecord[]) => void
  readonly maxBodyBytes: number
}

/**
 * `POST /v1/feedback`: one statement on an exchange, or a list of them. Answered when they are in the spool, whether the
 * database is there or not; sending them again changes nothing.
 */
export function feedback(dependencies: FeedbackDependencies): Hono<InferenceEnvironment> {
  const routes = new Hono<InferenceEnvironment>()
  routes.post('/feedback', async (context) => {
    const { tenantId, id: keyId } = context.get('key')
    const sent = await readJsonBody(context.env.incoming, dependencies.maxBodyBytes)
    const body = readFeedback(sent.body)
    dependencies.keep(await takeFeedback({ tenantId, keyId, source: 'client' }, body, dependencies))
    return context.json({ object: 'feedback', received: statementsOf(body).length } satisfies FeedbackReceipt)
  })
  routes.all('/feedback', () => {
    throw new Fault('method_not_allowed', 'This path takes POST only.', { headers: { allow: 'POST' } })
  })
  return routes
}
