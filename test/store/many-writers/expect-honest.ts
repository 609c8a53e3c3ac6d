import { expect } from 'vitest'
import { isLabelMove, stepBack } from '../../../src/store/label-history.ts'
import type { PromptStore, TimelineRow } from '../../../src/store/ports.ts'
import { allPages } from '../contract/subject.ts'
import { type Deed, freeLabels, guardedLabel } from './write-as-one.ts'

type Row = TimelineRow & { readonly deed: Deed }

/**
 * What the store says happened is what the writers say they did, each thing once, in an order in which it can have happened.
 * `setUp`: how many rows the timeline had before they began.
 */
export async function expectHonest(
  prompts: PromptStore,
  slug: string,
  deeds: readonly Deed[],
  setUp: number,
): Promise<void> {
  const timeline = await allPages(100, (page) => prompts.timeline('default', slug, page))
  const versions = await allPages(100, (page) => prompts.versions('default', slug, page))
  const prompt = await prompts.find('default', slug)
  const rows = pair(timeline.slice(setUp), deeds)
  expectOrder(rows)

  const numbers = versions.map(({ version }) => version).reverse()
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1))
  const created = timeline.filter(({ event }) => event === 'version_created')
  expect(created.map(({ version }) => version)).toEqual(numbers)
  const authors = new Map(created.map(({ version, actor }) => [version, actor]))

  for (const label of [...freeLabels, guardedLabel]) {
    const moves = timeline.filter((row) => row.label === label).filter(isLabelMove)
    for (const [index, move] of moves.entries()) {
      expect(move.from, `from of ${move.reason ?? ''}`).toBe(index === 0 ? null : moves[index - 1]?.to)
      if (move.event === 'label_rolled_back') expect(move.to).toBe(stepBack(moves.slice(0, index)))
    }
    expect(prompt?.labels[label] ?? null).toBe(moves.at(-1)?.to ?? null)
  }
  for (const [index, row] of timeline.entries()) {
    if (row.label !== guardedLabel || row.event !== 'label_set') continue
    const approval = timeline
      .slice(0, index)
      .find(({ event, version }) => event === 'version_approved' && version === row.to)
    expect(approval, `approval of version ${row.to ?? 0}`).toBeDefined()
    expect(approval?.actor).not.toBe(authors.get(row.to))
  }
}

/** Every deed that was not refused and changed anything has its row, and every row its deed, saying the same. */
function pair(rows: readonly TimelineRow[], deeds: readonly Deed[]): readonly Row[] {
  const byReason = new Map(deeds.map((deed) => [deed.reason, deed]))
  expect(byReason.size).toBe(deeds.length)
  const done = deeds.filter(({ told }) => told !== null)
  const inTimeline = new Set(rows.map(({ reason }) => reason))
  expect(inTimeline.size).toBe(rows.length)
  for (const deed of done) {
    if (!inTimeline.has(deed.reason)) expect(wasThere(deed, rows, byReason), `row of ${deed.reason}`).toBe(true)
  }
  return rows.map((row) => {
    const deed = byReason.get(row.reason ?? '')
    if (deed === undefined) throw new Error(`nobody did ${row.reason ?? ''}`)
    const { by, did, label, told } = deed
    expect(told, `${deed.reason} was refused`).not.toBeNull()
    expect({ actor: row.actor, event: row.event, label: row.label }).toEqual({ actor: by, event: did, label })
    if (told !== null && 'version' in told) expect(row.version).toBe(told.version)
    else expect(row.to).toBe(told?.to)
    if (did === 'label_rolled_back' && told !== null && 'from' in told) expect(row.from).toBe(told.from)
    return { ...row, deed }
  })
}

/** Setting a label to where somebody else has just set it is no event. */
function wasThere(deed: Deed, rows: readonly TimelineRow[], byReason: ReadonlyMap<string, Deed>): boolean {
  const { did, label, told, ended } = deed
  if (did !== 'label_set' || told === null || !('to' in told)) return false
  return rows.some((row) => {
    const other = byReason.get(row.reason ?? '')
    return row.label === label && row.to === told.to && other !== undefined && other.begun <= ended
  })
}

/** Whatever had ended before another thing began stands before it; so do the deeds of one writer. */
function expectOrder(rows: readonly Row[]): void {
  let latestBegin = 0
  for (const { deed } of rows) {
    expect(deed.ended, `${deed.reason} ended before something began that stands before it`).toBeGreaterThanOrEqual(
      latestBegin,
    )
    latestBegin = Math.max(latestBegin, deed.begun)
  }
}
