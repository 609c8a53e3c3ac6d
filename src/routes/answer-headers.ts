import type { Fault, FaultKind } from '../core/fault.ts'
import type { Answered, Served } from '../pipeline/exchange.ts'
import type { AttemptLog } from '../pipeline/send.ts'

const longestHeader = 2048

/** What every answer carries (contract 2.2), lower case, plus the upstream's headers a client may see. */
export function answerHeaders(answered: Answered): Record<string, string> {
  const headers: Record<string, string> = {
    ...answered.answer.opening.headers,
    'x-request-id': answered.planned.asked.requestId,
    'x-promptbox-provider': answered.target.provider.id,
    'x-promptbox-model': headerText(answered.target.model),
    'x-promptbox-attempts': String(answered.attempts.length),
    'x-promptbox-cache': answered.cache,
    'x-promptbox-guardrails': headerText(answered.planned.asked.guard?.report.summary() ?? 'pass'),
  }
  const { prompt, assignment = null } = answered.planned
  if (prompt !== null) Object.assign(headers, servedHeaders({ prompt, assignment }))
  if (answered.chain !== undefined) {
    headers['x-promptbox-chain'] = answered.chain.slug
    headers['x-promptbox-version'] = String(answered.chain.version)
  }
  const { checked } = answered
  const output = checked === null ? null : checked.result()
  if (output !== null) headers['x-promptbox-output'] = output
  const ofCheck = checked === null ? [] : checked.warnings()
  const warnings = [...answered.planned.warnings, ...(answered.answer.opening.warnings ?? []), ...ofCheck]
  if (warnings.length > 0) headers['x-promptbox-warning'] = headerText(warnings.join('; '))
  const upstreamId = answered.answer.opening.upstreamRequestId
  if (upstreamId !== null) headers['x-promptbox-upstream-request-id'] = headerText(upstreamId)
  return headers
}

/** What answers, or was to answer an exchange that failed. */
export function servedHeaders({ prompt, assignment }: Served): Record<string, string> {
  const headers: Record<string, string> = {
    'x-promptbox-prompt': prompt.slug,
    'x-promptbox-version': String(prompt.version),
  }
  if (prompt.locale !== null) headers['x-promptbox-locale'] = prompt.locale
  if (assignment === null) return headers
  headers['x-promptbox-experiment'] = assignment.experiment.slug
  headers['x-promptbox-variant'] = assignment.variant.name
  return headers
}

/**
 * Headers of an error. When the provider failed and we have tried ourselves what could be tried, the client's SDK is told
 * not to start over: with its two retries a failing provider would otherwise see three times our own attempts.
 */
export function faultHeaders(fault: Fault, attempts: AttemptLog): Record<string, string> {
  const headers: Record<string, string> = { ...fault.headers }
  if (attempts.length > 0) headers['x-promptbox-attempts'] = String(attempts.length)
  // An account without credit or with a bad key stays so, however often it is asked; and who has waited out the whole limit
  // of an attempt should not wait for two more of them without knowing. Another answer that misses is paid for like the first.
  const isLasting = lasting.has(fault.kind) || fault.code === 'insufficient_quota'
  if (attempts.length > 1 || isLasting) headers['x-should-retry'] = 'false'
  if (fault.retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.max(1, Math.ceil(fault.retryAfterMs / 1000)))
    // Clients that know it prefer it to seconds, which would make them wait longer than was asked.
    if (fault.retryAfterMs % 1000 !== 0) headers['retry-after-ms'] = String(Math.ceil(fault.retryAfterMs))
  }
  if (fault.upstreamRequestId !== null) {
    headers['x-promptbox-upstream-request-id'] = headerText(fault.upstreamRequestId)
  }
  return headers
}

const lasting: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'upstream_authentication',
  'upstream_timeout',
  'output_mismatch',
])

/** Header values are visible ASCII; anything else is percent-encoded rather than refused by node. */
function headerText(text: string): string {
  const visible = text.replace(/[^\x20-\x7e]+/gu, (part) => encodeURIComponent(part.toWellFormed()))
  return visible.length > longestHeader ? `${visible.slice(0, longestHeader - 3)}...` : visible
}
