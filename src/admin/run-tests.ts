import type { TestCase } from '../contract/test-case.ts'
import type { CaseResult, TestTrigger } from '../contract/test-run.ts'
import { Fault } from '../core/fault.ts'
import { newRequestId } from '../core/ids.ts'
import { scoreOf, thresholdOf } from '../evaluation/score.ts'
import { withoutWords } from '../evaluation/without-words.ts'
import type { Actor, NewTestRun, StoredPrompt, StoredVersion, TestRun } from '../store/ports.ts'
import { chooseCases } from './choose-cases.ts'
import type { AdminDependencies } from './dependencies.ts'
import { findPrompt, findVersion } from './find-prompt.ts'
import { type CaseToRun, type RunCase, runCase } from './run-case.ts'
import { type WantedVersion, selectVersion } from './select-version.ts'
import { Slots } from './slots.ts'
import { checkTargetModel } from './target-model.ts'

export interface TestSettings {
  /** Cases at the same time, all runs together. */
  readonly parallel: number
  /** One run as a whole, milliseconds. */
  readonly timeoutMs: number
  /** Runs kept of each version. */
  readonly keep: number
  /** What of the answers is kept: only `on` keeps their words. */
  readonly logBodies: 'on' | 'off' | 'redacted'
}

export interface WantedRun {
  /** Left out: where `production` points, else the latest. */
  readonly version?: WantedVersion | undefined
  /** Instead of `version`. */
  readonly label?: string | undefined
  /** Names of stored cases, or cases as they are. Left out: all stored ones. */
  readonly cases?: readonly (string | TestCase)[] | undefined
  /** Each case is run against each. Left out: the version's own model. */
  readonly models?: readonly string[] | undefined
}

export interface TestRunner {
  /** Runs test cases and keeps the run. Cases that fail are a result, never a Fault. The outputs are in what is given back. */
  run(actor: Actor, slugOrAlias: string, wanted: WantedRun): Promise<TestRun>
  /**
   * Runs all stored cases of a version for a label that is to move there, and keeps the run. Fault `conflict`, code
   * `no_test_cases`: nothing can be shown, so the gate stays closed.
   */
  runGate(actor: Actor, slug: string, version: number): Promise<TestRun>
  /** Runs all cases of a version that was just saved. Never rejects: saving has succeeded. */
  runOnSave(
    actor: Actor,
    version: StoredVersion,
  ): Promise<{ readonly run: TestRun | null; readonly warning: string | null }>
}

type Needs = Pick<
  AdminDependencies,
  | 'stores'
  | 'askInside'
  | 'callWebhook'
  | 'webhookSecrets'
  | 'published'
  | 'providers'
  | 'snapshot'
  | 'tests'
  | 'clock'
  | 'observe'
>

interface Plan {
  readonly version: StoredVersion
  readonly trigger: TestTrigger
  readonly cases: readonly TestCase[]
  /** null: the version's own. */
  readonly models: readonly (string | null)[]
  /** It is all that is stored, as it is served. */
  readonly whole: boolean
}

/** Runs that may wait for each other in one process. */
const mostRunsAtOnce = 32
/** Answers that one run may be asked for. */
const mostAnswers = 2_000
const longestOutput = 20_000
/** Of all outputs of one run together, characters. */
const longestOutputs = 4_000_000

/** Runs test cases by the pipeline that requests go through. One for the process: what runs at once is bounded over all runs. */
export function createTestRunner(needs: Needs): TestRunner {
  const { stores, observe, tests } = needs
  const slots = new Slots(tests.parallel)
  let open = 0

  async function keepRun(actor: Actor, plan: Plan): Promise<TestRun> {
    if (open >= mostRunsAtOnce) {
      throw new Fault('rate_limited', `${open} test runs are under way. Try again when some of them are done.`)
    }
    open += 1
    try {
      // The cases go through what this process serves, which may not know yet what was written a moment ago.
      await needs.published()
      const run = await runPlan(actor, plan, needs, slots)
      const kept = tests.logBodies === 'on' ? run : { ...run, cases: run.cases.map(withoutWords) }
      const { createdAt, createdBy } = await stores.testRuns.add(actor, kept, tests.keep)
      return { ...run, createdAt, createdBy }
    } finally {
      open -= 1
    }
  }

  const runStored = (actor: Actor, version: StoredVersion, trigger: TestTrigger): Promise<TestRun> =>
    keepRun(actor, { version, trigger, cases: chooseCases(version, undefined), models: [null], whole: true })

  return {
    async run(actor, slugOrAlias, wanted) {
      const prompt = await findLive(stores, actor, slugOrAlias)
      const version = await selectVersion(
        stores.prompts,
        prompt,
        wantedOf(prompt, wanted),
        wanted.label === undefined ? 'version' : 'label',
      )
      const cases = chooseCases(version, wanted.cases)
      const models = modelsOf(version, wanted.models, needs)
      requireFew(cases.length * models.length)
      const whole = wanted.cases === undefined && wanted.models === undefined
      return keepRun(actor, { version, trigger: 'demand', cases, models, whole })
    },

    async runGate(actor, slug, number) {
      const prompt = await findLive(stores, actor, slug)
      return runStored(actor, await findVersion(stores.prompts, prompt, number, 'version'), 'gate')
    },

    async runOnSave(actor, version) {
      try {
        return { run: await runStored(actor, version, 'save'), warning: null }
      } catch (error) {
        const fault = Fault.from(error)
        if (fault.kind === 'internal') observe({ type: 'defect', where: 'admin: run tests on save', error })
        return { run: null, warning: `the test cases were not run: ${fault.message}` }
      }
    },
  }
}

