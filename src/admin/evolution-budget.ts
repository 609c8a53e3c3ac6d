import type { Clock } from '../core/clock.ts'
import type { StoredEvolutionPolicy } from '../store/evolution-port.ts'
import type { Stores, TestRun } from '../store/ports.ts'
import { policyOfNobody } from './evolution-policy.ts'

/** A month in UTC, such as `2026-11`. */
export function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7)
}

/** US dollars spent in this month. */
export function spentThisMonth(
  { spentUsd, spentMonth }: Pick<StoredEvolutionPolicy, 'spentUsd' | 'spentMonth'>,
  now: number,
): number {
  return spentMonth === monthOf(now) ? spentUsd : 0
}

/**
 * What an answer is counted for whose price nobody knows, US dollars: it was hardly free, and a budget that such answers do not
 * touch would be none. A price of the model, also 0, takes its place.
 */
export const assumedUsd = 0.05

/** The money of one policy, as one run or step sees it. */
export class EvolutionBudget {
  #policy: StoredEvolutionPolicy
  readonly #needs: { readonly stores: Pick<Stores, 'evolution'>; readonly clock: Clock }
  #spentUsd = 0
  #isUnknown = false

  constructor(
    needs: { readonly stores: Pick<Stores, 'evolution'>; readonly clock: Clock },
    policy: StoredEvolutionPolicy,
  ) {
    this.#needs = needs
    this.#policy = policy
  }

  /** What this run or step spent, US dollars. */
  get spentUsd(): number {
    return this.#spentUsd
  }

  /**
   * Why nothing more may be asked, as a sentence; null: something may. Asked of the store each time, so that what others spend
   * meanwhile counts, and a budget that is lowered holds at once.
   */
  async whyNot(): Promise<string | null> {
    const { tenantId, prompt } = this.#policy
    this.#policy = (await this.#needs.stores.evolution.policy(tenantId, prompt)) ?? policyOfNobody(tenantId, prompt)
    const { budget_usd: budget } = this.#policy.body
    const spent = spentThisMonth(this.#policy, this.#needs.clock.now())
    if (this.#isUnknown) {
      return `What an answer cost is not known, and was counted as ${assumedUsd} US dollars; no more are asked for in this run. Set a price with PUT /admin/v1/models/{id}.`
    }
    if (spent < budget) return null
    return `The budget of ${budget} US dollars a month is spent (${Math.round(spent * 1e6) / 1e6}). Raise \`budget_usd\`, or wait for the next month.`
  }

  /** Keeps what an answer cost; null: unknown, and counted as `assumedUsd`. The mock provider is known to cost nothing. */
  async spend(costUsd: number | null, model: string): Promise<void> {
    const usd = costUsd ?? (isFree(model) ? 0 : null)
    if (usd === null) this.#isUnknown = true
    await this.#keep(usd ?? assumedUsd)
  }

  /** Keeps what a run of test cases cost, and tells it: US dollars, with `assumedUsd` for each answer of unknown price. */
  async spendRun({ costUsd, cases }: Pick<TestRun, 'costUsd' | 'cases'>): Promise<number> {
    const usd = costUsd ?? reckoned(cases)
    await this.#keep(usd)
    return usd
  }

  async #keep(usd: number): Promise<void> {
    if (usd === 0) return
    this.#spentUsd += usd
    const { tenantId, prompt } = this.#policy
    await this.#needs.stores.evolution.spend(tenantId, prompt, monthOf(this.#needs.clock.now()), usd)
  }
}

const isFree = (model: string | null): boolean => model?.startsWith('mock/') === true

/** When every answer has its price it is that of a judge that is unknown, whose answers are not told one by one. */
function reckoned(cases: TestRun['cases']): number {
  const asked = cases.filter(({ requestId, model }) => requestId !== null && !isFree(model))
  const unknown = asked.filter(({ costUsd }) => costUsd === null)
  const known = asked.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0)
  return known + assumedUsd * (unknown.length > 0 ? unknown : asked).length
}
