import { afterAll, beforeAll, describe } from 'vitest'
import { agentsContract } from './contract/agents.ts'
import { chainsContract } from './contract/chains.ts'
import { evolutionContract } from './contract/evolution.ts'
import { exchangesContract } from './contract/exchanges.ts'
import { experimentLedgerContract } from './contract/experiment-ledger.ts'
import { experimentStartsContract } from './contract/experiment-starts.ts'
import { experimentsContract } from './contract/experiments.ts'
import { feedbackContract } from './contract/feedback.ts'
import { findingContract } from './contract/finding.ts'
import { guardrailReportsContract } from './contract/guardrail-reports.ts'
import { guardrailsContract } from './contract/guardrails.ts'
import { labelsContract } from './contract/labels.ts'
import { leasesContract } from './contract/leases.ts'
import { partialsContract } from './contract/partials.ts'
import { outputChecksContract } from './contract/output-checks.ts'
import { promptsContract } from './contract/prompts.ts'
import { reviewsContract } from './contract/reviews.ts'
import { smallerContract } from './contract/smaller.ts'
import { snapshotContract } from './contract/snapshot.ts'
import { templatesContract } from './contract/templates.ts'
import type { Subject } from './contract/subject.ts'
import { testRunsContract } from './contract/test-runs.ts'

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
    partialsContract(get)
    reviewsContract(get)
    smallerContract(get)
    testRunsContract(get)
    chainsContract(get)
    snapshotContract(get)
    exchangesContract(get)
    agentsContract(get)
    findingContract(get)
    outputChecksContract(get)
    guardrailsContract(get)
    guardrailReportsContract(get)
    templatesContract(get)
    experimentsContract(get)
    experimentStartsContract(get)
    feedbackContract(get)
    evolutionContract(get)
    experimentLedgerContract(get)
    leasesContract(get)
  })
}
