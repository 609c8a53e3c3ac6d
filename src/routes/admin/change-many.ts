import { type ChangeResult, changeManyPrompts } from '../../admin/change-many-prompts.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { moveLabel } from '../../admin/move-label.ts'
import { type ChangeManyAnswer, changeMany, mostAtOnce } from '../../contract/admin/change-many.ts'
import type { Mount } from './mount.ts'

export function mountChangeMany(
  mount: Mount,
  { stores, runGate = null }: Pick<AdminDependencies, 'stores' | 'runGate'>,
): void {
  const store = stores.prompts

  mount(changeMany, async ({ actor, body }) => {
    const results = await changeManyPrompts(
      {
        prompts: store,
        setLabel: (who, { slug, ...move }) => moveLabel({ prompts: store, runGate }, who, slug, move),
        most: mostAtOnce,
      },
      actor,
      body,
    )
    return changedManyJson(results, body.dry_run ?? false)
  })
}

function changedManyJson(results: readonly ChangeResult[], dryRun: boolean): ChangeManyAnswer {
  const count = (status: ChangeResult['status']): number => results.filter((result) => result.status === status).length
  return {
    dry_run: dryRun,
    changed: count('changed'),
    unchanged: count('unchanged'),
    failed: count('failed'),
    data: results.map(({ prompt, status, fault }) => ({
      prompt,
      status,
      ...(fault === null ? {} : { error: { message: fault.message, code: fault.code, param: fault.param } }),
    })),
  }
}
