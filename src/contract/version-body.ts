import { z } from 'zod'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { versionGuardrailsSchema } from './guardrail-body.ts'
import { modelNameSchema, semverSchema } from './names.ts'
import { testCaseSchema } from './test-case.ts'
import { messageSchema } from './template-message.ts'

/**
 * The body of a prompt version (contract 3.1), as the admin API, `promptbox.yaml` and the environment take it. Strict at the
 * top, so that a misspelt field is an error and never silently ignored; loose where OpenAI's own shapes begin, because those
 * grow without us. Templates and JSON Schemas are checked by `prompts/lint-version.ts`.
 *
 * Messages of rules are clauses that follow the name of the field.
 */

/** Deeper nesting serves nobody, and recursion over it would be an attack on the stack. */
const maxDepth = 64
const maxTimeoutMs = 3_600_000
const maxRetries = 10
const maxCacheSeconds = 31_536_000

/** Comes out of a JSON or YAML parser; `noteUnstorable` looks into it. */
const anyObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>

const misplacedParameters: Readonly<Record<string, string>> = {
  model: 'must not be set here: it is the field `model` of the version, beside `parameters`',
  messages: 'must not be set here: they are the field `messages` of the version, beside `parameters`',
  stream: 'must not be set here: whether to stream is for each request to say',
  stream_options: 'must not be set here: whether to stream, and how, is for each request to say',
}

const parametersSchema = anyObject
  .superRefine((parameters, issues) => {
    for (const name of Object.keys(parameters)) {
      const text = Object.hasOwn(misplacedParameters, name) ? misplacedParameters[name] : undefined
      if (text !== undefined) issues.addIssue({ code: 'custom', path: [name], message: text })
    }
  })
  .meta({
    description:
      'Defaults for any parameter of the OpenAI chat completions API except `model`, `messages` and `stream`. A request that sends one wins, unless the version locks it. A value that is one whole `{{variable}}` keeps the type of the variable.',
    examples: [{ temperature: 0.2, max_tokens: 500 }],
  })

const lockedField = z
  .string()
  .min(1, 'must name a field of the request')
  .max(128, 'must have at most 128 characters')
  .refine(
    (name) => name !== 'stream' && name !== 'stream_options',
    'cannot be locked: whether to stream is for each request to say',
  )

const overridesSchema = z.strictObject({
  locked: z
    .array(lockedField)
    .max(100, 'must have at most 100 entries')
    .optional()
    .meta({
      description:
        'Fields of the request that this version decides alone. What a request says about them is ignored, with a warning; a locked field the version does not set is not sent.',
      examples: [['model', 'temperature']],
    }),
})

const toolsSchema = z
  .array(
    z
      .record(z.string(), z.unknown())
      .refine(
        (tool) => typeof tool['type'] === 'string',
        'must be a tool with a `type`, such as {"type": "function", "function": {…}}',
      ),
  )
  .max(1000, 'must have at most 1000 entries') as unknown as z.ZodType<readonly JsonValue[]>

const responseFormatSchema = z
  .record(z.string(), z.unknown())
  .refine(
    (format) => typeof format['type'] === 'string',
    'must have a `type`: `text`, `json_object` or `json_schema`',
  ) as unknown as z.ZodType<JsonObject>

const variablesSchema = z
  .looseObject({
    type: z.literal('object', 'must be `object`: the variables are declared as `properties` of one JSON Schema object'),
    properties: z
      .record(z.string(), z.union([z.record(z.string(), z.unknown()), z.boolean()], 'must be a JSON Schema'))
      .optional(),
    required: z.array(z.string()).optional(),
  })
  .meta({
    description:
      'JSON Schema (2020-12) of the variables: types, defaults, which are required. Left out: every variable that the templates use is required.',
  }) as unknown as z.ZodType<JsonObject>

const messagesSchema = z.array(messageSchema).max(1000, 'must have at most 1000 messages')

const localeRule = 'must be a language tag (BCP 47) such as `en` or `pt-BR`'
const localeSchema = z.string(localeRule).regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}$/, localeRule)

