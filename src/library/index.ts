import type { BuiltInTemplate } from './template.ts'
import { agentTemplates } from './templates/agents.ts'
import { analysisTemplates } from './templates/analysis.ts'
import { classificationTemplates } from './templates/classification.ts'
import { codingTemplates } from './templates/coding.ts'
import { educationTemplates } from './templates/education.ts'
import { extractionTemplates } from './templates/extraction.ts'
import { legalTemplates } from './templates/legal.ts'
import { marketingTemplates } from './templates/marketing.ts'
import { operationsTemplates } from './templates/operations.ts'
import { retrievalTemplates } from './templates/retrieval.ts'
import { safetyTemplates } from './templates/safety.ts'
import { ticketTriage } from './templates/ticket-triage.ts'
import { sqlFromQuestion } from './templates/sql-from-question.ts'
import { supportTemplates } from './templates/support.ts'
import { translationTemplates } from './templates/translation.ts'
import { writingTemplates } from './templates/writing.ts'

/** All that come with the program. */
export const builtInTemplates: readonly BuiltInTemplate[] = [
  ...supportTemplates,
  ticketTriage,
  ...writingTemplates,
  ...extractionTemplates,
  ...classificationTemplates,
  ...codingTemplates,
  sqlFromQuestion,
  ...analysisTemplates,
  ...educationTemplates,
  ...marketingTemplates,
  ...legalTemplates,
  ...operationsTemplates,
  ...retrievalTemplates,
  ...agentTemplates,
  ...translationTemplates,
  ...safetyTemplates,
]

const bySlug: ReadonlyMap<string, BuiltInTemplate> = new Map(
  builtInTemplates.map((template) => [template.slug, template]),
)

/** undefined when none has that slug. */
export const builtInTemplate = (slug: string): BuiltInTemplate | undefined => bySlug.get(slug)
