import type { AdminDependencies } from '../../admin/dependencies.ts'
import { listKnownModels } from '../../admin/list-known-models.ts'
import { knownProvider } from '../../admin/known-provider.ts'
import { putModel, splitModelId } from '../../admin/put-model.ts'
import * as models from '../../contract/admin/models.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import { knownModelJson, modelJson, sampleBillJson } from './model-json.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'

export function mountModels(
  mount: Mount,
  dependencies: Pick<AdminDependencies, 'stores' | 'providers' | 'snapshot' | 'checkPrices' | 'knownModels' | 'clock'>,
): void {
  const store = dependencies.stores.models

  mount(models.listModels, async () => ({ data: (await store.list()).map(modelJson), next_cursor: null }))

  mount(models.listKnownModels, async ({ query }) => {
    const asked = { ...query, limit: query.limit ?? defaultPage }
    return pageJson(listKnownModels(dependencies.knownModels(), asked), knownModelJson)
  })

  mount(models.putModel, async ({ actor, path, body }) => {
    const { aliases = [], prices = null, ...facts } = body
    const wanted = { id: path.id, aliases, prices, facts: models.factsOf(facts) }
    const { model, sampleBill } = await putModel(dependencies, actor, wanted)
    return { ...modelJson(model), sample_bill: sampleBillJson(sampleBill) }
  })

  mount(models.removeModel, async ({ actor, path }) => {
    const { prefix, name } = splitModelId(path.id)
    const id = `${knownProvider(prefix, dependencies.providers, 'id').id}/${name}`
    await store.remove(actor, id)
    return { id, deleted: true as const }
  })
}
