import { slugSchema } from '../names.ts'
import { queryText } from './fields.ts'

const only = (what: string) => queryText.optional().meta({ description: `Only prompts ${what}.` })

/** By what prompts are found: query parameters of their list, and the choice of a bulk change. */
export const promptFilterFields = {
  q: queryText.optional().meta({
    description:
      'Full-text search over slug, name, description and tags, and over the messages of the latest and the labelled versions.',
  }),
  category: only('of this category'),
  use_case: only('for this use case'),
  domain: only('of this domain'),
  complexity: only('of this complexity'),
  owner: only('that this person or team answers for'),
  app_context: only('used in this part of an application'),
  tag: only('with this tag'),
  compliance_tag: only('that fall under this rule'),
  label: only('that have this label'),
  agent: slugSchema.optional().meta({ description: 'Only prompts that this agent uses.' }),
}
