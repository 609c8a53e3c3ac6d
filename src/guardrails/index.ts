import type { GuardrailType } from './guardrail.ts'
import { guardModel } from './guard-model.ts'
import { injection } from './injection/injection.ts'
import { jsonSchema } from './json-schema.ts'
import { keywords } from './keywords.ts'
import { language } from './language.ts'
import { length } from './length.ts'
import { llmJudge } from './llm-judge.ts'
import { openaiModeration } from './openai-moderation.ts'
import { pii } from './pii/pii.ts'
import { regex } from './regex.ts'
import { secrets } from './secrets/secrets.ts'
import { topics } from './topics.ts'
import { toxicity } from './toxicity/toxicity.ts'
import { urls } from './urls.ts'
import { webhook } from './webhook.ts'

/** Every type of guardrail, in the order the list of types shows them. A new one is a file in this room and a line here. */
const list: readonly GuardrailType[] = [
  pii,
  secrets,
  injection,
  toxicity,
  keywords,
  regex,
  urls,
  topics,
  jsonSchema,
  length,
  language,
  webhook,
  llmJudge,
  openaiModeration,
  guardModel,
]

/** By its name in the admin API. */
export const guardrailTypes: ReadonlyMap<string, GuardrailType> = new Map(list.map((each) => [each.type, each]))
