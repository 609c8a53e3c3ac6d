import { describe, expect, it } from 'vitest'
import { createMemoryStores } from '../../src/store/memory.ts'
import { storesContract } from './contract.ts'
import { systemClock } from '../../src/core/clock.ts'
import { actor, promptWith, type RecordedRun } from './contract/subject.ts'

storesContract('memory', async () => {
  const runs: RecordedRun[] = []
  const stores = createMemoryStores(systemClock, (_tenantId, slug, version) => {
    const run = runs.findLast((run) => run.slug === slug && run.version === version && run.complete)
    return run ?? null
  })
  return {
    stores,
    writer: stores.exchangeWriter,
    addTenant: async () => {},
    recordRun: async (run) => void runs.push(run),
    close: async () => {},
  }
})

describe('memory stores', () => {
  it('can be away like a database, and come back with everything', async () => {
    const stores = createMemoryStores()
    const slug = await promptWith(stores, 1)
    stores.setAvailable(false)
    const away = { kind: 'unavailable', message: expect.stringContaining('database') }
    await expect(stores.prompts.find('default', slug)).rejects.toMatchObject(away)
    await expect(stores.prompts.archive(actor, slug)).rejects.toMatchObject(away)
    await expect(stores.snapshot.head()).rejects.toMatchObject(away)
    await expect(stores.snapshot.since('0')).rejects.toMatchObject(away)
    await expect(stores.snapshot.all()[Symbol.asyncIterator]().next()).rejects.toMatchObject(away)
    await expect(stores.exchangeWriter.write([])).rejects.toMatchObject(away)
    stores.setAvailable(true)
    expect(await stores.prompts.find('default', slug)).toMatchObject({ slug, archivedAt: null })
  })
})
