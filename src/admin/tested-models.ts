import type { TestedModel } from '../evolution/evidence.ts'
import type { StoredVersion } from '../store/ports.ts'
import type { AdminDependencies } from './dependencies.ts'

/** Each run is read whole. */
const newestRuns = 10

/** How the newest test runs of a version came out, by the model that was asked: its own, or one that was named for the run. */
export async function testedModels(
  { stores }: Pick<AdminDependencies, 'stores'>,
  tenantId: string,
  { slug, version, body }: StoredVersion,
): Promise<ReadonlyMap<string, TestedModel>> {
  const { data } = await stores.testRuns.list(tenantId, slug, { version, limit: newestRuns })
  const sums = new Map<string, TestedModel>()
  for (const { id } of data) {
    const run = await stores.testRuns.find(tenantId, slug, id)
    for (const { askedModel, checks, error } of run?.cases ?? []) {
      // That there was no answer may have had other reasons than the model.
      if (error !== null) continue
      const name = askedModel ?? body.model
      const sum = sums.get(name) ?? { passed: 0, checks: 0 }
      const passed = checks.filter((check) => check.passed).length
      sums.set(name, { passed: sum.passed + passed, checks: sum.checks + checks.length })
    }
  }
  return sums
}
