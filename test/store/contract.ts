import { afterAll, beforeAll, describe } from 'vitest'
import { chainsContract } from './contract/chains.ts'
import { exchangesContract } from './contract/exchanges.ts'
import { labelsContract } from './contract/labels.ts'
import { promptsContract } from './contract/prompts.ts'
import { smallerContract } from './contract/smaller.ts'
import { snapshotContract } from './contract/snapshot.ts'
import type { Subject } from './contract/subject.ts'

/** What the doc comments of `src/store/ports.ts` promise, for any implementation. */
export function storesContract(name: string, open: () => Promise<Subject>): void {
  describe(`stores: ${name}`, () => {
    let subject: Subject | undefined
    beforeAll(async () => {
      subject = await open()
    })
    afterAll(() => subject?.close())
    const get = (): Subject => {
      if (subject === undefined) throw new Error('the subject is not open yet')
      return subject
    }
    promptsContract(get)
    labelsContract(get)
    smallerContract(get)
    chainsContract(get)
    snapshotContract(get)
    exchangesContract(get)
  })
}
