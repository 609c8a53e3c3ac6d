import { beforeAll, describe, expect, it } from 'vitest'
import { GuardReport } from '../../src/guardrails/guard-report.ts'
import type { Finding } from '../../src/guardrails/guardrail.ts'
import { PlaceholderVault } from '../../src/guardrails/placeholder-vault.ts'
import type { Rule } from '../../src/guardrails/rule.ts'
import { TextGuard } from '../../src/guardrails/text-guard.ts'
import {
  actingRule,
  actingsOf,
  guardedJson,
  guardedJsonPieces,
  guardedPieces,
  guardedWhole,
  localSettings,
  newTape,
  type Acting,
  type Outcome,
  spreadTexts,
} from './guarded-texts.ts'
import { cuttings, inLengths, numbers } from './cuttings.ts'
import { type SafetyText, safetyDataPresent, safetyTexts } from './safety-data.ts'

const files = ['pii.dev.jsonl.gz', 'injection.dev.jsonl.gz', 'toxic.dev.jsonl.gz'] as const
const present = files.map(safetyDataPresent).every(Boolean)

/** Characters of the two larger sets that are read, each. */
const sampleChars = 40_000
/** Longer texts than those of personal data are: so many, of so many of them. */
const joinedTexts = 8
const partsOfJoined = 60
const timeout = 120_000
/** These read all of them; of the others, what is true of a fourth was never otherwise of the rest, and takes a minute less. */
const readsAll: ReadonlySet<string> = new Set(['pii', 'secrets', 'secrets, generic'])
const ofOthers = 4

const told = ({ kind, start, end }: Finding): string => `${kind} ${start}-${end}`

const isActedOn = (finding: Finding): boolean => finding.flagOnly !== true

/** What a whole text has to come to, said in other words than the engine's. */
function expected(text: string, acting: Acting, findings: readonly Finding[]): string {
  if (acting.mode === 'shadow' || acting.action === 'flag') return text
  const spans = findings.filter(isActedOn)
  if (acting.action === 'block') return spans.length === 0 ? text : ''
  const placeholders = new Map<string, string>()
  const counts = new Map<string, number>()
  let result = ''
  let at = 0
  for (const { kind, start, end } of united(spans)) {
    const key = `${kind} ${text.slice(start, end)}`
    let placeholder = placeholders.get(key)
    if (placeholder === undefined) {
      const number = (counts.get(kind) ?? 0) + 1
      counts.set(kind, number)
      placeholder = `<${kind.toUpperCase()}_${number}>`
      placeholders.set(key, placeholder)
    }
    result += text.slice(at, start) + placeholder
    at = end
  }
  return result + text.slice(at)
}

/** Stretches that overlap are one, of the kind of the longest. */
function united(spans: readonly Finding[]): { kind: string; start: number; end: number }[] {
  const groups: { kind: string; start: number; end: number; longest: number }[] = []
  for (const { kind, start, end } of spans) {
    const last = groups.at(-1)
    if (last === undefined || start >= last.end) groups.push({ kind, start, end, longest: end - start })
    else {
      last.end = Math.max(last.end, end)
      if (end - start > last.longest) Object.assign(last, { kind, longest: end - start })
    }
  }
  return groups
}

/** Why the pieces did not come to what the whole did; null: they did. */
function difference(text: string, pieces: Outcome, whole: Outcome | undefined): string | null {
  if (whole === undefined) return 'there is no whole'
  if (pieces.verdict !== whole.verdict) return `verdict ${pieces.verdict}, not ${whole.verdict}`
  const [some, all] = [pieces.findings.map(told).join(), whole.findings.map(told).join()]
  if (some !== all) return `found ${some}, not ${all}`
  if (pieces.isBlocked !== whole.isBlocked) return `blocked: ${pieces.isBlocked}, not ${whole.isBlocked}`
  if (!whole.isBlocked) return pieces.text === whole.text ? null : `let go ${pieces.text}, not ${whole.text}`
  const first = Math.min(...whole.findings.filter(isActedOn).map(({ start }) => start))
  if (!text.startsWith(pieces.text)) return `let go ${pieces.text}, which is no beginning of it`
  return pieces.text.length <= first ? null : `let go ${pieces.text.length} characters, and blocked from ${first}`
}

/** What of a text was let go after each piece, in characters of the text itself. */
function letGoAfterEach(rule: Rule, pieces: readonly string[]): { pushed: number; letGo: number }[] {
  const report = new GuardReport()
  const guard = new TextGuard([rule], { stage: 'output', place: '0/content', report, vault: new PlaceholderVault() })
  let pushed = 0
  return pieces.map((piece) => {
    guard.push(piece)
    while (guard.isBehind) guard.push('')
    pushed += piece.length
    return { pushed, letGo: pushed - guard.withheld.length }
  })
}

