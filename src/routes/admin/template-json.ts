import type { FoundTemplate, ListedTemplate } from '../../admin/find-template.ts'
import type { TemplateAnswer, TemplateRowAnswer } from '../../contract/admin/template-answer.ts'
import type { TemplateReviewAnswer } from '../../contract/admin/template-use.ts'
import { builtInOwner } from '../../contract/template.ts'
import type { Actor, StoredReview } from '../../store/ports.ts'
import { instantJson } from './page-json.ts'

export function templateRowJson(template: ListedTemplate, tenantId: string): TemplateRowAnswer {
  const { owner, reviews, stars } = template
  const instant = (at: number | null): string | null => (at === null ? null : instantJson(at))
  return {
    slug: template.slug,
    owner,
    source: owner === builtInOwner ? 'built-in' : owner === tenantId ? 'own' : 'shared',
    name: template.name,
    description: template.description,
    category: template.category,
    use_case: template.useCase,
    domain: template.domain,
    complexity: template.complexity,
    tags: [...template.tags],
    model: template.model,
    visibility: template.visibility,
    rating: { average: reviews === 0 ? null : Math.round((stars / reviews) * 100) / 100, count: reviews },
    forks: template.forks,
    created_at: instant(template.createdAt),
    updated_at: instant(template.updatedAt),
    archived_at: instant(template.archivedAt),
  }
}

export function templateJson(template: FoundTemplate, tenantId: string): TemplateAnswer {
  const { recommendedModels, recommendedSettings, example, version } = template
  return {
    ...templateRowJson(template, tenantId),
    recommended_models: [...recommendedModels],
    recommended_settings: [...recommendedSettings],
    example: example === null ? null : { variables: { ...example.variables }, output: example.output },
    version: { ...version },
  }
}

/** Of the reviewer only the name: which key of which tenant it is, is nobody else's business. */
export function reviewJson(review: StoredReview, actor: Actor): TemplateReviewAnswer {
  return {
    reviewer: review.actorName,
    own: review.tenantId === actor.tenantId && review.actorId === actor.id,
    rating: review.rating,
    comment: review.comment,
    at: instantJson(review.at),
  }
}
