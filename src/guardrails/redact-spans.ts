import type { Stage } from './guardrail.ts'
import type { PlaceholderVault } from './placeholder-vault.ts'
import type { Rule } from './rule.ts'

/** A stretch to be taken out of a text. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly kind: string
  readonly rule: Rule
  /** Of the rule among those that read the text: where stretches overlap, the first names them. Left out: all alike. */
  readonly order?: number
}

/** Stretches that overlap, as one. */
export interface SpanGroup {
  readonly start: number
  readonly end: number
  /** The one that names them: of the rule that comes first, of one rule the longest, of those the first. */
  readonly best: Span
  /** All of its rules give values back. */
  readonly restores: boolean
}

/**
 * Stretches in groups that lie apart, in their order. Groups that were made before can be joined by more stretches, so that
 * nothing is gone through twice; the result is that of all of them at once.
 */
export function united(groups: readonly SpanGroup[], spans: readonly Span[]): SpanGroup[] {
  const single = spans.map((best) => ({
    start: best.start,
    end: best.end,
    best,
    restores: best.rule.restores,
  }))
  const result: SpanGroup[] = []
  for (const next of [...groups, ...single].sort(compare)) {
    const last = result.at(-1)
    if (last === undefined || next.start >= last.end) result.push(next)
    else result[result.length - 1] = joined(last, next)
  }
  return result
}

function compare(left: SpanGroup, right: SpanGroup): number {
  return left.start - right.start || left.end - right.end
}

function joined(one: SpanGroup, other: SpanGroup): SpanGroup {
  return {
    start: one.start,
    end: Math.max(one.end, other.end),
    best: isBetter(other.best, one.best) ? other.best : one.best,
    restores: one.restores && other.restores,
  }
}

function isBetter(span: Span, best: Span): boolean {
  const [own, other] = [span.order ?? 0, best.order ?? 0]
  if (own !== other) return own < other
  const longer = span.end - span.start - (best.end - best.start)
  return longer > 0 || (longer === 0 && span.start < best.start)
}

/** A whole text with placeholders in the place of these. */
export function redactSpans(text: string, spans: readonly Span[], stage: Stage, vault: PlaceholderVault): string {
  let result = ''
  let done = 0
  for (const { start, end, best, restores } of united([], spans)) {
    const value = text.slice(start, end)
    result += text.slice(done, start)
    if (value !== '') result += vault.placeholderFor(best.kind, value, restores && stage === 'input')
    done = end
  }
  return result + text.slice(done)
}