describe.skipIf(!present)('texts of the safety data, cut', () => {
  let ofPii: string[] = []
  let texts: string[] = []
  beforeAll(() => {
    ofPii = spreadTexts(files[0], Infinity)
    const joined = Array.from({ length: joinedTexts }, (_, index) =>
      ofPii.slice(index * partsOfJoined, (index + 1) * partsOfJoined).join(' '),
    )
    texts = [...ofPii, ...joined, ...spreadTexts(files[1], sampleChars), ...spreadTexts(files[2], sampleChars)]
  })

  it.each(Object.keys(localSettings))('come to what they come to whole, read by %s', { timeout }, async (name) => {
    const rules = actingsOf(name).map((acting) => ({ acting, rule: actingRule(name, acting) }))
    let findings = 0
    const read = readsAll.has(name) ? texts : texts.filter((_, index) => index % ofOthers === 0)
    for (const text of read) {
      const wholeTape = newTape()
      const wholes: Outcome[] = []
      for (const { acting, rule } of rules) {
        const whole = await guardedWhole(rule, text, wholeTape)
        wholes.push(whole)
        if (whole.text !== expected(text, acting, whole.findings))
          throw new Error(`${JSON.stringify(acting)}, whole: ${text}: ${whole.text}`)
      }
      findings += wholes[0]?.findings.length ?? 0
      for (const [cutting, cut] of Object.entries(cuttings)) {
        const pieces = cut(text)
        const tape = newTape()
        for (const [index, { acting, rule }] of rules.entries()) {
          const problem = difference(text, await guardedPieces(rule, pieces, tape), wholes[index])
          if (problem !== null) throw new Error(`${JSON.stringify(acting)}, ${cutting}: ${text}: ${problem}`)
        }
      }
    }
    console.log(`${name}: ${findings} findings in ${read.length} texts, ${rules.length} ways to act`)
    expect(findings).toBeGreaterThan(0)
  })

  it.each(['pii', 'secrets, generic'])('come to what they come to whole inside of JSON, read by %s', async (name) => {
    for (const acting of actingsOf(name).filter(({ mode }) => mode === 'enforce')) {
      const rule = actingRule(name, acting)
      for (const text of ofPii.filter((_, index) => index % 7 === 0)) {
        const json = JSON.stringify({ to: [text], note: 'a "quoted" note' }).replaceAll('/', String.raw`\/`)
        const whole = await guardedJson(rule, json)
        const plain = await guardedWhole(rule, text)
        const inside = whole.isBlocked ? '' : (JSON.parse(whole.text) as { to: string[] }).to[0]
        if (inside !== plain.text) throw new Error(`${JSON.stringify(acting)}, whole: ${json}: ${whole.text}`)
        for (const [cutting, cut] of Object.entries(cuttings)) {
          const cutUp = await guardedJsonPieces(rule, cut(json))
          if (cutUp.text !== whole.text || cutUp.verdict !== whole.verdict)
            throw new Error(`${JSON.stringify(acting)}, ${cutting}: ${json}: ${cutUp.text}, not ${whole.text}`)
        }
      }
    }
  })

  it.each(['secrets', 'secrets, generic', 'pii'])(
    'are never let go up to the middle of what %s take out or block',
    async (name) => {
      let found = 0
      for (const acting of actingsOf(name)) {
        if (acting.mode === 'shadow' || acting.action === 'flag') continue
        const rule = actingRule(name, acting)
        for (const text of texts) {
          const { findings } = await guardedWhole(rule, text)
          const groups = united(findings.filter(isActedOn))
          if (groups.length === 0) continue
          found += groups.length
          for (const cut of Object.values(cuttings)) {
            for (const { letGo } of letGoAfterEach(rule, cut(text))) {
              const isLeaked = groups.some(
                ({ start, end }) => letGo > start && (acting.action === 'block' || letGo < end),
              )
              if (isLeaked) throw new Error(`${JSON.stringify(acting)}: ${letGo} characters of ${text}`)
            }
          }
        }
      }
      expect(found).toBeGreaterThan(0)
    },
  )

  const early = Object.keys(localSettings).filter((name) => actingsOf(name).some(takesOutEarly))
  it.each(early)('wait for %s no longer than 32 characters at the 95th percentile', (name) => {
    const acting = actingsOf(name).find(takesOutEarly)
    if (acting === undefined) throw new Error('It cannot act so early.')
    const rule = actingRule(name, acting)
    const heldBack = (some: readonly SafetyText[]): { readonly p95: number; readonly all: string } => {
      const next = numbers(11)
      const held = some.flatMap(({ text }) =>
        letGoAfterEach(rule, inLengths(text, next)).map(({ pushed, letGo }) => pushed - letGo),
      )
      held.sort((one, other) => one - other)
      const at = (share: number): number => held[Math.floor(held.length * share)] ?? 0
      return { p95: at(0.95), all: [at(0.5), at(0.95), at(0.99), held.at(-1)].join(', ') }
    }
    const marked = safetyTexts(files[0])
    // Of these each text is one long word, which may be a credential up to its end: all of it has to wait.
    const ofWords = heldBack(marked.filter(({ source }) => !source.startsWith('gitleaks')))
    const all = heldBack(marked)
    console.log(`${name}: held back, characters at p50, p95, p99, most: ${ofWords.all}; with credentials: ${all.all}`)
    expect(ofWords.p95).toBeLessThanOrEqual(32)
  })
})

/** Goes on as soon as it may, with placeholders. */
function takesOutEarly({ action, mode, streamMode }: Acting): boolean {
  return streamMode === 'redact' && mode === 'enforce' && action === 'redact'
}