async function runPlan(actor: Actor, plan: Plan, needs: Needs, slots: Slots): Promise<NewTestRun> {
  const { version, trigger, cases, models } = plan
  const { clock, tests } = needs
  const endsAt = clock.monotonic() + tests.timeoutMs
  const count = cases.length * models.length
  const common: Omit<CaseToRun, 'testCase' | 'askedModel'> = {
    tenantId: actor.tenantId,
    slug: version.slug,
    version: version.version,
    ownModel: version.body.model,
    remainingMs: () => endsAt - clock.monotonic(),
    outputChars: Math.min(longestOutput, Math.floor(longestOutputs / count)),
  }
  const toRun = models.flatMap((askedModel) => cases.map((testCase) => ({ ...common, testCase, askedModel })))
  const ran = await Promise.all(toRun.map((each) => slots.run(() => runCase(each, needs))))
  const results = ran.map(({ result }) => result)
  const score = scoreOf(results)
  const threshold = thresholdOf(version.body)
  return {
    id: newRequestId(),
    slug: version.slug,
    version: version.version,
    passed: score >= threshold,
    score,
    threshold,
    complete: plan.whole && results.every(wasRun),
    trigger,
    costUsd: sumOf(ran),
    cases: results,
  }
}

const wasRun = (result: CaseResult): boolean => result.requestId !== null

function sumOf(ran: readonly RunCase[]): number | null {
  let sum = 0
  for (const { spentUsd } of ran) {
    if (spentUsd === null) return null
    sum += spentUsd
  }
  return sum
}

/** An archived prompt is not served, so nothing could answer. */
async function findLive(stores: Needs['stores'], actor: Actor, slugOrAlias: string): Promise<StoredPrompt> {
  const prompt = await findPrompt(stores.prompts, actor.tenantId, slugOrAlias)
  if (prompt.archivedAt === null) return prompt
  throw new Fault('conflict', `Prompt '${prompt.slug}' is archived, so it is not served. Restore it first.`, {
    code: 'prompt_archived',
  })
}

function wantedOf(prompt: StoredPrompt, { version, label }: WantedRun): WantedVersion {
  const wanted = label ?? version
  if (wanted !== undefined && wanted !== 'latest') return wanted
  const { latestVersion, labels } = prompt
  if (latestVersion === null) {
    throw new Fault('conflict', `Prompt '${prompt.slug}' has no version yet. Add one with its \`test_cases\` first.`, {
      code: 'no_test_cases',
    })
  }
  const production = Object.hasOwn(labels, 'production') ? labels['production'] : undefined
  return wanted === 'latest' ? latestVersion : (production ?? latestVersion)
}

function modelsOf(version: StoredVersion, wanted: WantedRun['models'], needs: Needs): readonly (string | null)[] {
  if (wanted === undefined) return [null]
  for (const [index, name] of wanted.entries()) checkTargetModel(name, `models[${index}]`, needs)
  if (version.body.overrides?.locked?.includes('model') === true) {
    throw new Fault(
      'invalid_request',
      `\`models\` cannot be chosen: version ${version.version} locks \`model\`, so it always runs with its own. Leave it out.`,
      { param: 'models' },
    )
  }
  return wanted
}

function requireFew(count: number): void {
  if (count <= mostAnswers) return
  throw new Fault(
    'invalid_request',
    `\`models\` times the cases makes ${count} answers; one run may ask for ${mostAnswers}. Name fewer models or cases.`,
    { param: 'models' },
  )
}
