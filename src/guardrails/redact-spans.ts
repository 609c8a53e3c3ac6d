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
  readonly kind: string
  /** All of its rules give values back. */
  readonly restores: boolean
  /** Index of the first span behind it. */
  readonly next: number
}

export function compareSpans(left: Span, right: Span): number {
  return left.start - right.start || left.end - right.end
}

/** The stretches that overlap with the one at `first` are one, named by the rule that comes first, of one rule by the longest. */
export function groupFrom(spans: readonly Span[], first: number): SpanGroup {
  let best = spans[first]
  if (best === undefined) throw new Error('There is no such span.')
  const { start } = best
  let { end } = best
  let { restores } = best.rule
  let next = first + 1
  for (let span = spans[next]; span !== undefined && span.start < end; span = spans[(next += 1)]) {
    end = Math.max(end, span.end)
    restores &&= span.rule.restores
    if (isBetter(span, best)) best = span
  }
  return { start, end, kind: best.kind, restores, next }
}

function isBetter(span: Span, best: Span): boolean {
  const [own, other] = [span.order ?? 0, best.order ?? 0]
  return own < other || (own === other && span.end - span.start > best.end - best.start)
}

/** A whole text with placeholders in the place of these. */
export function redactSpans(text: string, spans: readonly Span[], stage: Stage, vault: PlaceholderVault): string {
  const inOrder = spans.toSorted(compareSpans)
  let result = ''
  let done = 0
  for (let next = 0; next < inOrder.length;) {
    const group = groupFrom(inOrder, next)
    const value = text.slice(group.start, group.end)
    result += text.slice(done, group.start)
    if (value !== '') result += vault.placeholderFor(group.kind, value, group.restores && stage === 'input')
    done = group.end
    next = group.next
  }
  return result + text.slice(done)
}
