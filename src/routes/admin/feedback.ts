import type { AdminDependencies } from '../../admin/dependencies.ts'
import { takeFeedback } from '../../admin/take-feedback.ts'
import { giveFeedback } from '../../contract/admin/feedback.ts'
import { statementsOf } from '../../contract/feedback.ts'
import type { Mount } from './mount.ts'

export function mountFeedback(
  mount: Mount,
  { stores, clock, observe }: Pick<AdminDependencies, 'stores' | 'clock' | 'observe'>,
): void {
  const needs = { reader: stores.feedback, waiting: () => 0, clock, observe }

  mount(giveFeedback, async ({ actor, body }) => {
    const giver = { tenantId: actor.tenantId, keyId: actor.id, source: 'admin' }
    // Not through the spool: who asks the admin API expects to see at once what was written.
    const changed = await stores.feedback.writeFeedback(await takeFeedback(giver, body, needs))
    return { object: 'feedback' as const, received: statementsOf(body).length, changed }
  })
}
