import type { ModelEstimate, VersionEstimate } from '../../admin/estimate-version.ts'
import type { VersionDiffAnswer } from '../../contract/admin/diff.ts'
import type { ProtectionAnswer } from '../../contract/admin/protection-answer.ts'
import type { PromptAnswer, TimelineRowAnswer } from '../../contract/admin/prompts.ts'
import type { ModelEstimateAnswer, VersionAnswer, VersionRowAnswer } from '../../contract/admin/versions.ts'
import type { StoredPrompt, StoredVersion, TimelineRow } from '../../store/ports.ts'
import type { VersionDiff } from '../../prompts/diff.ts'
import { instantJson } from './page-json.ts'

export function promptJson(prompt: StoredPrompt): PromptAnswer {
  return {
    slug: prompt.slug,
    name: prompt.name,
    description: prompt.description,
    category: prompt.category,
    use_case: prompt.useCase,
    domain: prompt.domain,
    complexity: prompt.complexity,
    owner: prompt.owner,
    app_contexts: [...prompt.appContexts],
    tags: [...prompt.tags],
    starters: [...prompt.starters],
    compliance_tags: [...prompt.complianceTags],
    aliases: [...prompt.aliases],
    labels: prompt.labels,
    protections: Object.fromEntries(
      Object.entries(prompt.protections).map(([label, protection]) => [label, protectionJson(protection)]),
    ),
    latest_version: prompt.latestVersion,
    archived_at: prompt.archivedAt === null ? null : instantJson(prompt.archivedAt),
    created_at: instantJson(prompt.createdAt),
    updated_at: instantJson(prompt.updatedAt),
  }
}

export function protectionJson({ approvals, roles, minScore }: StoredPrompt['protections'][string]): ProtectionAnswer {
  return { approvals, roles: [...roles], min_score: minScore }
}

export function versionRowJson(version: StoredVersion): VersionRowAnswer {
  return {
    prompt: version.slug,
    version: version.version,
    status: version.status,
    semver: version.semver,
    hash: version.hash,
    model: version.body.model,
    parent_version: version.parentVersion,
    change_note: version.changeNote,
    labels: [...version.labels],
    created_by: version.createdBy,
    created_at: instantJson(version.createdAt),
  }
}

export function versionJson(version: StoredVersion): VersionAnswer {
  return {
    ...versionRowJson(version),
    body: { ...version.body },
    ...(version.dependencies.length === 0 ? {} : { served_body: { ...version.served } }),
    dependencies: version.dependencies.map(({ slug, selector, version: number }) => ({
      prompt: slug,
      selector,
      version: number,
    })),
    reviews: version.reviews.map(({ actor, decision, reason, at }) => ({
      actor,
      decision,
      reason,
      at: instantJson(at),
    })),
  }
}

function estimateJson(estimate: ModelEstimate): ModelEstimateAnswer {
  const { costUsd } = estimate
  return {
    model: estimate.model,
    input_tokens: estimate.inputTokens,
    tokens_source: estimate.tokensSource,
    context_limit: estimate.contextLimit,
    max_output_tokens: estimate.maxOutputTokens,
    cost_usd_per_request: costUsd,
    cost_usd_per_thousand_requests: costUsd === null ? null : Number((costUsd * 1000).toPrecision(12)),
    cost_usd_per_request_at_most: estimate.costUsdAtMost,
    over_context: estimate.overContext,
  }
}

/** What is null says nothing and stays away. */
export function timelineRowJson(row: TimelineRow): TimelineRowAnswer {
  return {
    at: instantJson(row.at),
    actor: row.actor,
    event: row.event,
    ...(row.label === null ? {} : { label: row.label }),
    ...(row.from === null ? {} : { from: row.from }),
    ...(row.to === null ? {} : { to: row.to }),
    ...(row.version === null ? {} : { version: row.version }),
    ...(row.reason === null ? {} : { reason: row.reason }),
  }
}

/** The parts of a comparison are plain values with the wire's names already. */
export function diffJson(diff: VersionDiff): Omit<VersionDiffAnswer, 'prompt' | 'from' | 'to'> {
  return {
    messages: diff.messages.map(({ lines, ...change }) => ({ ...change, lines: lines === null ? null : [...lines] })),
    variables: [...diff.variables],
    parameters: [...diff.parameters],
    fields: [...diff.fields],
    breaking: [...diff.breaking],
  }
}

/** What the lint of a version and its estimate say together. */
export function estimatedJson({ estimates, warnings }: VersionEstimate, lint: readonly string[]) {
  return { warnings: [...lint, ...warnings], estimates: estimates.map(estimateJson) }
}