const examplesSchema = z
  .array(
    z.strictObject({
      user: z.string().min(1, 'must not be empty'),
      assistant: z.string().min(1, 'must not be empty'),
    }),
  )
  .max(200, 'must have at most 200 entries')
  .meta({
    description:
      'Few-shot examples, as data: `{{` means nothing in them. They stand where `{"role": "placeholder", "name": "examples"}` is, else after the leading system and developer messages.',
    examples: [[{ user: 'Where is my parcel?', assistant: 'May I have its number?' }]],
  })

const localeVariant = z
  .strictObject({
    messages: messagesSchema
      .min(1, 'must have at least one message; leave it out for those of the version')
      .optional()
      .meta({ description: 'Left out: those of the version.' }),
    examples: examplesSchema.optional().meta({ description: 'Left out: those of the version.' }),
  })
  .refine(
    ({ messages, examples }) => messages !== undefined || examples !== undefined,
    'must have `messages`, `examples`, or both',
  )

const localesSchema = z
  .record(localeSchema, localeVariant)
  .refine((locales) => Object.keys(locales).length <= 100, 'must have at most 100 languages')
  .meta({
    description:
      'The same prompt in other languages. `metadata.locale`, else `accept-language`, chooses: the very tag, then shorter ones (`pt-BR`, `pt`), then the next language that is wanted, else the version’s own messages. The variables are those of the version.',
  })

export const versionBodySchema = z
  .strictObject({
    messages: messagesSchema.meta({
      description:
        'The template. `{{variable}}` is filled in; `{{> slug}}` is the text of another prompt, put in when the version is made; `\\{{` is a literal `{{`. The messages of the request follow, or stand where `{"role": "placeholder", "name": "messages"}` is. A placeholder with the name of a variable is filled with the messages in it.',
    }),
    variables: variablesSchema.nullable().optional(),
    locale: localeSchema.optional().meta({ description: 'Language of `messages` and `examples`.', examples: ['en'] }),
    locales: localesSchema.optional(),
    examples: examplesSchema.optional(),
    model: modelNameSchema.meta({ description: 'Model that answers.', examples: ['openai/gpt-4o-mini'] }),
    fallback_models: z
      .array(modelNameSchema)
      .max(16, 'must have at most 16 entries')
      .optional()
      .meta({ description: 'Models to try in this order when the one before cannot answer.' }),
    parameters: parametersSchema.optional(),
    overrides: overridesSchema.optional(),
    response_format: responseFormatSchema
      .nullable()
      .optional()
      .meta({ description: 'As in the OpenAI API; variables are filled in.' }),
    tools: toolsSchema.nullable().optional().meta({ description: 'As in the OpenAI API; variables are filled in.' }),
    output_schema: anyObject.nullable().optional().meta({
      description: 'JSON Schema (2020-12) that the answer must meet. With one, the answer has to be JSON.',
    }),
    output_format: z.enum(['text', 'json', 'structured', 'markdown', 'code']).optional().meta({
      description:
        'What the answer is meant to be, and checked to be: `json`, `structured` (JSON that meets `output_schema`), `markdown` or `code`. Left out: `structured` with an `output_schema`, else `text`, which is not checked.',
    }),
    on_output_mismatch: z.enum(['flag', 'retry', 'error']).optional().meta({
      description:
        'What follows when the answer does not meet `output_schema` or `output_format`: `flag` gives it and says so, `retry` asks once more with the mistake, `error` refuses it. Left out: `flag`.',
    }),
    guardrails: versionGuardrailsSchema.nullable().optional(),
    timeout_ms: z
      .int()
      .min(1, 'must be a whole number of milliseconds, 1 or more')
      .max(maxTimeoutMs, `must be at most ${maxTimeoutMs} milliseconds (one hour)`)
      .optional()
      .meta({ description: 'Limit of one attempt, milliseconds.' }),
    retries: z
      .int()
      .min(0, 'must be 0 or more')
      .max(maxRetries, `must be at most ${maxRetries}`)
      .optional()
      .meta({ description: 'Further calls to the same model after one that failed.' }),
    cache_ttl_seconds: z
      .int()
      .min(0, 'must be 0 (no cache) or more')
      .max(maxCacheSeconds, `must be at most ${maxCacheSeconds} seconds (one year)`)
      .optional()
      .meta({ description: 'How long an answer may be served again, seconds; 0: never.' }),
    compression: z.enum(['off', 'whitespace']).optional().meta({
      description:
        'What is taken out of the prompt before it is sent. `whitespace`: needless white space in prose, never inside code fences or JSON. Left out: `off`.',
    }),
    test_cases: z.array(testCaseSchema).max(1000, 'must have at most 1000 entries').optional(),
    quality_threshold: z
      .number()
      .min(0, 'must be from 0 to 1')
      .max(1, 'must be from 0 to 1')
      .optional()
      .meta({ description: 'Share of the checks that makes a run of the test cases pass. Left out: 1, all of them.' }),
    semver: semverSchema.nullable().optional(),
    parent_version: z.int().min(1, 'must be the number of a version, 1 or more').nullable().optional(),
    change_note: z
      .string()
      .max(10_000, 'must have at most 10000 characters')
      .nullable()
      .optional()
      .meta({ description: 'Why this version was made.' }),
  })
  .superRefine((body, issues) => {
    const note = (path: PropertyKey[], message: string): void => issues.addIssue({ code: 'custom', path, message })
    for (const name of ['tools', 'response_format'] as const) {
      if (
        body[name] !== undefined &&
        body[name] !== null &&
        body.parameters !== undefined &&
        Object.hasOwn(body.parameters, name)
      ) {
        note(['parameters', name], `is set twice: remove it here, the version has its own field \`${name}\``)
      }
    }
    noteRepeatedPlaceholders(body.messages, ['messages'], note)
    noteLanguages(body, note)
    const names = new Set<string>()
    for (const [index, testCase] of (body.test_cases ?? []).entries()) {
      if (names.has(testCase['name'] as string))
        note(['test_cases', index, 'name'], 'is the name of an earlier test case; each needs its own')
      names.add(testCase['name'] as string)
    }
    noteUnstorable(body, note)
  })
  .meta({ id: 'VersionBody', description: 'A prompt version: immutable once it is created.' })

