import type { Finding } from '../guardrail.ts'

/** Of findings that overlap the surest stays, of equally sure ones the longest. In the order of the text. */
export function withoutOverlaps(findings: Finding[]): readonly Finding[] {
  if (findings.length < 2) return findings
  const ranked = [...findings].sort(
    (one, other) =>
      other.score - one.score || other.end - other.start - (one.end - one.start) || one.start - other.start,
  )
  const kept: Finding[] = []
  for (const finding of ranked) {
    if (kept.every((each) => finding.end <= each.start || finding.start >= each.end)) kept.push(finding)
  }
  return kept.sort((one, other) => one.start - other.start)
}
