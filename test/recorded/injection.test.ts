import { resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { foldOf, type InjectionRow, readInjectionRows } from '../../bench/guardrails/training/injection-data.ts'
import {
  logitAt,
  logitOf,
  prepareTraining,
  trainInjection,
  upperBound,
} from '../../bench/guardrails/training/injection-training.ts'
import type { Finding } from '../../src/guardrails/guardrail.ts'
import { injection } from '../../src/guardrails/injection/injection.ts'
import { injectionLogits } from '../../src/guardrails/injection/weights.ts'
import { LinearModel } from '../../src/guardrails/linear/linear-model.ts'

const rows = readInjectionRows(resolve(process.env['PROMPTBOX_SHARED'] ?? '../shared', 'safety')) ?? []
if (rows.length === 0)
  console.warn(
    '\n*** The recorded attacks are missing: the tests of the injection model are SKIPPED. Set PROMPTBOX_SHARED to their folder. ***\n',
  )

function judge(row: InjectionRow): { readonly flagged: boolean; readonly blocked: boolean } {
  const scanner = injection.create(injection.settings.parse({})).open('input')
  const findings: Finding[] = []
  scanner.push(row.text, findings)
  scanner.end(findings)
  return { flagged: findings.length > 0, blocked: findings.some(({ flagOnly }) => flagOnly !== true) }
}

describe.skipIf(rows.length === 0)('the shipped injection model on recorded texts', () => {
  const harmless = rows.filter(({ label }) => label === 0)
  const core = rows.filter(({ label, tier }) => label === 1 && tier === 'core')
  const share = (of: readonly InjectionRow[], verdict: 'flagged' | 'blocked'): number =>
    of.filter((row) => judge(row)[verdict]).length / of.length

  it('flags at most one harmless text in 200, and blocks none', () => {
    expect(harmless.length).toBeGreaterThan(3000)
    expect(share(harmless, 'flagged')).toBeLessThanOrEqual(0.005)
    expect(share(harmless, 'blocked')).toBe(0)
  })

  it('flags most core attacks, and known jailbreaks nearly all', () => {
    expect(share(core, 'flagged')).toBeGreaterThanOrEqual(0.72)
    expect(share(core, 'blocked')).toBeGreaterThanOrEqual(0.33)
    expect(
      share(
        core.filter(({ kind }) => kind === 'jailbreak'),
        'flagged',
      ),
    ).toBeGreaterThanOrEqual(0.8)
  })

  it('does not flag a long text more often than the texts it consists of', () => {
    const long: string[] = []
    for (let index = 0; index + 10 <= harmless.length; index += 10)
      long.push(
        harmless
          .slice(index, index + 10)
          .map(({ text }) => text)
          .join('\n\n'),
      )
    const flagged = long.filter((text) => judge({ ...harmless[0], text } as InjectionRow).flagged).length
    expect(flagged / long.length).toBeLessThanOrEqual(0.02)
  })
})

describe.skipIf(rows.length === 0)('training the injection model', () => {
  const left = 'small attack collections'
  let some: InjectionRow[] = []
  let bytes: Uint8Array
  beforeAll(() => {
    some = rows.filter((row, index) => foldOf(row) === left || index % 6 === 0)
    bytes = trainInjection(prepareTraining(some), left)
  })

  it('gives the same bytes for the same rows', () => {
    expect(Buffer.compare(trainInjection(prepareTraining(some), left), bytes)).toBe(0)
  })

  it('finds the known jailbreaks and extractions of sources it has not seen', () => {
    const model = LinearModel.load(bytes)
    const attacks = rows.filter((row) => foldOf(row) === left && row.label === 1 && row.tier === 'core')
    const found = attacks.filter(({ text }) => logitOf(text, model) >= injectionLogits.flag)
    expect(found.length / attacks.length).toBeGreaterThanOrEqual(0.85)
  })
})

describe('calibration', () => {
  it('states the bound that so many texts without a hit prove', () => {
    expect(upperBound(0, 3172)).toBeCloseTo(1 - 0.05 ** (1 / 3172), 6)
    expect(upperBound(3, 3000)).toBeCloseTo(0.002583, 4)
    expect(upperBound(5, 5)).toBe(1)
  })

  it('takes as threshold the lowest logit that no more than the given share of harmless texts reach', () => {
    const row = (label: 0 | 1): InjectionRow => ({ id: '', text: '', label, kind: '', source: '', tier: 'core' })
    const logits = new Map(Array.from({ length: 100 }, (_, index) => [row(0), index / 10]))
    logits.set(row(1), 50)
    const reached = (share: number): number =>
      [...logits].filter(([each, logit]) => each.label === 0 && logit >= logitAt(logits, share)).length
    expect(reached(0)).toBe(0)
    expect(reached(0.01)).toBe(1)
    expect(reached(0.1)).toBe(10)
  })
})