type Note = (path: PropertyKey[], message: string) => void

function noteRepeatedPlaceholders(messages: readonly JsonObject[], path: PropertyKey[], note: Note): void {
  const names = new Set<unknown>()
  for (const [index, message] of messages.entries()) {
    if (message['role'] !== 'placeholder') continue
    if (names.has(message['name']))
      note([...path, index], 'is a second placeholder of its name; what it stands for can stand in one place only')
    names.add(message['name'])
  }
}

/** Languages are told apart whatever the case of their tags. */
function noteLanguages(
  {
    locale,
    locales = {},
  }: { readonly locale?: string | undefined; readonly locales?: z.output<typeof localesSchema> | undefined },
  note: Note,
): void {
  const seen = new Set(locale === undefined ? [] : [locale.toLowerCase()])
  for (const [tag, variant] of Object.entries(locales)) {
    if (seen.has(tag.toLowerCase()))
      note(['locales', tag], 'is the language of `locale` or is there twice; each stands once')
    seen.add(tag.toLowerCase())
    noteRepeatedPlaceholders(variant.messages ?? [], ['locales', tag, 'messages'], note)
  }
}

/** YAML knows values that JSON has no text for, and both know nesting without end. */
export function noteUnstorable(body: object, note: Note): void {
  const visit = (value: unknown, path: PropertyKey[]): boolean => {
    if (typeof value === 'number' && !Number.isFinite(value)) return noted(path, 'must be a finite number')
    if (typeof value === 'bigint') return noted(path, 'must be a number below 2^53')
    if (typeof value !== 'object' || value === null) return true
    if (path.length > maxDepth) return noted(path.slice(0, 3), `must not be nested deeper than ${maxDepth} levels`)
    return Object.entries(value).every(([name, member]) =>
      visit(member, [...path, Array.isArray(value) ? Number(name) : name]),
    )
  }
  const noted = (path: PropertyKey[], message: string): false => {
    note(path, message)
    return false
  }
  visit(body, [])
}
