import { showGuardrail } from '../../admin/show-guardrail.ts'
import type { GuardrailAnswer, GuardrailTypeAnswer } from '../../contract/admin/guardrails.ts'
import type { GuardrailResultAnswer } from '../../contract/admin/guardrail-result.ts'
import type { TrialAnswer } from '../../contract/admin/guardrail-trial.ts'
import type { GuardrailStatsAnswer } from '../../contract/admin/guardrail-stats.ts'
import { jsonSchemaOf } from '../../contract/admin/json-schemas.ts'
import type { GuardrailStats } from '../../admin/count-guardrails.ts'
import type { GuardrailResult } from '../../core/record.ts'
import type { GuardrailType } from '../../guardrails/guardrail.ts'
import type { Examined } from '../../pipeline/examine-text.ts'
import type { StoredGuardrail } from '../../store/ports.ts'
import { instantJson } from './page-json.ts'

export function guardrailJson(guardrail: StoredGuardrail): GuardrailAnswer {
  const { slug, body, createdAt, createdBy, updatedAt, updatedBy } = guardrail
  const shown = showGuardrail(body)
  return {
    slug,
    name: body.name ?? slug,
    description: body.description ?? null,
    type: body.type,
    stages: [...body.stages],
    action: body.action,
    severity: body.severity,
    mode: body.mode,
    on_error: shown.onError,
    settings: shown.settings,
    secret_settings: [...shown.secretSettings],
    roles: [...shown.roles],
    stream_mode: shown.streamMode,
    scope: body.scope ?? null,
    order: body.order,
    enabled: body.enabled,
    created_at: instantJson(createdAt),
    created_by: createdBy,
    updated_at: instantJson(updatedAt),
    updated_by: updatedBy,
    problem: shown.problem,
  }
}

export function guardrailTypeJson(type: GuardrailType): GuardrailTypeAnswer {
  const secret = [...(type.secretSettings ?? [])]
  return {
    type: type.type,
    summary: type.summary,
    remote: type.isRemote,
    finds_places: type.hasSpans,
    roles: [...type.roles],
    secret_settings: secret,
    settings: withWriteOnly(jsonSchemaOf(type.settings), secret),
  }
}

/** Says of the secrets what everybody's tools understand. */
function withWriteOnly(schema: Readonly<Record<string, unknown>>, secret: readonly string[]): Record<string, unknown> {
  const properties = schema['properties']
  if (secret.length === 0 || typeof properties !== 'object' || properties === null) return { ...schema }
  const marked = Object.entries(properties as Readonly<Record<string, object>>).map(
    ([name, property]) => [name, secret.includes(name) ? { ...property, writeOnly: true } : property] as const,
  )
  return { ...schema, properties: Object.fromEntries(marked) }
}

export function guardrailResultJson(result: GuardrailResult): GuardrailResultAnswer {
  const { guardrail, type, stage, verdict, mode, severity, findings, findingCount, tookMs, problem } = result
  return {
    guardrail,
    type,
    stage,
    verdict,
    mode,
    severity,
    findings: findings.map(({ kind, start, end, score, place }) => ({ kind, start, end, score, place })),
    finding_count: findingCount,
    took_ms: tookMs,
    ...(problem === undefined ? {} : { problem }),
  }
}

export function trialJson({ verdict, text, results }: Examined): TrialAnswer {
  return {
    verdict,
    text,
    findings: results
      .flatMap(({ guardrail, findings, tookMs }) =>
        findings.map(({ kind, start, end, score }) => ({ guardrail, kind, start, end, score, took_ms: tookMs })),
      )
      .sort((left, right) => left.start - right.start),
    results: results.map(({ guardrail, verdict: said, mode, severity, findingCount, tookMs, problem }) => ({
      guardrail,
      verdict: said,
      mode,
      severity,
      finding_count: findingCount,
      took_ms: tookMs,
      ...(problem === undefined ? {} : { problem }),
    })),
  }
}

export function statsJson({ from, until, guardrails, hours }: GuardrailStats): GuardrailStatsAnswer {
  return {
    from: instantJson(from),
    until: instantJson(until),
    guardrails,
    hours: hours.map(({ hour, ...row }) => ({ ...row, hour: instantJson(hour) })),
  }
}
