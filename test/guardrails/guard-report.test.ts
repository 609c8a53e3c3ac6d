import { describe, expect, it } from 'vitest'
import { GuardReport } from '../../src/guardrails/guard-report.ts'
import type { Finding } from '../../src/guardrails/guardrail.ts'
import { ruleNamed } from './rules.ts'

const finding = (changes: Partial<Finding> = {}): Finding => ({ kind: 'word', start: 0, end: 4, score: 1, ...changes })
const flagging = ruleNamed('flagging', { action: 'flag' })
const redacting = ruleNamed('redacting')
const blocking = ruleNamed('blocking', { action: 'block' })
const shadow = ruleNamed('shadow', { action: 'block', mode: 'shadow' })

/** A report of rules that have all looked to the end. */
function looked(...rules: readonly (typeof flagging)[]): GuardReport {
  const report = new GuardReport()
  report.looks(rules, 'input')
  report.looked(rules, 'input')
  return report
}

const verdictsOf = (report: GuardReport): readonly string[] => report.results().map(({ verdict }) => verdict)

describe('a guardrail that found nothing', () => {
  it('has passed when it has looked to the end', () => {
    const report = looked(flagging)
    expect(report.results()).toMatchObject([{ guardrail: 'flagging', stage: 'input', verdict: 'pass', findings: [] }])
    expect(report.results()[0]).not.toHaveProperty('problem')
    expect(report.summary()).toBe('pass')
  })

  it('is skipped when it has not, which is to be seen once nothing more will be said', () => {
    const report = new GuardReport()
    report.looks([flagging, shadow], 'input')
    expect(report.results()).toMatchObject([
      { verdict: 'skipped', problem: expect.any(String) as string },
      { verdict: 'skipped' },
    ])
    expect(report.summary(true)).toBe('skipped:flagging')
    expect(report.summary()).toBe('pass')
  })

  it('has not passed while a question of its own is open', () => {
    const report = looked(flagging)
    report.asks(flagging, 'input')
    report.asks(flagging, 'input')
    report.answered(flagging, 'input')
    expect(verdictsOf(report)).toEqual(['skipped'])
    report.answered(flagging, 'input')
    expect(verdictsOf(report)).toEqual(['pass'])
  })

  it('looks at each stage by itself', () => {
    const report = looked(flagging)
    report.looks([flagging], 'output')
    expect(report.results().map(({ stage, verdict }) => `${stage} ${verdict}`)).toEqual([
      'input pass',
      'output skipped',
    ])
  })
})

describe('what was found', () => {
  it('comes to what the guardrail does about it', () => {
    const report = looked(flagging, redacting, blocking, shadow)
    for (const rule of [flagging, redacting, blocking, shadow]) report.found(rule, 'input', '0/user', [finding()])
    expect(verdictsOf(report)).toEqual(['flag', 'redact', 'block', 'block'])
    expect(report.results().map(({ mode }) => mode)).toEqual(['enforce', 'enforce', 'enforce', 'shadow'])
  })

  it('only flags where it is too uncertain, and no later one makes that less grave', () => {
    const report = looked(redacting)
    report.found(redacting, 'input', '0/user', [finding({ flagOnly: true })])
    expect(verdictsOf(report)).toEqual(['flag'])
    report.found(redacting, 'input', '0/user', [finding()])
    report.found(redacting, 'input', '0/user', [finding({ flagOnly: true })])
    expect(verdictsOf(report)).toEqual(['redact'])
  })

  it('is counted all, and kept up to a bound, with its place and never its text', () => {
    const report = looked(flagging)
    report.found(
      flagging,
      'input',
      '3/user',
      Array.from({ length: 100 }, (_, start) => finding({ start })),
    )
    const [result] = report.results()
    expect(result?.findingCount).toBe(100)
    expect(result?.findings).toHaveLength(32)
    expect(result?.findings[0]).toEqual({ kind: 'word', start: 0, end: 4, score: 1, place: '3/user' })
  })

  it('adds up with the time it took, to the microsecond', () => {
    const report = looked(flagging)
    for (let time = 0; time < 3; time += 1) report.took(flagging, 'input', 0.123_456)
    expect(report.results()[0]?.tookMs).toBe(0.37)
  })
})

describe('a guardrail that could not look', () => {
  it('is an error with the first reason, whatever it found, unless it did something about it', () => {
    const report = looked(flagging, redacting)
    for (const rule of [flagging, redacting]) {
      report.failed(rule, 'input', 'it broke')
      report.failed(rule, 'input', 'it broke again')
      report.found(rule, 'input', '0/user', [finding()])
    }
    expect(report.results()).toMatchObject([
      { verdict: 'error', problem: 'it broke' },
      { verdict: 'redact', problem: 'it broke' },
    ])
  })

  it('had nothing to look at: says why', () => {
    const report = new GuardReport()
    report.skipped([flagging], 'output', 'the answer is sound')
    expect(report.results()).toMatchObject([{ verdict: 'skipped', problem: 'the answer is sound' }])
  })
})

describe('the summary', () => {
  it('has the gravest first, each guardrail once for each thing that followed', () => {
    const [second, third] = [ruleNamed('second'), ruleNamed('third')]
    const report = looked(flagging, redacting, second, third)
    report.found(flagging, 'input', '0/user', [finding()])
    report.found(redacting, 'input', '0/user', [finding()])
    report.found(second, 'input', '0/user', [finding()])
    report.found(second, 'output', '0/content', [finding()])
    report.failed(third, 'input', 'it broke')
    expect(report.summary()).toBe('redacted:redacting,second;flagged:flagging;error:third')
  })

  it('of what was blocked has the first that did, also when that was a failure, and what else failed', () => {
    const report = looked(blocking, redacting, flagging)
    report.found(flagging, 'input', '0/user', [finding()])
    report.failed(redacting, 'input', 'it broke')
    report.blocked(redacting)
    report.found(blocking, 'input', '0/user', [finding()])
    report.blocked(blocking)
    expect(report.blockedBy).toBe(redacting)
    expect(report.summary()).toBe('blocked:redacting;error:redacting')
  })

  it('has of shadow mode the failures only', () => {
    const report = looked(shadow)
    report.found(shadow, 'input', '0/user', [finding()])
    expect(report.summary()).toBe('pass')
    const failing = looked(shadow)
    failing.failed(shadow, 'input', 'it broke')
    expect(failing.summary()).toBe('error:shadow')
  })

  it('tells apart the same guardrail where a step enforces it', () => {
    const enforced = ruleNamed('shadow', { action: 'block', fingerprint: 'strengthened' })
    const report = looked(shadow, enforced)
    report.found(enforced, 'input', '0/user', [finding()])
    expect(verdictsOf(report)).toEqual(['pass', 'block'])
    expect(report.summary()).toBe('blocked:shadow')
  })
})

it('is empty until a guardrail is to look', () => {
  const report = new GuardReport()
  expect(report.isEmpty).toBe(true)
  report.looks([flagging], 'input')
  expect(report.isEmpty).toBe(false)
})
