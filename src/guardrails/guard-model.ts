import { z } from 'zod'
import type { Finding, RemoteType } from './guardrail.ts'
import { guardModelFormats, guardModelForms } from './guard-model-forms.ts'
import { askAboutEach, askModel } from './remote-asking.ts'
import { modelSetting, parametersSetting, partSetting, timeoutSetting } from './remote-settings.ts'
import { categoryName, contextOf, findingAbout, partsOf } from './remote-text.ts'

const policyRule = 'must have 1 to 20000 characters'
const categoryRule = 'must be a category as the model writes it, such as `S1`'

const settings = z
  .strictObject({
    model: modelSetting.meta({ examples: ['ollama/llama-guard3'] }),
    format: z.enum(guardModelFormats).meta({
      description:
        'How the model is asked and answers. `json` and `yes_no`: any model that is told the policy and follows it.',
    }),
    policy: z.string().min(1, policyRule).max(20_000, policyRule).optional().meta({
      description:
        'What is unsafe, in words; for `granite_guardian` the name of a risk. Left out: what the model thinks unsafe. Not for `llama_guard`.',
    }),
    timeout_ms: timeoutSetting(5_000),
    unsafe_categories: z
      .array(z.string().regex(/^[A-Za-z0-9_./ -]{1,100}$/, categoryRule))
      .min(1, 'must have at least 1 entry')
      .max(100, 'must have at most 100 entries')
      .optional()
      .meta({
        description:
          'The categories that count. Left out: all of them. For `llama_guard` and `json`, the others name no category.',
        examples: [['S1', 'S10']],
      }),
    max_chars: partSetting(16_000),
    parameters: parametersSetting,
  })
  .superRefine(({ format, policy, unsafe_categories: categories }, issues) => {
    const { takesPolicy, namesCategories } = guardModelForms[format]
    if (policy !== undefined && !takesPolicy) {
      issues.addIssue({
        code: 'custom',
        path: ['policy'],
        message: `must be left out for \`${format}\`, whose categories are a part of the model; \`unsafe_categories\` chooses among them`,
      })
    }
    if (categories !== undefined && !namesCategories) {
      issues.addIssue({
        code: 'custom',
        path: ['unsafe_categories'],
        message: `must be left out for \`${format}\`, whose answers name no category`,
      })
    }
  })

export type GuardModelSettings = z.output<typeof settings>

/** A model that was made to say whether a text is safe, behind any OpenAI-compatible server. */
export const guardModel: RemoteType<GuardModelSettings> = {
  type: 'guard_model',
  summary: 'Asks a model made for it, such as Llama Guard, ShieldGemma or Granite Guardian, whether a text is safe.',
  settings,
  hasSpans: false,
  roles: ['user', 'assistant', 'tool'],
  isRemote: true,
  create(chosen, services) {
    const { ask, read, parameters } = guardModelForms[chosen.format]
    const counting = chosen.unsafe_categories?.map(comparable)
    const timeoutMs = chosen.timeout_ms
    return {
      timeoutMs,
      async check(question, signal) {
        const parts = partsOf(question.text, chosen.max_chars)
        const judged = await askAboutEach(parts, async (part): Promise<readonly Finding[]> => {
          const before = part.start === 0 ? contextOf(question) : ''
          const text = question.text.slice(part.start, part.end)
          const messages = ask({ text, before, role: question.role, policy: chosen.policy ?? null })
          const body = { ...parameters, ...chosen.parameters, model: chosen.model, messages }
          const answer = await askModel(services, question, { body, timeoutMs }, signal)
          return read(answer, chosen.policy ?? null)
            .filter(({ category }) => category === null || counting?.includes(comparable(category)) !== false)
            .map(({ kind, score }) => findingAbout(part, kind, score))
        })
        return judged.flat()
      },
    }
  },
}

/** Written one way or another, it is the same category. */
const comparable = (category: string): string => categoryName(category) ?? category
